"""The class run, with workers that decide at once: nothing is lost or done twice, trouble is named."""

from __future__ import annotations

import errno
import os
import shutil
import signal
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import sqlalchemy as sql
from deep_trees import nested
from fake_worker import INCIDENT, RIGHT, team
from gradebook_rows import rows, url_of
from graded_class import points_of
from scratch_course import ASSIGNMENT, FULL, Desk

from utils.grading import class_run, digests
from utils.grading.class_run import Interrupted, Outcome, RunStopped, grade_class
from utils.grading.gradebook import GradebookError
from utils.grading.line_desk import LineDesk
from utils.grading.result_records import RESULTS
from utils.grading.run_lock import RunLocked, run_lock
from utils.grading.scores import scores_of
from utils.grading.tasks import Result
from utils.grading.workers import Workers

HERE = Path(__file__).parent
ALL = {**FULL, "why": 0.0}
SECONDS = 60


@pytest.fixture(autouse=True)
def _code_at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code may be worked on while the tests run; scores do not depend on it here."""
    monkeypatch.setattr(digests, "CODE_THAT_DECIDES", ())


def hand_in(desk: Desk, *students: str) -> list[str]:
    """Hand in both lessons, right, for each student."""
    for student in students:
        desk.hand_in(student, desk.solved())
        desk.hand_in(student, desk.solved("doubling"), "doubling.ipynb")
    return list(students)


def run(desk: Desk, *students: str, **options: object) -> dict[str, Outcome]:
    """Grade with fake workers."""
    options = {"open_workers": team(), **options}
    done = grade_class(desk.root, ASSIGNMENT, students, **options)  # type: ignore[arg-type]
    return {outcome.student: outcome for outcome in done}


def log_of(desk: Desk) -> list[str]:
    """Return which tasks the workers have worked on, in their order."""
    path = desk.root / "graded.log"
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def recorded(root: Path) -> set[str]:
    """Return the tasks whose results are recorded."""
    engine = sql.create_engine(url_of(root))
    with engine.connect() as connection:
        there = sql.inspect(engine).has_table(RESULTS.name)
        found = connection.execute(sql.select(RESULTS.c.student, RESULTS.c.lesson)).all() if there else []
    engine.dispose()
    return {f"{student} {lesson}" for student, lesson in found}


def test_every_result_is_recorded_and_the_executed_notebook_lies_where_formgrader_looks(desk: Desk) -> None:
    done = run(desk, *hand_in(desk, "ada", "ben"))
    assert {name: outcome.state for name, outcome in done.items()} == {"ada": "graded", "ben": "graded"}
    assert points_of(desk.root, "ben") == ALL
    assert done["ada"].incidents == [f"adding: {INCIDENT}", f"doubling: {INCIDENT}"]
    files = sorted(path.name for path in (desk.root / "autograded" / "ada" / ASSIGNMENT).iterdir())
    assert files == ["README.md", "adding.ipynb", "doubling.ipynb", "requirements.txt"]


def test_a_second_run_starts_no_worker_and_keeps_the_notes(desk: Desk) -> None:
    desk.hand_in("ada", desk.solved())
    notes = run(desk, "ada")["ada"].notes
    assert notes == ["doubling.ipynb was not handed in"]
    made: list[LineDesk] = []
    again = run(desk, "ada", open_workers=team(made))
    assert (again["ada"].state, again["ada"].notes, made) == ("skipped", notes, [])


def test_only_the_lesson_that_was_handed_in_again_is_graded_again(desk: Desk) -> None:
    run(desk, *hand_in(desk, "ada", "ben"))
    before = len(log_of(desk))
    desk.hand_in("ada", desk.released())
    run(desk, "ada", "ben")
    assert log_of(desk)[before:] == ["ada adding"]
    assert points_of(desk.root, "ada") == {**dict.fromkeys(ALL, 0.0), "double": 1.0}


def test_a_lost_executed_notebook_is_made_again(desk: Desk) -> None:
    run(desk, *hand_in(desk, "ada"))
    (desk.root / "autograded" / "ada" / ASSIGNMENT / "adding.ipynb").unlink()
    run(desk, "ada")
    assert sorted(log_of(desk)) == ["ada adding", "ada adding", "ada doubling"]


def test_force_grades_everything_again(desk: Desk) -> None:
    run(desk, *hand_in(desk, "ada"))
    assert run(desk, "ada", force=True)["ada"].state == "graded"
    assert len(log_of(desk)) == 4


def test_scores_of_the_trusted_mode_are_not_taken_for_those_of_boxes(desk: Desk) -> None:
    run(desk, *hand_in(desk, "ada"), mode="trusted")
    assert run(desk, "ada", mode="split")["ada"].state == "graded"


@pytest.mark.parametrize(
    ("student", "attempts", "reason"),
    [
        ("dies", 4, "the grading process ended (exit code 3): last words"),
        ("nonsense", 4, "result: state is graded or failed"),
        ("fails", 4, "as its name says"),
        ("alien", 2, "the gradebook has no cell of-another-course; run 'course build'."),
    ],
)
def test_a_task_without_a_verdict_fails_by_name_after_a_second_try_and_stops_nobody(
    desk: Desk, student: str, attempts: int, reason: str
) -> None:
    done = run(desk, *hand_in(desk, student, "zoe"), jobs=2)
    assert done[student].state == "failed"
    assert done[student].log == f"adding: {reason}\ndoubling: {reason}"
    assert sum(line.startswith(student) for line in log_of(desk)) == attempts
    assert sum(points_of(desk.root, student).values()) == 0.0
    assert points_of(desk.root, "zoe") == ALL


def test_a_worker_that_dies_once_costs_nothing(desk: Desk) -> None:
    assert run(desk, *hand_in(desk, "once"))["once"].state == "graded"
    assert points_of(desk.root, "once") == ALL
    assert len(log_of(desk)) == 4


def test_a_worker_that_never_answers_is_ended(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from contextlib import contextmanager

    from utils.grading.workers import LocalWorkers

    @contextmanager
    def impatient(course, jobs):  # type: ignore[no-untyped-def]
        sleeper = LineDesk(course, ["-c", "import time; time.sleep(600)"])
        workers = LocalWorkers(sleeper, jobs, patience=0.2)
        yield workers
        workers.close()

    done = run(desk, *hand_in(desk, "ada"), open_workers=impatient)
    assert done["ada"].log == "adding: no answer within 0 s\ndoubling: no answer within 0 s"


def test_a_failure_takes_the_points_of_an_earlier_submission_and_leaves_those_of_this_one(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(desk, *hand_in(desk, "ada"))

    def refuse(*args: object, **options: object) -> None:
        raise PermissionError(errno.EACCES, "not yours")

    monkeypatch.setattr(class_run, "write_executed", refuse)
    desk.hand_in("ada", desk.solved(scale="def scale(n): return n"))
    done = run(desk, "ada", force=True)
    assert done["ada"].state == "failed"
    assert "not yours" in done["ada"].log
    assert points_of(desk.root, "ada") == {**dict.fromkeys(ALL, 0.0), "double": 1.0}
    assert all(
        score.waits for score in scores_of(desk.root, ASSIGNMENT, "ada").values() if "adding" in score.part
    )
    assert not (desk.root / "autograded" / "ada" / ASSIGNMENT / "adding.ipynb").exists()
    assert (desk.root / "autograded" / "ada" / ASSIGNMENT / "doubling.ipynb").exists()


# What lies beside and around a notebook


def linked(desk: Desk, owner: str, thief: str, lesson: str = "adding") -> Path:
    """Let a student hand in another one's notebook by a hard link, from a folder that says it is older."""
    folder = desk.folder(thief)
    path = folder / f"{lesson}.ipynb"
    path.unlink(missing_ok=True)
    path.hardlink_to(desk.folder(owner) / path.name)
    for place in (folder, folder.parent):
        os.utime(place, (1, 1))
    return path


