"""The split run of one notebook: a student's cells in a box, graded cells in the trusted interpreter.

A cell that ends or stalls its box is left out, and a new box runs the other cells again; the graded cells
that were decided before keep their verdicts. A graded cell without a verdict carries an error that says why.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass, field

import nbformat
import torch
from nbformat import NotebookNode

from coursekit import boundary
from utils.checks import draws
from utils.grading.box.boxes import BoxFailed
from utils.grading.box.limits import Limits
from utils.grading.split.interpreter import Interpreter, Ran
from utils.grading.split.owners import Step, steps
from utils.grading.split.session import BoxLost, Session
from utils.grading.split.stand_in import made_by

DEFINE = "coursekit.boundary.define"
MOST_RESTARTS = 5
NOT_DRAWN = "This cell only draws. It is not run when the notebook is graded."
NO_TIME = "the time for the whole notebook was over before this cell"
QUOTED = "printed by the code of this notebook:\n"


@dataclass
class Verdicts:
    """What became of a notebook besides its outputs."""

    incidents: list[str] = field(default_factory=list)
    draws: dict[str, str] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)


class NoBox(BaseException):
    """No box could be started, which is nobody's answer: no check may catch it, and the task has to fail."""


class NotHandedOver(Exception):
    """A value of the box cannot be brought to a graded cell; the message says which and why."""


class Disturbed(BaseException):
    """A box was ended from outside, which is nobody's answer either: the notebook has to start over."""


