"""nbgrader's own commands, run as an instructor runs them, on bad submissions among good ones."""

from __future__ import annotations

import csv
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from bad_input import CASES
from graded_class import NEIGHBOURS, GradedClass, page_text, points_of
from scratch_course import ASSIGNMENT, Desk

NBGRADER = str(Path(sys.executable).parent / "nbgrader")
STUDENTS = (*NEIGHBOURS, "truncated", "foreign", "exits", "renamed", "warning")
SECONDS = 120
# Every warning that the commands may print, with its reason beside it.
UNDERSTOOD = (
    r"Removing existing assignment: ",  # --force was given
    r"No notebooks were matched by .*no-notebook",  # a folder without a notebook: nbgrader passes over it
    r"No submitted file: ",  # nbgrader looks for the exact name, before intake finds the renamed file
    r"Kernel died while waiting for execute reply",  # the cell is left out, and the notebook runs again
    r"[\w-]+, \w+: ",  # a note of intake, which the student reads too
    r"/.*: timestamp.txt holds no date and time",
)


@dataclass(frozen=True)
class Printed:
    """What one command printed."""

    out: str
    err: str

    def warnings(self) -> list[str]:
        """Return the lines that are no information, without the program's name."""
        lines = [line for line in self.err.splitlines() if not re.match(r"\[\w+ \| INFO\]", line)]
        return [re.sub(r"^\[\w+ \| \w+\] ", "", line) for line in lines if line.strip()]


def nbgrader(root: Path, *arguments: str) -> Printed:
    """Run a command of nbgrader in the course; it must succeed."""
    done = subprocess.run(
        [NBGRADER, *arguments],
        cwd=root,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        env={**os.environ, "PATH": f"{Path(NBGRADER).parent}{os.pathsep}{os.environ['PATH']}"},
    )
    assert done.returncode == 0, done.stderr
    return Printed(done.stdout, done.stderr)


@pytest.fixture(scope="module")
def course(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a course of good, bad and missing submissions that only nbgrader's commands have touched."""
    desk = Desk(shutil.copytree(built, tmp_path_factory.mktemp("stock") / "course"))
    for student in STUDENTS:
        if student in CASES:
            CASES[student].hand_in(desk, student)
        else:
            desk.hand_in(student, desk.solved())
            desk.hand_in(student, desk.solved("doubling"), "doubling.ipynb")
    desk.folder("no-notebook")
    return desk.root


@pytest.fixture(scope="module")
def printed(course: Path) -> dict[str, Printed]:
    """Return what each command printed, run one after the other."""
    commands = {
        "generate_assignment": ("generate_assignment", ASSIGNMENT, "--force"),
        "validate": ("validate", f"submitted/{NEIGHBOURS[0]}/{ASSIGNMENT}/adding.ipynb"),
        "autograde": ("autograde", ASSIGNMENT),
        "generate_feedback": ("generate_feedback", ASSIGNMENT),
        "export": ("export",),
        "db": ("db", "student", "list"),
    }
    return {name: nbgrader(course, *command) for name, command in commands.items()}


@pytest.mark.usefixtures("printed")
def test_generate_assignment_writes_the_same_release_as_the_build(course: Path, built: Path) -> None:
    for path in (built / "release" / ASSIGNMENT).iterdir():
        assert (course / "release" / ASSIGNMENT / path.name).read_bytes() == path.read_bytes()


def test_validate_passes_a_solved_notebook(printed: dict[str, Printed]) -> None:
    assert "Success! Your notebook passes all the tests." in printed["validate"].out


@pytest.mark.usefixtures("printed")
@pytest.mark.parametrize("student", STUDENTS)
def test_autograde_gives_the_scores_of_a_class_run(course: Path, graded: GradedClass, student: str) -> None:
    assert points_of(course, student) == graded.points(student)


@pytest.mark.usefixtures("printed")
def test_feedback_is_written_for_every_graded_notebook_and_hides_the_tests(course: Path) -> None:
    written = sorted((course / "feedback").rglob("*.html"))
    pages = [page for page in written if page.name != "index.html"]
    assert len(written) - len(pages) == len({page.parent for page in pages})  # one list for every student
    graded = sorted((course / "autograded").rglob("*.ipynb"))
    assert [p.relative_to(course / "feedback").with_suffix("") for p in pages] == [
        p.relative_to(course / "autograded").with_suffix("") for p in graded
    ]
    assert not [page for page in pages if "secret_sum" in page_text(page)]


@pytest.mark.usefixtures("printed")
def test_export_lists_the_same_totals(course: Path, graded: GradedClass) -> None:
    with (course / "grades.csv").open(encoding="utf-8") as file:
        totals = {row["student_id"]: float(row["score"]) for row in csv.DictReader(file)}
    assert totals == {student: sum(graded.points(student).values()) for student in STUDENTS}


def test_the_list_of_students_names_every_one_that_handed_in(printed: dict[str, Printed]) -> None:
    assert f"There are {len(STUDENTS)} students" in printed["db"].out


def test_every_warning_of_the_commands_is_understood(printed: dict[str, Printed]) -> None:
    lines = [line for output in printed.values() for line in output.warnings()]
    assert [line for line in lines if not any(re.match(known, line) for known in UNDERSTOOD)] == []
    assert any(re.match(UNDERSTOOD[4], line) for line in lines), "the notes of intake are among them"
