"""The trusted interpreter: runs read-only and graded cells, and never a student's code.

A cell's last value is its score, as nbgrader has it, but it is taken as a number and not from its text: a
tensor or a numpy number counts like a float, and a value that is no number is an error of the test's author.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import io
import linecache
import math
import traceback
from dataclasses import dataclass, field, replace
from typing import Any

import nbformat
from nbformat import NotebookNode

from coursekit import display
from utils.grading.box.inside.shown import safe_text

MOST_PRINTED = 100_000  # characters that one graded cell may print


class NoScore(ValueError):
    """A graded cell ended with a value that is no number of points."""


@dataclass
class Ran:
    """What running a cell gave: outputs for the page, and the points when it ended with a number."""

    outputs: list[NotebookNode] = field(default_factory=list)
    error: BaseException | None = None


class Interpreter:
    """The judge's names, and the running of cells among them."""

    def __init__(self) -> None:
        self.names: dict[str, Any] = {"__name__": "__main__", "__builtins__": builtins}

    def run(self, source: str, title: str, *, points: float | None = None) -> Ran:
        """Run a cell; return its outputs. With `points`, its last value is cut to 0 .. points and shown.

        An exception becomes an error output. What is no `Exception` passes through.
        """
        ran, printed = Ran(), io.StringIO()
        with (
            _listening(ran.outputs),
            contextlib.redirect_stdout(printed),
            contextlib.redirect_stderr(printed),
        ):
            try:
                value = self._value(source, f"<{title}>")
                if value is not None and points is not None:
                    ran.outputs.append(_result(points_of(value, points)))
            except (Exception, SystemExit) as error:  # whatever a check raises is its verdict
                ran.error = error
                ran.outputs.append(error_output(error, f"<{title}>"))
        if text := safe_text(printed.getvalue()[:MOST_PRINTED]):
            ran.outputs.insert(0, nbformat.v4.new_output("stream", name="stdout", text=text))
        return ran

    def _value(self, source: str, filename: str) -> Any:
        """Run the statements of a cell; return the value of the last one if it is an expression."""
        linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
        tree = ast.parse(source, filename)
        last = tree.body[-1] if tree.body else None
        if not isinstance(last, ast.Expr):
            exec(compile(tree, filename, "exec"), self.names)
            return None
        exec(compile(ast.Module(tree.body[:-1], []), filename, "exec"), self.names)
        return eval(compile(ast.Expression(last.value), filename, "eval"), self.names)


def points_of(value: object, most: float) -> float:
    """Return the points that a graded cell's last value stands for, from 0 to `most`. Raises NoScore."""
    try:
        if isinstance(value, str | bytes | bool):
            raise TypeError(type(value).__name__)
        points = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, RuntimeError):
        points = math.nan
    if not math.isfinite(points):
        raise NoScore(f"this cell ended with {repr(value)[:80]}, which is no number of points")
    return min(max(points, 0.0), most)


@contextlib.contextmanager
def _listening(outputs: list[NotebookNode]) -> Any:
    """Collect the boxes that checks show."""

    def take(box: display.Box) -> None:
        box = replace(box, text=safe_text(box.text))
        data = {"text/plain": repr(box), "text/html": box._repr_html_()}
        outputs.append(nbformat.v4.new_output("display_data", data=data))

    with display.shown_to(take):
        yield


def _result(points: float) -> NotebookNode:
    return nbformat.v4.new_output("execute_result", data={"text/plain": repr(points)}, execution_count=None)


def error_output(error: BaseException, filename: str = "") -> NotebookNode:
    """Return the error output for an exception; checks say themselves what a student sees of it."""
    name = type(error).__name__
    try:
        message = safe_text(str(error))  # it may quote a student's text
        own = getattr(error, "_render_traceback_", None)
        lines = [safe_text(line) for line in (own() if own else _lines(error, filename))]
    except Exception:  # the exception stands for one of the student's classes
        message, lines = "", [name]
    return nbformat.v4.new_output("error", ename=name, evalue=message, traceback=lines)


def _lines(error: BaseException, filename: str) -> list[str]:
    """Return the traceback's lines, without the frames of this module."""
    frames = traceback.extract_tb(error.__traceback__)
    mine = next((i for i, frame in enumerate(frames) if frame.filename == filename), len(frames))
    kept = traceback.format_list(frames[mine:])
    return "".join([*kept, *traceback.format_exception_only(error)]).rstrip("\n").splitlines()
