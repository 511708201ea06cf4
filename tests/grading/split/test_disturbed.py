"""A notebook whose box is ended from outside starts over; one whose own code ends it pays for that cell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook

from utils.grading import notebook_run
from utils.grading.box.boxes import BoxFailed
from utils.grading.box.endings import DOUBTFUL, FROM_OUTSIDE, KILLED, RUN_STOPPED
from utils.grading.split import judge
from utils.grading.split.judge import Disturbed
from utils.grading.split.session import BoxLost

ANSWER = {"solution": True, "grade_id": "answer"}
GRADED = {"grade": True, "points": 2, "grade_id": "graded"}
Runs = Callable[..., NotebookNode]


class MortalSession:
    """Runs cells in this process. The first `ends` of all sessions lose their box, for the reason given."""

    def __init__(self, ends: list[str], *, in_call: bool) -> None:
        self.names: dict[str, Any] = {"calls": lambda: self._end() if in_call else None}
        self._ends, self._in_call = ends, in_call
        self.deadline, self.lost = 0.0, ""

    def _end(self) -> None:
        if self._ends:
            self.lost = self._ends.pop()
            raise BoxLost(self.lost)

    def run(self, code: str, seconds: float) -> judge.Ran:
        exec(code, self.names)
        if not self._in_call:
            self._end()
        return judge.Ran()

    def get(self, name: str, seconds: float) -> object:
        if name not in self.names:
            raise NameError(name)
        return self.names[name]

    def take_printed(self) -> list[str]:
        return []

    def cpu_seconds(self) -> float:
        return 0.0

    def close(self) -> None:
        self.lost = self.lost or "closed"


class NoWalls:
    """Boxes that are none, until there are no more of them."""

    def __init__(self, left: int) -> None:
        self._left = left

    def open(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise BoxFailed("the template is gone")

    def __enter__(self) -> NoWalls:
        return self

    def __exit__(self, *_: object) -> None:
        return None


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Runs:
    """Return what runs an answer and a graded cell that calls it, with boxes that end for these reasons."""

    def run(*reasons: str, in_call: bool = False, boxes: int = 99) -> NotebookNode:
        ends = list(reversed(reasons))
        monkeypatch.setattr(notebook_run, "Boxes", lambda *_, **__: NoWalls(boxes))
        monkeypatch.setattr(notebook_run, "Session", lambda *_: MortalSession(ends, in_call=in_call))
        texts = ("x = 3", ANSWER), ("calls()\nassert x == 3", GRADED)
        cells = [
            new_code_cell(text, id=mark["grade_id"], metadata={"nbgrader": mark}) for text, mark in texts
        ]
        # What the box has is told by the released cells, so `calls` is defined there as well.
        released = [new_code_cell("x = calls = 0", id="answer", metadata=cells[0].metadata), cells[1]]
        notebook = new_notebook(cells=cells)
        run.verdicts = notebook_run.split_run(  # type: ignore[attr-defined]
            notebook, new_notebook(cells=released), "ada", "lesson", {}, None
        )
        return notebook

    return run


def told(notebook: NotebookNode) -> list[str]:
    """Return the errors of both cells."""
    found = (output for cell in notebook.cells for output in cell.outputs)
    return [output.evalue for output in found if output.output_type == "error"]


@pytest.mark.parametrize("in_call", [False, True], ids=["in-a-cell", "in-a-call"])
@pytest.mark.parametrize("reason", sorted(FROM_OUTSIDE | DOUBTFUL))
def test_a_box_that_ends_from_outside_costs_nothing(run: Runs, reason: str, in_call: bool) -> None:
    assert told(run(reason, in_call=in_call)) == []
    assert run.verdicts.incidents == []  # type: ignore[attr-defined]


def test_what_the_student_code_did_is_not_taken_for_an_accident(run: Runs) -> None:
    assert "this cell was left out" in told(run("your code ended its Python process (exit code 3)"))[0]


def test_a_box_that_is_killed_again_is_put_down_to_its_cell(run: Runs) -> None:
    assert told(run(KILLED, KILLED, in_call=True)) == [f"no verdict: {KILLED}"]


def test_a_run_that_is_stopped_gives_no_verdict_at_all(run: Runs) -> None:
    with pytest.raises(Disturbed, match=RUN_STOPPED):
        run(RUN_STOPPED, RUN_STOPPED, in_call=True)


def test_a_template_that_has_gone_leaves_the_notebook_without_a_verdict(run: Runs) -> None:
    with pytest.raises(judge.NoBox, match="the template is gone"):
        run(RUN_STOPPED, in_call=True, boxes=1)


def test_no_limit_is_among_the_ends_from_outside() -> None:
    assert not any("took" in reason or "used" in reason for reason in FROM_OUTSIDE | DOUBTFUL)
