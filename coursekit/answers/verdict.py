"""What a comparison of two answers returns, and what an answer that cannot be read raises."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

Relation = Literal["equal", "too_loose", "too_tight", "incomparable", "different"]

IN_WORDS: dict[Relation, str] = {
    "equal": "right",
    "too_loose": "too large",
    "too_tight": "too small",
    "incomparable": "neither always larger nor always smaller",
    "different": "different",
}


class UnreadableAnswer(ValueError):
    """An answer with no meaning, or with more than one, that a checker could be sure of.

    The message quotes the place and says what was expected there. `text` is the answer as given,
    `position` the offending character in it (None when no single character is to blame).
    """

    def __init__(self, message: str, text: str = "", position: int | None = None) -> None:
        super().__init__(message)
        self.text = text
        self.position = position

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows: one sentence instead of a traceback through the reader."""
        return [f"UnreadableAnswer: {self}"]

    def __reduce__(self) -> tuple[type[UnreadableAnswer], tuple[str, str, int | None]]:
        return type(self), (str(self), self.text, self.position)


@dataclass(frozen=True)
class Verdict:
    """How a submitted answer stands to the expected one.

    `hint` is for the student: a regime or a kind of slip, never the missing term. `detail` is for the
    instructor and may name it. Raises ValueError when `relation` is not one of the five words.
    """

    relation: Relation
    read_as: str
    hint: str = ""
    detail: str = ""

    def __post_init__(self) -> None:
        if self.relation not in get_args(Relation):
            raise ValueError(f"relation {self.relation!r}, expected one of {', '.join(get_args(Relation))}")

    @property
    def right(self) -> bool:
        """Whether the answer earns the points."""
        return self.relation == "equal"

    def explain(self) -> str:
        """Return the verdict in words, for the instructor: relation, reading, detail."""
        parts = [IN_WORDS[self.relation], f"read as: {self.read_as}", self.detail]
        return "; ".join(part for part in parts if part)
