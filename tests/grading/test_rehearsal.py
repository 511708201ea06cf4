"""A run does not begin where a box cannot do what every notebook begins with."""

from __future__ import annotations

import nbformat
import pytest
from scratch_course import ASSIGNMENT, Desk

from utils.grading.class_run import grade_class
from utils.grading.scores import scores_of
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
