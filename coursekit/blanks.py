"""Blanks: places that a student fills in.

Two kinds exist. An *expression blank* stands inside ordinary code: the lesson says `BLANK(expression)`,
the released notebook says `____`, and using `____` says which line is still empty. A *code blank* is a
typed answer: the student enters the text of a blank, and `complete` puts all texts into their template.
"""

from __future__ import annotations

import ast
import linecache
import re
import sys
from collections.abc import Iterator, Mapping
from types import FrameType
from typing import Any, NoReturn, TypeVar

T = TypeVar("T")

PLACE = re.compile(r"__([a-z])__")
LONGEST_BLANK = 200  # characters; no blank of the course needs a quarter of that
QUOTED = 20  # characters of a text that is too long to repeat
DEEPEST_BLANK = 20  # brackets, or operations, inside each other
HIGHEST_POWER = 64  # of a number by itself; 9**9**9 would never be finished
DUNDER = re.compile(r"(?<!\w)__(?!call__\b)\w*")  # obj.__call__ is obj, and some write it


class EmptyBlank(Exception):
    """A blank was used before it was filled in."""

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows: one sentence instead of a traceback through this module."""
        return [f"EmptyBlank: {self}"]


class UnusableBlank(ValueError):
    """The text of a code blank is not a single expression, or the template has no such blank."""

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows: one sentence instead of a traceback through this module."""
        return [f"UnusableBlank: {self}"]


def BLANK(expression: T) -> T:  # noqa: N802 - written in capitals so that an author sees it in a lesson
    """Return the expression unchanged; the build replaces the whole call by `____`."""
    return expression


def _student_frames() -> Iterator[FrameType]:
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        if frame.f_globals.get("__name__") == "__main__":
            yield frame
        frame = frame.f_back


def _place() -> str:
    for frame in _student_frames():
        line = linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
        return (
            f" in line {frame.f_lineno} of its cell: `{line}`"
            if line
            else f" in line {frame.f_lineno} of its cell"
        )
    return ""


class _Empty:
    """The value of `____`: it may be stored, and every use of it raises `EmptyBlank`."""

    def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise EmptyBlank(
            f"a blank is still empty{_place()}. Replace ____ by your answer and run the cell again."
        )

    __call__ = __getitem__ = __iter__ = __len__ = __bool__ = __float__ = __int__ = __index__ = _refuse
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __matmul__ = __rmatmul__ = _refuse
    __truediv__ = __rtruediv__ = __floordiv__ = __rfloordiv__ = __pow__ = __rpow__ = __mod__ = __rmod__ = (
        _refuse
    )
    __neg__ = __pos__ = __abs__ = __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __str__ = __format__ = (
        _refuse
    )

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith(
            "_"
        ):  # Python and its tools ask any object for these; they are not a use of the blank
            raise AttributeError(name)
        self._refuse()

    # numpy asks these of any object that is handed to one of its functions, and torch the one below.
    __array__ = __array_ufunc__ = __array_function__ = _refuse

    @classmethod
    def __torch_function__(cls, *_: object, **__: object) -> NoReturn:
        cls()._refuse()

    def __repr__(self) -> str:
        return "____ (still empty)"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Empty)

    def __hash__(self) -> int:
        return hash(_Empty)


____: Any = _Empty()


def is_blank(value: object) -> bool:
    """Return whether a value is `____` itself."""
    return isinstance(value, _Empty)


def is_empty(answer: object) -> bool:
    """Return whether an answer was left as released: `____`, None, or text without a character."""
    return (
        isinstance(answer, _Empty) or answer is None or (isinstance(answer, str) and not answer.strip(" _"))
    )


def places(template: str) -> list[str]:
    """Return the letters of the blanks of a template (`__a__`, `__b__` ...), each once, in order."""
    return list(dict.fromkeys(PLACE.findall(template)))


def checked_text(name: str, text: object) -> str:
    """Return the text of one blank without outer spaces or a closing comma.

    Raises `EmptyBlank` when it was not filled in, `UnusableBlank` when it cannot be one expression or holds
    what no blank needs: a large power of a number, deep nesting, a name with two leading underscores.
    """
    if is_empty(text):
        raise EmptyBlank(f"blank ({name}) is still empty. Enter its text, in quotes, and run the cell again.")
    if not isinstance(text, str):
        kind = type(text).__name__
        raise UnusableBlank(f"blank ({name}) holds a {kind}; enter the code of the blank as text, in quotes.")
    text = text.strip().strip("`").strip().removesuffix(",").rstrip()
    if len(text) > LONGEST_BLANK or "\n" in text:
        raise UnusableBlank(
            f"blank ({name}) is one expression on one line, at most {LONGEST_BLANK} characters; "
            f"yours begins {text[:QUOTED]!r} and has {len(text)}."
        )
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise UnusableBlank(f"blank ({name}) is not an expression of Python: {text!r}.") from None
    if problem := _needless(tree, text):
        raise UnusableBlank(f"blank ({name}) {problem}.")
    return text


def _needless(tree: ast.expr, text: str) -> str:
    """Return, quoting the place, what stands in an expression that no blank needs; "" for nothing."""
    if hidden := DUNDER.search(text):
        return f"has no use for names with two underscores such as {hidden[0]!r}"
    if place := _too_deep(tree, text):
        return f"is nested deeper than {DEEPEST_BLANK} levels, at {place!r}"
    for node in ast.walk(tree):
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow | ast.LShift) and _large(node):
            return f"has a power that is too large to work out: {ast.unparse(node)!r}"
    return ""


def _too_deep(tree: ast.expr, text: str) -> str:
    """Return the text at the place where the nesting is too deep; brackets around one thing count, too."""
    open_brackets = 0
    for at, character in enumerate(text):
        open_brackets += (character in "([{") - (character in ")]}")
        if open_brackets > DEEPEST_BLANK:
            return text[at : at + QUOTED]
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST_BLANK):
        level = [child for node in level for child in ast.iter_child_nodes(node) if _has_place(child)]
    return ast.unparse(level[0])[:QUOTED] if level else ""


def _has_place(node: ast.AST) -> bool:
    return isinstance(node, ast.expr)


def _large(node: ast.BinOp) -> bool:
    """Whether a power (or shift) of numbers alone is more than one number to a small power."""
    if any(isinstance(part, ast.Name) for part in ast.walk(node)):
        return False
    base, exponent = _number(node.left), _number(node.right)
    return base is None or exponent is None or abs(exponent) > HIGHEST_POWER


def _number(node: ast.expr) -> float | None:
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub | ast.UAdd):
        node = node.operand
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, int | float) else None


def complete(template: str, texts: Mapping[str, object]) -> str:
    """Return the template with every blank filled in, as text.

    Raises `EmptyBlank` for the first blank without a text and `UnusableBlank` for a text that is not one
    expression.
    """
    filled = {name: checked_text(name, texts.get(name)) for name in places(template)}
    return PLACE.sub(lambda place: filled[place.group(1)], template)