@pytest.mark.parametrize("force", [False, True])
def test_of_a_file_that_two_students_share_nobody_earns_and_nobody_loses(desk: Desk, force: bool) -> None:
    run(desk, *hand_in(desk, "ada"))
    desk.hand_in("eve", desk.solved("doubling"), "doubling.ipynb")
    path = linked(desk, "ada", "eve")
    done = run(desk, *hand_in(desk, "ben"), "ada", "eve", force=force)
    assert {name: o.state for name, o in done.items()} == {"ben": "graded", "ada": "failed", "eve": "failed"}
    assert done["ada"].log.startswith("adding: `submitted/ada/sums/adding.ipynb` and `submitted/eve/sums/")
    assert done["eve"].log.startswith("adding: `submitted/eve/sums/adding.ipynb` and `submitted/ada/sums/")
    assert [points_of(desk.root, name) for name in ("ada", "ben")] == [ALL, ALL]
    assert points_of(desk.root, "eve") == {**dict.fromkeys(ALL, 0.0), "double": 1.0}
    assert recorded(desk.root) >= {"ada adding", "eve doubling"}
    assert "eve adding" not in recorded(desk.root)
    path.unlink()  # the cause is mended
    assert run(desk, "ada")["ada"].state == "skipped"
    assert points_of(desk.root, "ada") == ALL


