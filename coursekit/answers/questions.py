"""What a notebook asks for: one small object per typed answer, shared by the notebook and the grader.

A question knows how an answer is read and compared; it does not know the right answer. Calling it is the
visible check: it shows how the answer was understood, and never whether it is right.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from coursekit import blanks
from coursekit.answers import choice, einsum, number, vector
from coursekit.answers.verdict import UnreadableAnswer, Verdict
from coursekit.display import being_graded, show

SILENT = "Whether it is right is checked when the notebook is graded."


@dataclass(frozen=True, kw_only=True)
class Question:
    """A typed answer: `part` is its name in the notebook, `variable` the name the student fills in."""

    part: str
    variable: str

    def read(self, answer: Any) -> str:
        """Return how the answer is understood, in words. Raises `EmptyBlank` or `UnreadableAnswer`."""
        if blanks.is_empty(answer):
            raise blanks.EmptyBlank(
                f"`{self.variable}` is still empty. "
                "Replace ____ by your answer in the cell above and run it again."
            )
        return self.echo(answer)

    def echo(self, answer: Any) -> str:
        """Return how a non-empty answer is understood."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it reads an answer")

    def compare(self, expected: Any, answer: Any) -> Verdict:
        """Return the verdict on an answer, against one expected answer. Raises `UnreadableAnswer`."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it compares")

    def __call__(self, answer: Any) -> None:
        """Show how the answer was read. Raises `EmptyBlank` or `UnreadableAnswer` with the place."""
        try:
            later = "" if being_graded() else f"\n{SILENT}"
            show("note", f"{self.variable} was read as: {self.read(answer)}{later}", more=1)
        except UnreadableAnswer as error:
            show("wrong", f"{self.variable} could not be read: {error}")
            raise


@dataclass(frozen=True, kw_only=True)
class Number(Question):
    """A number, in `unit` unless the answer carries another one; right within `rel_tol`."""

    unit: str = ""
    rel_tol: float = 1e-9

    def echo(self, answer: Any) -> str:
        value, written = number.read(answer)
        if written and not self.unit:
            raise UnreadableAnswer(f"enter the number alone; no unit such as {written} is asked for.")
        return f"{value:.10g} {written or self.unit}".strip()

    def compare(self, expected: Any, answer: Any) -> Verdict:
        return number.compare(expected, answer, unit=self.unit, rel_tol=self.rel_tol)


@dataclass(frozen=True, kw_only=True)
class Vector(Question):
    """A row of numbers in order, each right within `rel_tol`; `unit` may stand behind each."""

    unit: str = ""
    rel_tol: float = 1e-9

    def echo(self, answer: Any) -> str:
        return "(" + ", ".join(f"{entry:g}" for entry in vector.read(answer, self.unit)) + ")"

    def compare(self, expected: Any, answer: Any) -> Verdict:
        return vector.compare(expected, answer, unit=self.unit, rel_tol=self.rel_tol)


@dataclass(frozen=True, kw_only=True)
class Choice(Question):
    """One of several options, keyed by letter."""

    options: Mapping[str, str]

    def echo(self, answer: Any) -> str:
        letter = choice.read(answer, self.options)
        return f"({letter}) {self.options[letter]}"

    def compare(self, expected: Any, answer: Any) -> Verdict:
        return choice.compare(expected, answer, self.options)


@dataclass(frozen=True, kw_only=True)
class Choices(Question):
    """All options that hold, keyed by letter."""

    options: Mapping[str, str]

    def echo(self, answer: Any) -> str:
        letters = choice.read_several(answer, self.options)
        return "; ".join(f"({letter}) {self.options[letter]}" for letter in sorted(letters)) or "none of them"

    def compare(self, expected: Collection[str], answer: Any) -> Verdict:
        return choice.compare_several(expected, answer, self.options)


@dataclass(frozen=True, kw_only=True)
class Einsum(Question):
    """An einsum equation for operands of the documented shapes (name -> sizes, each axis its own)."""

    shapes: Mapping[str, Sequence[int]]

    def echo(self, answer: Any) -> str:
        return einsum.read(answer, list(self.shapes))

    def compare(self, expected: Any, answer: Any) -> Verdict:
        return einsum.compare(expected, answer, self.shapes)


@dataclass(frozen=True, kw_only=True)
class Formula(Question):
    """An exact formula in the declared variables; see `coursekit.answers.formula` for what may be written."""

    variables: Sequence[str]
    constraints: Sequence[str] = ()
    vectors: Sequence[str] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    units: Sequence[str] = ()

    def _options(self) -> dict[str, Any]:
        return {"vectors": self.vectors, "aliases": self.aliases, "units": self.units}

    def echo(self, answer: Any) -> str:
        from coursekit.answers import formula

        return formula.read(answer, self.variables, **self._options()).echo

    def compare(self, expected: Any, answer: Any) -> Verdict:
        from coursekit.answers import formula

        return formula.compare(expected, answer, self.variables, self.constraints, **self._options())


@dataclass(frozen=True, kw_only=True)
class BigO(Question):
    """A cost up to constants, in the declared variables (all at least 1) under the constraints."""

    variables: Sequence[str]
    constraints: Sequence[str] = ()

    def echo(self, answer: Any) -> str:
        from coursekit.answers import big_o

        return big_o.read(answer, self.variables).echo

    def compare(self, expected: Any, answer: Any) -> Verdict:
        from coursekit.answers import big_o

        return big_o.compare(expected, answer, self.variables, self.constraints)


@dataclass(frozen=True, kw_only=True)
class CodeBlank(Question):
    """The text of blank `letter` of a template. It is read here, and run only beside the student's code."""

    letter: str

    def echo(self, answer: Any) -> str:
        return blanks.checked_text(self.letter, answer)
