"""A class is graded again: what has not changed is skipped, and nothing stale survives."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from bad_input import WRONG_SUM
from graded_class import GradedClass, points_of
from scratch_course import ASSIGNMENT, FULL, Desk

from utils.build.release import build_release
from utils.build.source import build_source
from utils.grading import digests
from utils.grading.class_run import grade_class
from utils.grading.digests import Digests
from utils.grading.tasks import Course

Grade = Callable[..., dict[str, str]]
ADDING_ONLY = {**FULL, "double": 0.0}
NO_SUM = {"add": 0.0, "add_more": 0.0}


@pytest.fixture(scope="module", autouse=True)
def code(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return the one file of code that scores depend on here, not the files that are being worked on."""
    folder = tmp_path_factory.mktemp("code")
    (folder / "check.py").write_text("", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(digests, "CODE", folder)
        patch.setattr(digests, "CODE_THAT_DECIDES", (".",))
        yield folder / "check.py"


@pytest.fixture(scope="module")
def graded_two(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a course in which two students have handed in right notebooks and been graded."""
    desk = Desk(shutil.copytree(built, tmp_path_factory.mktemp("two") / "course"))
    for student in ("ada", "ben"):
        desk.hand_in(student, desk.solved())
    outcomes = grade_class(desk.root, ASSIGNMENT, ["ada", "ben"], mode="trusted")
    assert [outcome.state for outcome in outcomes] == ["graded", "graded"]
    return desk.root


@pytest.fixture
def two(graded_two: Path, desk: Desk) -> Desk:
    """Return the test's own desk, in a copy of the course with the two graded students."""
    shutil.rmtree(desk.root)
    shutil.copytree(graded_two, desk.root)
    return desk


def test_a_rerun_skips_what_is_unchanged_and_regrades_what_was_handed_in_again(
    two: Desk, grade: Grade
) -> None:
    two.hand_in("ben", two.solved(add=WRONG_SUM))
    assert grade() == {"ada": "skipped", "ben": "graded"}
    assert points_of(two.root, "ada") == ADDING_ONLY
    assert points_of(two.root, "ben") == {**ADDING_ONLY, **NO_SUM}


def test_a_resubmission_under_another_name_is_the_one_that_counts(two: Desk, grade: Grade) -> None:
    (two.folder("ben") / "adding.ipynb").unlink()
    two.hand_in("ben", two.released(), "adding (1).ipynb")
    grade()
    assert points_of(two.root, "ben") == dict.fromkeys(FULL, 0.0)
    two.hand_in("ben", two.solved(), "adding (1).ipynb")
    grade()
    assert points_of(two.root, "ben") == ADDING_ONLY


def test_points_do_not_outlive_the_notebook_that_earned_them(two: Desk, grade: Grade) -> None:
    (two.folder("ben") / "adding.ipynb").unlink()
    assert grade() == {"ada": "skipped", "ben": "graded"}
    assert points_of(two.root, "ben") == dict.fromkeys(FULL, 0.0)


def test_a_changed_test_regrades_everybody(two: Desk, grade: Grade) -> None:
    lesson = two.root / "lessons" / ASSIGNMENT / "adding.py"
    text = lesson.read_text(encoding="utf-8")
    lesson.write_text(text.replace("assert add(-5, 3) == -2", "assert add(-5, 3) == 2"), encoding="utf-8")
    build_source(two.root, ASSIGNMENT)
    build_release(two.root, ASSIGNMENT)
    assert grade() == {"ada": "graded", "ben": "graded"}
    assert points_of(two.root, "ada") == {**ADDING_ONLY, "add_more": 0.0}


def test_without_its_gradebook_a_class_is_graded_again(two: Desk, grade: Grade) -> None:
    (two.root / "gradebook.db").unlink()
    build_release(two.root, ASSIGNMENT)
    assert grade() == {"ada": "graded", "ben": "graded"}
    assert points_of(two.root, "ben") == ADDING_ONLY


def test_one_job_gives_the_same_scores_as_several(graded: GradedClass, two: Desk, grade: Grade) -> None:
    students = ["copies", "exits", "warning"]
    for student in students:
        for path in (graded.root / "submitted" / student / ASSIGNMENT).iterdir():
            two.hand_in_bytes(student, path.read_bytes(), path.name)
    grade(jobs=1)
    assert [points_of(two.root, student) for student in students] == [graded.points(s) for s in students]


def digest(desk: Desk) -> str:
    """Return the digest of one task."""
    cells = desk.root / "cells.json"
    cells.write_text("{}", encoding="utf-8")
    course = Course(str(desk.root), ASSIGNMENT, tests={"adding": str(cells)})
    return Digests(course).of("ada", "adding")


def test_the_digest_changes_with_the_code_of_a_check(desk: Desk, code: Path) -> None:
    desk.hand_in("ada", desk.solved())
    before = digest(desk)
    code.write_text("stricter = True", encoding="utf-8")
    assert digest(desk) != before
    code.write_text("", encoding="utf-8")
    assert digest(desk) == before


def test_the_digest_changes_with_the_notebook_and_not_with_other_files(desk: Desk) -> None:
    desk.hand_in("ada", desk.solved())
    before = digest(desk)
    desk.hand_in_bytes("ada", b"notes", "notes.txt")
    assert digest(desk) == before
    desk.hand_in("ada", desk.released())
    assert digest(desk) != before
