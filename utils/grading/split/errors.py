"""Exceptions of student code, as a judge raises them: the same name, and a class it knows as the base."""

from __future__ import annotations

import builtins
from functools import lru_cache
from typing import Any

from coursekit.blanks import EmptyBlank, UnusableBlank
from coursekit.compare import WrongAnswer
from coursekit.cost import UncountedOperation
from utils.grading.box.inside.outgoing import checked_type_name
from utils.grading.box.inside.shown import safe_line, safe_text
from utils.grading.box.inside.wire import BadFrame

LONGEST_TEXT = 2_000  # characters
LONGEST_PLACE = 200  # characters
OWN = {kind.__name__: kind for kind in (EmptyBlank, UnusableBlank, UncountedOperation)}
# A loop or a generator of the judge takes these two for its own end.
ENDINGS = (StopIteration, StopAsyncIteration)
BASES: dict[str, type[Exception]] = {
    name: RuntimeError if issubclass(kind, ENDINGS) else kind
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, Exception) and not issubclass(kind, BaseExceptionGroup)
}


def student_error(described: Any) -> Exception:
    """Return the exception that stands for one of the student's code. Raises `BadFrame`.

    What is no `Exception` there, such as SystemExit, is one here. A `WrongAnswer` is the word of a check: one
    that student code raises is an AssertionError.
    """
    if not isinstance(described, dict) or described.keys() != {"type", "base", "text", "place"}:
        raise BadFrame("an exception that is none")
    if not all(isinstance(text, str) for text in described.values()):
        raise BadFrame("an exception that is none")
    text = safe_text(described["text"][:LONGEST_TEXT])
    if described["base"] in OWN:
        return OWN[described["base"]](text)
    base = described["base"] if described["base"] in BASES else "Exception"
    name = checked_type_name(described["type"])
    error = _error_class(base if name == WrongAnswer.__name__ else name, base)(text)
    if described["place"]:
        error.add_note(safe_line(described["place"], LONGEST_PLACE))
    return error


@lru_cache(maxsize=256)
def _error_class(name: str, base: str) -> type[Exception]:
    """Return a class of this name; `__main__` is left out where a traceback names it."""

    def start(self: Any, text: str) -> None:
        self.said = self.msg = text  # a SyntaxError keeps its message in `msg`

    names = {"__init__": start, "__str__": lambda self: self.said, "__module__": "__main__"}
    return type(name, (BASES[base],), names)
