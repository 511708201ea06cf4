"""What counts as the result of a graded cell."""

from __future__ import annotations

import nbformat
import pytest
from nbformat import NotebookNode
from nbgrader.utils import determine_grade

from utils.grading.preprocessors import KeepWarnings, PlainScores
from utils.grading.running import RunNotebook

POINTS = 4


def graded_cell(*outputs: NotebookNode) -> NotebookNode:
    """Return a graded cell that has run and shown these outputs."""
    mark = {"grade": True, "solution": False, "locked": True, "grade_id": "test-a", "points": POINTS}
    return nbformat.v4.new_code_cell(
        "check()", id="test-a", outputs=list(outputs), metadata={"nbgrader": mark}
    )


def value(text: str) -> NotebookNode:
    return nbformat.v4.new_output("execute_result", data={"text/plain": text}, execution_count=1)


@pytest.mark.parametrize(
    ("text", "earned"),
    {
        "2.5": 2.5,
        "0": 0,
        "4.0": 4,
        "4.1": 4,
        "-1": 0,
        "nan": 0,
        "inf": 0,
        "np.float64(2.5)": 2.5,
        "tensor(2.5, dtype=torch.float64)": 2.5,
        "tensor([2.5])": 0,
        "True": 0,
        "": 0,
        "'4'": 0,
    }.items(),
)
def test_a_finite_number_cut_to_what_can_be_earned_is_a_score(text: str, earned: float) -> None:
    cell, _ = PlainScores().preprocess_cell(graded_cell(value(text)), {}, 0)
    assert determine_grade(cell) == (earned, POINTS)


def test_a_value_without_a_text_is_no_score() -> None:
    figure = nbformat.v4.new_output("execute_result", data={"image/png": "aaaa"}, execution_count=1)
    cell, _ = PlainScores().preprocess_cell(graded_cell(figure), {}, 0)
    assert determine_grade(cell) == (0, POINTS)


def test_a_warning_is_kept_without_the_place_and_the_line_it_came_from() -> None:
    text = (
        "/course/utils/checks/check.py:12: UserWarning: old ways\n  value = secret(args)\n"
        "plain words\n/x y/z.py:3: DeprecationWarning: soon gone\n"
    )
    cell = graded_cell(nbformat.v4.new_output("stream", name="stderr", text=text))
    cell, _ = KeepWarnings().preprocess_cell(cell, {}, 0)
    assert [(output.name, output.text) for output in cell.outputs] == [
        ("stdout", "UserWarning: old ways\nplain words\nDeprecationWarning: soon gone\n")
    ]
    assert determine_grade(cell) == (POINTS, POINTS)


def at_a_cell(**limits: int) -> RunNotebook:
    """Return the step as it is while a cell runs."""
    step = RunNotebook(**limits)
    step.clear_before_next_output = False
    return step


def stream(text: str) -> dict[str, object]:
    return {
        "msg_type": "stream",
        "content": {"name": "stdout", "text": text},
        "header": {"msg_type": "stream"},
        "parent_header": {"msg_id": "1"},
        "metadata": {},
    }


def test_what_a_cell_prints_is_cut_at_the_limit() -> None:
    step, cell = at_a_cell(most_text=1000), graded_cell()
    for _ in range(7):
        step.process_message(stream("x" * 300), cell, 0)
    assert "".join(output.text for output in cell.outputs) == "x" * 1000


def test_a_million_empty_outputs_are_not_kept() -> None:
    step, cell = at_a_cell(most_text=1000), graded_cell()
    for _ in range(50):
        step.process_message(stream("x"), cell, 0)
    assert len(cell.outputs) == 10


@pytest.mark.parametrize("kind", ["clear_output", "update_display_data", "comm_open", "comm_msg"])
def test_no_message_takes_back_the_result_of_a_graded_cell(kind: str) -> None:
    step, cell = at_a_cell(), graded_cell(value("0.0"))
    content = {"wait": False, "transient": {"display_id": "a"}, "data": {"text/plain": "4.0"}, "comm_id": "c"}
    message = {
        "msg_type": kind,
        "content": content,
        "header": {"msg_type": kind},
        "parent_header": {},
        "metadata": {},
    }
    assert step.process_message(message, cell, 0) is None
    assert cell.outputs == [value("0.0")]
