"""A small class, graded once in boxes, for all that is exported of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

# The scratch course of the grading tests, and the modules beside this file, are no packages.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "grading")]

from export_class import ADA, EVE, HOSTILE, WRONG  # noqa: E402
from nbgrader.api import Gradebook  # noqa: E402
from scratch_course import ASSIGNMENT, Desk, make_course  # noqa: E402

from utils.grading.box.host import what_this_machine_can_do  # noqa: E402
from utils.grading.class_run import grade_class  # noqa: E402


@pytest.fixture(scope="session")
def graded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Return the desk of a course: Ada has one hidden check wrong, Eve handed in one lesson, late."""
    machine = what_this_machine_can_do()
    if not machine.can_sandbox:
        pytest.skip(machine.why_not)
    desk = Desk(make_course(tmp_path_factory.mktemp("exported") / "course"))
    (desk.root / ".course-key").write_text("a key of its own", encoding="ascii")
    desk.hand_in(ADA, desk.solved(add=WRONG))
    desk.hand_in(ADA, desk.solved("doubling"), "doubling (1).ipynb")
    desk.hand_in(EVE, desk.solved("doubling"), "doubling.ipynb")
    before = os.environ.get("COURSE_KEY_FILE")
    grade_class(desk.root, ASSIGNMENT, [ADA, EVE], jobs=2)
    with Gradebook(f"sqlite:///{desk.root / 'gradebook.db'}") as book:
        book.update_or_create_student(ADA, first_name="Ada", last_name="Lovelace", email=ADA)
        book.update_or_create_student(EVE, first_name=HOSTILE, last_name="May")
        late = book.find_submission_notebook("doubling", ASSIGNMENT, EVE)
        late.late_submission_penalty = 0.25
        book.db.commit()
    yield desk
    if before is None:
        os.environ.pop("COURSE_KEY_FILE", None)
    else:
        os.environ["COURSE_KEY_FILE"] = before
