"""A run does not begin where a box cannot do what every notebook begins with."""

from __future__ import annotations

from types import ModuleType

import nbformat
import pytest
from scratch_course import ASSIGNMENT, Desk

from utils.checks import course_key
from utils.grading import notebook_run, trusted_run
from utils.grading.class_run import grade_class
from utils.grading.course_setup import course_of, settings
from utils.grading.scores import scores_of
from utils.grading.tasks import Task
from utils.grading.teams import CannotGrade


def test_a_package_that_boxes_lack_stops_the_run_before_anybody_loses_points(desk: Desk) -> None:
    desk.hand_in("ada", desk.solved())
    path = desk.root / "release" / ASSIGNMENT / "adding.ipynb"
    notebook = nbformat.read(path, as_version=4)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    first.source += "\nimport a_package_that_is_not_installed"
    nbformat.write(notebook, path)
    with pytest.raises(CannotGrade, match="No module named 'a_package_that_is_not_installed'") as told:
        grade_class(desk.root, ASSIGNMENT, ["ada"])
    assert "first cell of" in str(told.value)
    assert "every student would lose all points" in str(told.value)
    assert scores_of(desk.root, ASSIGNMENT, "ada") == {}


@pytest.mark.parametrize("run", [notebook_run, trusted_run], ids=["split", "trusted"])
def test_a_key_that_is_gone_is_nobodys_wrong_answer(
    desk: Desk, run: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.hand_in("ada", desk.solved())
    course = course_of(desk.root, ASSIGNMENT, "split", settings(desk.root))
    monkeypatch.setenv("COURSE_KEY_FILE", str(desk.root / "moved-away"))
    course_key.course_key.cache_clear()
    with pytest.raises(FileNotFoundError, match="moved-away"):
        run.grade_notebook(course, Task("ada", "adding"))
    course_key.course_key.cache_clear()