class Judge:
    """Runs one notebook; `open_session` starts a box and returns the session with it.

    With `again`, the notebook has started over before, and a box that was killed is put down to its cell.

    A check of a blank hands the texts of all other blanks to the student's text, which is to run with these
    right. So it happens in a box of its own, closed after the graded cell: what could be learned there comes
    too late for every other answer.
    """

    def __init__(
        self,
        open_session: Callable[[], Session],
        limits: Limits,
        student: str,
        lesson: str,
        *,
        again: bool = False,
    ) -> None:
        self.limits, self.student, self.lesson, self._again = limits, student, lesson, again
        self._open_session = open_session
        self._session: Session | None = None
        self._aside: Session | None = None
        self._grading = False
        self._restarts = -1
        self._in_box: list[NotebookNode] = []
        self._interpreter = Interpreter()
        self._box_seconds = 0.0
        self.verdicts = Verdicts()

    def run(self, notebook: NotebookNode, released: NotebookNode, *, shown: Collection[str] = ()) -> Verdicts:
        """Fill in the outputs of a rebuilt notebook; `shown` are the drawing cells a person needs to see.

        Raises NoBox, Disturbed.
        """
        started, cpu = time.monotonic(), time.process_time()
        self._end = started + self.limits.notebook_seconds
        os.environ["COURSE_STUDENT"] = self.student
        # What a test cell draws by itself. `torch.manual_seed` would look for a GPU first.
        torch.default_generator.manual_seed(draws.generator(self.lesson).initial_seed())
        try:
            with boundary.run_beside(self._beside), draws.recorded() as drawn:
                for cell, step in zip(notebook.cells, steps(notebook, released, shown=shown), strict=True):
                    self._run_cell(cell, step)
                self.verdicts.draws = dict(drawn)
        finally:
            self._close()
            self._close_aside()
        spent = {"box": self._box_seconds, "judge": time.process_time() - cpu}
        self.verdicts.seconds = {**spent, "wall": time.monotonic() - started}
        return self.verdicts

    def _run_cell(self, cell: NotebookNode, step: Step) -> None:
        if step.kind == "text":
            return
        if step.kind == "drawing" and not step.in_box:
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=NOT_DRAWN)]
        if step.in_box:
            self._run_in_box(cell)
        if step.in_judge:
            ran = self._judged(cell, step)
            if step.kind == "graded":
                cell.outputs = ran.outputs

    def _run_in_box(self, cell: NotebookNode) -> None:
        """Run a cell in the box and keep its outputs; one that loses the box is left out from then on."""
        try:
            shown = self._live().run(cell.source, self._seconds()).outputs
            cell.outputs = [nbformat.from_dict(output) for output in shown]
            self._in_box.append(cell)
        except BoxLost as lost:
            self._leave_out(cell, lost)

    def _leave_out(self, cell: NotebookNode, lost: BoxLost) -> None:
        """Do without a cell from now on. Raises Disturbed when it is not to blame."""
        self._see_who_ended_it(lost)
        self._close()
        why = str(lost)
        self.verdicts.incidents.append(f"{cell.id}: {why}")
        text = f"{why}; this cell was left out, and the other cells ran without it"
        cell.outputs = [_error("LeftOut", text)]

    def _see_who_ended_it(self, lost: BoxLost) -> None:
        if lost.no_cell_is_to_blame(doubtful=not self._again):
            raise Disturbed(str(lost)) from lost

    def _judged(self, cell: NotebookNode, step: Step) -> Ran:
        """Run a cell in the trusted interpreter, with the names that it needs from the box."""
        self._grading = step.kind == "graded"
        points = float(cell.metadata.nbgrader["points"]) if self._grading else None
        try:
            self._fetch(step)
            ran = self._interpreter.run(cell.source, cell.id, points=points)
        except BoxLost as lost:
            self._see_who_ended_it(lost)
            if self._session is not None and self._session.lost:
                self._close()
            self.verdicts.incidents.append(f"{cell.id}: {lost}")
            return Ran([_error("NotRun", f"no verdict: {lost}")], lost)
        except NotHandedOver as error:
            return Ran([_error("NotHandedOver", str(error))], error)
        finally:
            self._close_aside()
        if self._session is not None and (text := "".join(self._session.take_printed())):
            ran.outputs.append(nbformat.v4.new_output("stream", name="stdout", text=QUOTED + _quoted(text)))
        return ran

    def _fetch(self, step: Step) -> None:
        """Put the current values of the box's names among the judge's; a name that is missing is missing."""
        for name in sorted(step.fetched):
            self._interpreter.names.pop(name, None)
            try:
                self._interpreter.names[name] = self._live().get(name, self._seconds())
            except NameError:
                continue
            except Exception as error:  # it is too large, or has no form in which it could cross
                raise NotHandedOver(f"`{name}` could not be looked at: {error}") from None
        if step.fetched:
            self._live().deadline = time.monotonic() + self._seconds()

    def _beside(self, name: str, args: tuple[object, ...], kwargs: dict[str, object]) -> object:
        """Run one of the functions that run beside student code, where that code is."""
        if self._aside is not None and made_by(self._aside, (args, kwargs)):
            return self._aside.beside(name, args, kwargs)
        if name != DEFINE or not self._grading:
            return self._live().beside(name, args, kwargs)
        if self._aside is None:
            self._aside = self._opened()
            self._aside.deadline = time.monotonic() + self._seconds()
        return self._aside.beside(name, args, kwargs)

    def _opened(self) -> Session:
        """Return a session with a new box. Raises NoBox."""
        try:
            return self._open_session()
        except BoxFailed as error:
            raise NoBox(f"no box could be started: {error}") from error

    def _seconds(self) -> float:
        """Return how long the next thing may take. Raises BoxLost when the notebook's time is over."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise BoxLost(NO_TIME)
        return min(self.limits.cell_seconds, left)

    def _live(self) -> Session:
        """Return the session with a box that has run every cell so far. Raises BoxLost when there is none."""
        while self._session is None:
            self._seconds()
            if self._restarts >= MOST_RESTARTS:
                raise BoxLost(
                    f"the cells of this notebook ended or stalled their box {MOST_RESTARTS + 1} times"
                )
            self._restarts += 1
            self._session = self._opened()
            self._run_again()
        return self._session

    def _run_again(self) -> None:
        """Run the cells so far in a new box; their outputs stay. One that loses this box is left out."""
        for cell in list(self._in_box):
            assert self._session is not None
            try:
                self._session.run(cell.source, self._seconds())
            except BoxLost as lost:
                self._in_box.remove(cell)
                self._leave_out(cell, lost)
                return

    def _close(self) -> None:
        if self._session is not None:
            self._box_seconds += self._session.cpu_seconds()
            self._session.close()
            self._session = None

    def _close_aside(self) -> None:
        if self._aside is not None:
            self._box_seconds += self._aside.cpu_seconds()
            self._aside.close()
            self._aside = None


def _quoted(text: str) -> str:
    """Return a student's text so that no line of it can be taken for one of ours."""
    return "".join(f"| {line}\n" for line in text.splitlines())


def _error(name: str, message: str) -> NotebookNode:
    return nbformat.v4.new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])
