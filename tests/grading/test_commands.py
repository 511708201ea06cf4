"""The grading commands from end to end, in boxes: demo, feedback, regrade with its explanation."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from gradebook_rows import rows, url_of
from nbgrader.api import Gradebook
from scratch_course import ASSIGNMENT, Desk

from utils.checks.check import Check
from utils.checks.proof import checks_of
from utils.cli import main
from utils.grading import digests, sample_class
from utils.grading.box.host import what_this_machine_can_do
from utils.grading.scores import scores_of
from utils.grading.submission import enter, function_text, notebooks_in, typed, write_submission

SMALL_CLASS = {
    "students": [
        {
            "id": "sample-small",
            "who": "a small model",
            "rows": [
                {
                    "question": "S4",
                    "answer": "4",
                    "human": "right",
                    "verified": "right",
                    "part": "adding.share",
                }
            ],
        }
    ]
}
EVERYBODY = ["sample-half-done", "sample-perfect", "sample-small", "sample-untouched"]
Course = Callable[..., str]


@pytest.fixture(autouse=True)
def _code_at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code may be worked on while the tests run; scores do not depend on it here."""
    monkeypatch.setattr(digests, "CODE_THAT_DECIDES", ())
    machine = what_this_machine_can_do()
    if not machine.can_sandbox:
        pytest.skip(machine.why_not)


@pytest.fixture
def course(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Course:
    """Return what runs a command in a course and returns what it printed; it has to end with the code."""

    def run(root: Path, *words: str, code: int = 0) -> str:
        monkeypatch.chdir(root)
        ended = main(list(words))
        said = capsys.readouterr()
        assert ended == code, said
        return said.out + said.err

    return run


def pages(root: Path) -> dict[str, int]:
    """Return every page of feedback and when it was written."""
    return {
        path.relative_to(root).as_posix(): path.stat().st_mtime_ns
        for path in sorted((root / "feedback").rglob("*.html"))
    }


def test_the_demo_does_the_main_job_once_and_takes_its_class_out_again(
    desk: Desk, course: Course, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / f"{ASSIGNMENT}.json").write_text(json.dumps(SMALL_CLASS), encoding="utf-8")
    monkeypatch.setattr(sample_class, "DATA", tmp_path)
    said = course(desk.root, "demo", ASSIGNMENT, "--jobs", "2")
    assert "collected 4 submissions" in said
    assert "4 graded, 0 skipped, 0 failed" in said
    written = pages(desk.root)
    assert sorted({Path(page).parts[1] for page in written}) == EVERYBODY
    assert len(written) == 8 + 4  # a list for each student
    again = course(desk.root, "demo", ASSIGNMENT)
    assert "8 notebooks have not changed since they were graded" in again
    assert pages(desk.root) == written
    assert course(desk.root, "demo", ASSIGNMENT, "--remove") == f"removed {', '.join(EVERYBODY)}\n"
    assert pages(desk.root) == {}
    with Gradebook(url_of(desk.root)) as book:
        assert [student.id for student in book.students] == []


def test_feedback_is_written_for_what_has_changed_and_for_nothing_else(desk: Desk, course: Course) -> None:
    for student in ("ada", "ben"):
        desk.hand_in(student, desk.solved())
        desk.hand_in(student, desk.solved("doubling"), "doubling.ipynb")
    course(desk.root, "grade", ASSIGNMENT)
    assert "2 of 2 students have new pages" in course(desk.root, "feedback", ASSIGNMENT)
    first = pages(desk.root)
    assert len(first) == 4 + 2  # a list for each student
    assert "0 of 2 students have new pages" in course(desk.root, "feedback", ASSIGNMENT)
    assert pages(desk.root) == first
    with Gradebook(url_of(desk.root)) as book:
        book.find_comment("add", "adding", ASSIGNMENT, "ben").manual_comment = "Well observed, Ben."
        book.db.commit()
    assert "1 of 2 students have new pages" in course(desk.root, "feedback", ASSIGNMENT)
    changed = {page for page, when in pages(desk.root).items() if first[page] != when}
    assert {Path(page).parts[1] for page in changed} == {"ben"}
    assert "Well observed, Ben." in (desk.root / "feedback/ben/sums/adding.html").read_text(encoding="utf-8")


def test_feedback_of_what_was_never_graded_is_refused_by_name(desk: Desk, course: Course) -> None:
    desk.hand_in("ada", desk.solved())
    said = course(desk.root, "feedback", ASSIGNMENT, code=1)
    assert "ada has no pages" in said
    assert "holds no graded notebook: grade it first." in said


def test_a_dry_run_of_a_regrade_shows_what_would_change_and_writes_nothing(
    desk: Desk, course: Course
) -> None:
    desk.hand_in("ada", desk.solved(add="def add(a, b):\n    return a - b"))
    course(desk.root, "grade", ASSIGNMENT)
    before = rows(url_of(desk.root))
    desk.hand_in("ada", desk.solved())
    shown = course(desk.root, "regrade", ASSIGNMENT, "--dry-run")
    assert "ada  adding.add  0 -> 2  another submission; now without an error" in shown
    assert "ada  adding.add_more  0 -> 1  another submission; now without an error" in shown
    assert rows(url_of(desk.root)) == before


LESSON = "scaled_dot_product"
# Known mistakes: one in a typed answer, for which there is a partial tier, and one that hidden cases show.
MISTAKES = {"a": ("A1a-mu-scalar", "1 of 2 points"), "entropy": ("A1e-clamped", "0 of 2 points")}


@pytest.fixture(scope="module")
def attention(built_copy: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the real assignment, built, with nothing handed in."""
    return built_copy(tmp_path_factory.mktemp("attention"))


@pytest.mark.parametrize("part", MISTAKES)
def test_a_verdict_is_explained_with_points_message_expected_and_received(
    attention: Path, course: Course, part: str
) -> None:
    misconception, earned = MISTAKES[part]
    check = checks_of(LESSON)[f"{LESSON}.{part}"]
    mistake = next(one for one in check.mistakes if one.misconception == misconception)
    hand_in(attention, f"student-{part}", check, mistake.answer)
    asked = ("--student", f"student-{part}", "--check", f"{LESSON}.{part}", "--explain")
    said = course(attention, "regrade", "attention", *asked)
    assert said.startswith(f"{LESSON}.{part}: {earned}\n\n")
    assert mistake.hint in said
    assert "\nexpected:\n  " in said
    assert "\nreceived:\n  " in said
    assert not (attention / "autograded").exists()
    assert scores_of(attention, "attention", f"student-{part}") == {}


def hand_in(root: Path, student: str, check: Check, wrong: Any) -> None:
    """Hand in the lesson with one wrong answer, and the rest as it was handed out."""
    released = notebooks_in(root / "release" / "attention")[LESSON]
    text = next(cell.source for cell in released.cells if cell.id == check.part)
    answer = function_text(wrong, check.variable) if callable(wrong) else typed(text, wrong)
    write_submission(root, student, "attention", {LESSON: enter(released, {check.part: answer})})


def test_an_explanation_is_about_one_part_of_one_student(desk: Desk, course: Course) -> None:
    desk.hand_in("ada", desk.solved())
    said = course(desk.root, "regrade", ASSIGNMENT, "--explain", code=2)
    assert "--student ID --check PART --explain" in said
    unknown = ("regrade", ASSIGNMENT, "--student", "ada", "--check", "nope", "--explain")
    assert "'nope' is no part: adding.total, adding.add" in course(desk.root, *unknown, code=2)