def test_a_notebook_that_was_shared_from_the_start_is_graded_once_that_is_mended(desk: Desk) -> None:
    hand_in(desk, "ada")
    path = linked(desk, "ada", "eve")
    assert run(desk, "ada")["ada"].state == "failed"
    assert recorded(desk.root) == {"ada doubling"}
    path.unlink()
    assert run(desk, "ada")["ada"].state == "graded"
    assert points_of(desk.root, "ada") == ALL


def test_a_submission_that_cannot_be_walked_through_fails_by_name_and_stops_nobody(desk: Desk) -> None:
    hand_in(desk, "ada", "eve", "zoe")
    run(desk, "eve")
    with nested(desk.folder("eve"), ["d"] * 1500):
        done = run(desk, "ada", "eve", "zoe")
    assert {name: o.state for name, o in done.items()} == {"ada": "graded", "eve": "failed", "zoe": "graded"}
    assert done["eve"].log.startswith("`submitted/eve/sums` holds folders more than 50 deep in one another")
    assert [points_of(desk.root, name) for name in done] == [ALL] * 3, "eve keeps what she earned before"


# Interruptions


def test_ctrl_c_before_the_first_worker_is_ready_says_that_nothing_is_lost(desk: Desk) -> None:
    @contextmanager
    def pressed(course: object, jobs: int) -> Iterator[Workers]:
        raise KeyboardInterrupt
        yield

    with pytest.raises(Interrupted, match="interrupted before anything was graded; the same command starts"):
        run(desk, *hand_in(desk, "ada"), open_workers=pressed)
    assert run(desk, "ada")["ada"].state == "graded"


def test_a_runner_killed_at_any_moment_leaves_what_it_recorded_and_the_next_run_does_the_rest_only(
    built: Path, tmp_path: Path
) -> None:
    desks = [Desk(shutil.copytree(built, tmp_path / name)) for name in ("killed", "undisturbed")]
    names = [f"slow-{number}" for number in range(8)]
    for desk in desks:
        hand_in(desk, *names)
    killed, undisturbed = desks
    kills = 0
    while len(recorded(killed.root)) < 2 * len(names):
        done, seen = recorded(killed.root), len(log_of(killed))
        process = subprocess.Popen([sys.executable, str(HERE / "fake_run.py"), str(killed.root)])
        while process.poll() is None and len(recorded(killed.root)) < len(done) + 3:
            time.sleep(0.02)
        process.kill()
        kills += process.wait() == -signal.SIGKILL
        assert not done & set(log_of(killed)[seen:]), "nothing that was recorded is graded again"
        assert done <= recorded(killed.root), "nothing that was recorded is lost"
    assert kills >= 2
    run(undisturbed, *names)
    assert rows(url_of(killed.root)) == rows(url_of(undisturbed.root))


def test_ctrl_c_ends_a_run_within_two_seconds_and_says_that_it_goes_on(desk: Desk) -> None:
    hand_in(desk, *(f"slow-{number}" for number in range(40)))
    process = subprocess.Popen(
        [sys.executable, str(HERE / "fake_run.py"), str(desk.root)], stderr=subprocess.PIPE, text=True
    )
    while len(recorded(desk.root)) < 3:
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    assert process.stderr is not None
    said = process.stderr.readline()
    assert time.monotonic() - started < 2
    process.communicate(timeout=SECONDS)
    done = len(recorded(desk.root))
    assert f"interrupted: {done} of 80 notebooks are graded; the same command goes on from there." in said
    assert 3 <= done < 80


def test_an_interrupted_run_in_this_process_names_what_is_done(desk: Desk) -> None:
    class Impatient(class_run.Nobody):
        def done(self, result: Result) -> None:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match=r"1 of 2|2 of 2"):
        run(desk, *hand_in(desk, "ada"), watcher=Impatient())


