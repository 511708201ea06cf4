"""Which side of the wall runs a cell, and which side a name comes from."""

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from utils.grading.split.owners import kind_of, steps

MARKS = {
    "answer": {"solution": True},
    "given": {"locked": True},
    "graded": {"grade": True, "locked": True, "points": 1},
}


def cell(kind, text, identity):
    mark = {"nbgrader": {**MARKS[kind], "grade_id": identity}} if kind in MARKS else {}
    return new_code_cell(text, id=identity, metadata=mark)


def notebook(*cells):
    made = [
        cell(kind, text, f"{'draw-' if kind == 'drawing' else ''}c{i}")
        for i, (kind, text) in enumerate(cells)
    ]
    return new_notebook(cells=made)


def planned(*cells, student=None, shown=()):
    """Return the steps of a notebook in which a student has put `student` into the first answer."""
    released = notebook(*cells)
    theirs = nbformat.from_dict(released)
    if student is not None:
        next(c for c in theirs.cells if kind_of(c) == "answer").source = student
    return steps(theirs, released, shown=shown)


def test_answers_run_in_the_box_and_graded_cells_in_the_judge():
    answer, graded = planned(("answer", "x = ____"), ("graded", "check(x)"))
    assert (answer.in_box, answer.in_judge) == (True, False)
    assert (graded.in_box, graded.in_judge) == (False, True)
    assert graded.fetched == {"x"}


def test_a_read_only_cell_runs_in_the_judge_only_when_a_graded_cell_needs_it():
    needed, idle, _, _ = planned(
        ("given", "import torch"),
        ("given", "import math"),
        ("answer", "x = ____"),
        ("graded", "torch.ones(x)"),
    )
    assert (needed.in_box, needed.in_judge) == (True, True)
    assert (idle.in_box, idle.in_judge) == (True, False)


def test_names_of_the_box_are_fetched_through_the_read_only_functions_that_use_them():
    *_, graded = planned(
        ("answer", "def f(x): pass"),
        ("given", "def twice(x): return f(f(x))"),
        ("graded", "assert twice(1) == 1"),
    )
    assert graded.fetched == {"f"}


def test_a_read_only_cell_that_uses_an_answer_fetches_it():
    _, given, _ = planned(("answer", "x = ____"), ("given", "y = [x]"), ("graded", "check(y)"))
    assert given.fetched == {"x"}


def test_whoever_defined_a_name_last_owns_it():
    *_, graded = planned(("answer", "x = ____"), ("given", "x = 1"), ("graded", "check(x)"))
    assert graded.fetched == set()
    *_, graded = planned(("given", "x = 1"), ("answer", "x = ____"), ("graded", "check(x)"))
    assert graded.fetched == {"x"}


@pytest.mark.parametrize("text", ["check = print\nx = 1", "def check(x): pass", "del x", "x ="])
def test_what_a_student_writes_changes_neither_the_owners_nor_the_order(text):
    cells = ("given", "from checks import check"), ("answer", "x = ____"), ("graded", "check(x)")
    assert planned(*cells, student=text) == planned(*cells)


def test_cells_that_draw_do_not_run_unless_a_person_needs_their_figure():
    cells = ("answer", "x = ____"), ("drawing", "plot(x)"), ("graded", "check(x)")
    assert not planned(*cells)[1].in_box
    assert planned(*cells, shown={"draw-c1"})[1].in_box


def test_prose_runs_nowhere():
    text = new_notebook(cells=[new_markdown_cell("words", id="t")])
    (step,) = steps(text, text)
    assert not step.in_box
    assert not step.in_judge


def test_cells_that_put_names_back_run_in_the_box():
    made = notebook(("answer", "x = ____"))
    made.cells.append(new_code_cell("pass", id="put-back-c0"))
    assert steps(made, made)[1].in_box
