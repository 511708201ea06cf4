"""The scratch course, built once, and a whole class of it, graded once."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# The modules beside this file are for these tests alone, so they are no package.
sys.path.insert(0, str(Path(__file__).parent))

from bad_input import CASES  # noqa: E402
from graded_class import NEIGHBOURS, GradedClass  # noqa: E402
from scratch_course import ASSIGNMENT, Desk, make_course  # noqa: E402

from utils.grading.class_run import grade_class, students_of  # noqa: E402
from utils.grading.feedback_run import write_feedback  # noqa: E402


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the scratch course as it was built. Copy it before changing anything."""
    return make_course(tmp_path_factory.mktemp("built") / "course")


@pytest.fixture
def desk(built: Path, tmp_path: Path) -> Desk:
    """Return a desk in a scratch course of the test's own."""
    return Desk(shutil.copytree(built, tmp_path / "course"))


@pytest.fixture(scope="session")
def graded(built: Path, tmp_path_factory: pytest.TempPathFactory) -> GradedClass:
    """Return a class in which every case of bad input sits between good neighbours, graded in parallel."""
    desk = Desk(shutil.copytree(built, tmp_path_factory.mktemp("graded") / "course"))
    for student in NEIGHBOURS:
        desk.hand_in(student, desk.solved())
        desk.hand_in(student, desk.solved("doubling"), "doubling.ipynb")
    for student, case in CASES.items():
        case.hand_in(desk, student)
    students = students_of(desk.root, ASSIGNMENT)
    outcomes = grade_class(desk.root, ASSIGNMENT, students, jobs=3, mode="trusted")
    assert [page for page in write_feedback(desk.root, ASSIGNMENT, students) if page.state != "written"] == []
    return GradedClass(desk.root, {outcome.student: outcome for outcome in outcomes})


@pytest.fixture
def grade(desk: Desk) -> Callable[..., dict[str, str]]:
    """Return a function that grades the desk's course and returns what happened, by student."""

    def run(jobs: int = 2, *, force: bool = False) -> dict[str, str]:
        students = students_of(desk.root, ASSIGNMENT)
        outcomes = grade_class(desk.root, ASSIGNMENT, students, jobs=jobs, force=force, mode="trusted")
        return {outcome.student: outcome.state for outcome in outcomes}

    return run