def test_ctrl_c_while_a_result_is_written_waits_until_it_is_counted(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = class_run.write_executed

    def pressed(*given: object) -> None:
        signal.raise_signal(signal.SIGINT)
        write(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(class_run, "write_executed", pressed)
    with pytest.raises(Interrupted) as stopped:
        run(desk, *hand_in(desk, "ada"))
    assert f"interrupted: {len(recorded(desk.root))} of 2 notebooks" in str(stopped.value)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # that is the point
def test_ctrl_c_that_python_drops_while_it_clears_up_ends_the_run_all_the_same(desk: Desk) -> None:
    class Cleared:
        def __del__(self) -> None:
            signal.raise_signal(signal.SIGINT)

    class Clearing(class_run.Nobody):
        def running(self, tasks: int) -> None:
            Cleared()

    with pytest.raises(Interrupted, match=r"[1-3] of 8"):
        run(desk, *hand_in(desk, "ada", "ben", "cyd", "dee"), watcher=Clearing())


# Two runs, and disks


def test_a_second_run_is_refused_with_the_process_that_holds_the_course(desk: Desk) -> None:
    with (
        run_lock(desk.root),
        pytest.raises(RunLocked, match=rf"graded by process {os.getpid()}, started 20\d\d-"),
    ):
        run(desk, *hand_in(desk, "ada"))
    assert run(desk, "ada")["ada"].state == "graded"


def test_a_lock_file_that_a_dead_process_left_is_no_lock(desk: Desk) -> None:
    (desk.root / ".cache").mkdir(exist_ok=True)
    (desk.root / ".cache" / "grading.lock").write_text("process 1, started long ago\n", encoding="utf-8")
    assert run(desk, *hand_in(desk, "ada"))["ada"].state == "graded"


def test_a_full_disk_stops_the_run_in_one_line_and_the_next_run_completes_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    hand_in(desk, "ada", "ben")
    write = class_run.write_executed

    def full(course: object, task: class_run.Task, text: str) -> None:
        if task.student == "ben":
            raise OSError(errno.ENOSPC, "No space left on device")
        write(course, task, text)  # type: ignore[arg-type]

    monkeypatch.setattr(class_run, "write_executed", full)
    with pytest.raises(RunStopped) as stopped:
        run(desk, "ada", "ben", jobs=1)
    monkeypatch.setattr(class_run, "write_executed", write)
    said = "No space left on device 2 of 4 notebooks are graded; the same command goes on from there."
    assert str(stopped.value).endswith(said)
    assert {name: o.state for name, o in run(desk, "ada", "ben").items()} == {
        "ada": "skipped",
        "ben": "graded",
    }


def test_a_gradebook_that_cannot_be_written_is_said_in_one_line_and_nothing_is_lost(desk: Desk) -> None:
    run(desk, *hand_in(desk, "ada"))
    before = rows(url_of(desk.root))
    url = f"sqlite:///file:{desk.root}/gradebook.db?mode=ro&uri=true"
    with pytest.raises((GradebookError, RunStopped), match="readonly database") as stopped:
        run(desk, *hand_in(desk, "ben"), db=url)
    assert "\n" not in str(stopped.value)
    assert rows(url_of(desk.root)) == before
    assert run(desk, "ada", "ben")["ben"].state == "graded"


# Names, and many of them


@pytest.mark.parametrize("name", ["[odd] o'name*", "Zoë ★", "a b", "-x", "per%cent", "x" * 120])
def test_a_student_may_be_called_anything(desk: Desk, name: str) -> None:
    assert run(desk, *hand_in(desk, name))[name].state == "graded"
    assert points_of(desk.root, name) == ALL
    assert run(desk, name)[name].state == "skipped"


def test_a_name_that_no_gradebook_can_hold_is_named_and_stops_nobody(desk: Desk) -> None:
    bad = os.fsdecode(b"caf\xe9")
    done = run(desk, *hand_in(desk, "ada", bad))
    assert (done[bad].state, done["ada"].state) == ("failed", "graded")
    assert done[bad].log == "the folder's name holds letters that no gradebook can hold; rename it."


def test_a_student_without_a_folder_is_reported(desk: Desk) -> None:
    outcome = run(desk, "nobody")["nobody"]
    assert outcome.state == "failed"
    assert outcome.log == f"submitted/nobody/{ASSIGNMENT} does not exist: nothing was handed in."


def test_two_hundred_tasks_do_not_make_the_runner_grow(desk: Desk) -> None:
    padding = "#" * 200_000
    sizes: list[int] = []

    class Scale(class_run.Nobody):
        def done(self, result: Result) -> None:
            assert len(result.notebook_json) > len(padding) or result.lesson == "doubling"
            sizes.append(tracemalloc.get_traced_memory()[0])

    for number in range(100):
        hand_in(desk, f"student-{number}")
        desk.hand_in(f"student-{number}", desk.solved(add=f"def add(a, b):\n    {RIGHT}\n{padding}"))
    tracemalloc.start()
    try:
        run(desk, *(f"student-{number}" for number in range(100)), watcher=Scale())
    finally:
        tracemalloc.stop()
    assert len(sizes) == 200
    assert max(sizes[-50:]) - max(sizes[20:70]) < 2_000_000
