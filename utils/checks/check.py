"""Checks: what a graded part expects, the mistakes it knows by name, and the alternatives it must accept.

A check is called in a graded cell: `checks.check_mean(mean)`. It returns None for full points, the points of a
partial tier as a plain float (nbgrader takes a graded cell's last value for its score), and raises
`WrongAnswer` otherwise. The message holds what was called, the first wrong thing and one hint; the hint comes
from recognising a known mistake, and is absent when none is recognised.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch

from coursekit import boundary
from coursekit.answers.budget import is_spent, shared
from coursekit.answers.questions import Question
from coursekit.answers.verdict import UnreadableAnswer
from coursekit.blanks import EmptyBlank
from coursekit.boundary import gradients
from coursekit.compare import WrongAnswer, first_difference
from coursekit.display import show
from utils.checks import draws, evidence

STEPS_OF_A_JUDGEMENT = 80_000  # of work; the answers that the checks know need at most half of that
Cases = Callable[[torch.Generator], Sequence[tuple[Any, ...]]]


@dataclass(frozen=True)
class Mistake:
    """A wrong answer as a student gives it (text, number or function), and what to say to it.

    `misconception` is its id in the bank of known mistakes. `credit` is the fraction of the points that its
    tier earns; 0 unless the question says otherwise. The hint must not give the answer away.
    """

    misconception: str
    answer: Any
    hint: str
    credit: float = 0.0


@dataclass(frozen=True)
class Judgement:
    """What an answer earns (a fraction of the points), and the message when that is not everything."""

    credit: float
    wrong: WrongAnswer | None = None


RIGHT = Judgement(1.0)


@dataclass(frozen=True, kw_only=True)
class Check:
    """One graded part. `right` is the answer that the solved notebook gives.

    `depends_on` names the parts whose answers this one is about, such as the code whose cost is claimed: what is
    right here then depends on what was answered there.
    """

    part: str
    variable: str
    right: Any
    depends_on: Sequence[str] = ()
    mistakes: Sequence[Mistake] = ()
    alternatives: Mapping[str, Any] = field(default_factory=dict)

    def judge(self, answer: Any) -> Judgement:
        """Return what the answer earns. Never raises for anything a student can hand in."""
        evidence.note(self.part, self.right, answer)
        try:
            with boundary.changes(seen=False):
                return self.judgement(answer)
        except (
            Exception,
            SystemExit,
        ) as error:  # an answer may hold objects that raise whatever is done to them
            what = f"{self.variable} could not be graded."
            return Judgement(0.0, WrongAnswer(what, first=f"raised {one_line(error)}"))

    def judgement(self, answer: Any) -> Judgement:
        """Return what the answer earns; may raise what the answer raises."""
        raise NotImplementedError(f"{type(self).__name__} does not say how it judges")

    def __call__(self, answer: Any, *, points: float = 1.0) -> float | None:
        """Return None for full points or the points of a partial tier; raise `WrongAnswer` otherwise."""
        __tracebackhide__ = True
        judgement = self.judge(answer)
        evidence.decide(self.part, judgement.wrong)
        if judgement.wrong is None:
            return None
        if judgement.credit <= 0:
            raise judgement.wrong
        show("note", f"partly right: {judgement.wrong}")
        return float(points * min(judgement.credit, 1.0))


@dataclass(frozen=True, kw_only=True)
class TypedCheck(Check):
    """A typed answer against its key. `also` lists other keys that are as right as `right`."""

    question: Question
    also: Sequence[Any] = ()

    def judgement(self, answer: Any) -> Judgement:
        with shared(STEPS_OF_A_JUDGEMENT):
            return self._judgement(answer)

    def _judgement(self, answer: Any) -> Judgement:
        what = f"{self.variable} is not right."
        try:
            read = self.question.read(answer)
            verdicts = [self.question.compare(key, answer) for key in (self.right, *self.also)]
        except (EmptyBlank, UnreadableAnswer) as error:
            return Judgement(0.0, unreadable(self, answer, error))
        if any(verdict.right for verdict in verdicts):
            return RIGHT
        mistake = self.recognise(answer)
        hint, credit = (mistake.hint, mistake.credit) if mistake else (verdicts[0].hint, 0.0)
        return Judgement(credit, WrongAnswer(what, first=f"it was read as {read}", hint=hint))

    def recognise(self, answer: Any) -> Mistake | None:
        """Return the known mistake that is the same answer, written in whatever way.

        An answer too long to compare with all of them is compared with the first ones only.
        """
        for mistake in (m for m in self.mistakes if m.answer != ""):  # "" stands for an answer not given
            try:
                if self.question.compare(mistake.answer, answer).right:
                    return mistake
            except UnreadableAnswer:
                if is_spent():
                    break
        return next((m for m in self.mistakes if _same(m.answer, answer)), None)


def _same(known: Any, answer: Any) -> bool:
    """Whether an answer is the known one as it stands; tensors, for one, may refuse to be asked."""
    try:
        return bool(known == answer)
    except Exception:  # an answer may be of any class
        return False


def unreadable(check: Check, answer: Any, error: Exception) -> WrongAnswer:
    """Return the message for an answer that was left empty or cannot be read.

    A mistake whose answer is the empty text stands for "not answered" and gives its hint then; one whose
    answer is this very text gives its hint too.
    """
    known = [
        m
        for m in check.mistakes
        if _same(m.answer, answer) or (m.answer == "" and isinstance(error, EmptyBlank))
    ]
    hint = known[0].hint if known else ""
    return WrongAnswer(f"{check.variable} could not be graded.", first=str(error), hint=hint)


@dataclass(frozen=True)
class Property:
    """A requirement beyond equal results, such as a cost: `test(function)` raises `WrongAnswer` when it fails."""

    name: str
    test: Callable[[Any], None]


@dataclass(frozen=True, kw_only=True)
class FunctionCheck(Check):
    """A student's function against a reference, on inputs it has not seen.

    `cases(generator)` returns argument tuples: float64, every axis its own length. The reference is called
    first, on copies. With `differentiable`, gradients are compared by argument name.
    """

    cases: Cases
    differentiable: bool = True
    # In single precision two right backward passes may differ by more than one rounding.
    gradients_in: Sequence[torch.dtype] = (torch.float64,)
    properties: Sequence[Property] = ()

    def judgement(self, answer: Any) -> Judgement:
        try:
            for args in self.cases(draws.generator(self.part)):
                self._judge_case(answer, args)
            for prop in self.properties:
                prop.test(answer)
        except WrongAnswer as wrong:
            return Judgement(self._credit(wrong), wrong)
        return RIGHT

    def _credit(self, wrong: WrongAnswer) -> float:
        return next((m.credit for m in self.mistakes if wrong.hint and m.hint == wrong.hint), 0.0)

    def _judge_case(self, function: Any, args: tuple[Any, ...]) -> None:
        called = described(self.right, args)
        expected = self.right(*copied(args))
        mine = copied(args)
        with boundary.changes(seen=True):
            received = outcome(function, mine)
        evidence.note(self.part, expected, received.error or received.value, named(self.right, args))
        difference = received.error or first_difference(received.value, expected)
        if difference:
            hint = self._hint(received, args)
            raise WrongAnswer(
                f"{self.variable} differs from the reference.", called=called, first=difference, hint=hint
            )
        changed = [
            name
            for name, before, after in zip(names(self.right), args, mine, strict=False)
            if altered(before, after)
        ]
        if changed:
            raise WrongAnswer(
                f"{self.variable} changes its argument {changed[0]}.",
                called=called,
                hint="Work on a copy: the caller still needs what it passed in.",
            )
        if self.differentiable and _dtypes(expected) <= set(self.gradients_in):
            self._judge_gradients(function, args, expected, called)

    def _hint(self, received: Outcome, args: tuple[Any, ...]) -> str:
        for mistake in self.mistakes:
            if callable(mistake.answer) and received.same_as(outcome(mistake.answer, copied(args))):
                return mistake.hint
        return ""

    def _judge_gradients(self, function: Any, args: tuple[Any, ...], expected: Any, called: str) -> None:
        cotangent = _cotangent(expected)
        wanted = gradients(self.right, copied(args), cotangent)
        what = f"{self.variable} returns the right numbers, but its gradient is not the reference's."
        try:
            found = gradients(function, copied(args), cotangent)
        except (Exception, SystemExit) as error:  # whatever the student's backward pass raises is the finding
            failed = Outcome(error=f"raised {one_line(error)}")
            hint = self._gradient_hint(function, failed, args, cotangent) or DETACHED
            raise WrongAnswer(what, called=called, first=failed.error, hint=hint) from None
        tensors = [
            name
            for name, a in zip(names(self.right), args, strict=False)
            if isinstance(a, torch.Tensor) and a.is_floating_point()
        ]
        for name, mine, theirs in zip(tensors, found, wanted, strict=True):
            if theirs is None and mine is None:
                continue
            zero = torch.zeros_like(next(g for g in (theirs, mine) if g is not None))
            difference = first_difference(zero if mine is None else mine, zero if theirs is None else theirs)
            if difference:
                hint = self._gradient_hint(function, Outcome(value=found), args, cotangent) or (
                    DETACHED if mine is None else ""
                )
                raise WrongAnswer(what, called=called, first=f"gradient of {name}: {difference}", hint=hint)

    def _gradient_hint(
        self, function: Any, found: Outcome, args: tuple[Any, ...], cotangent: torch.Tensor
    ) -> str:
        for mistake in (m for m in self.mistakes if callable(m.answer)):
            theirs = outcome(gradients, (mistake.answer, copied(args), cotangent))
            if found.same_as(theirs) and outcome(function, copied(args)).same_as(
                outcome(mistake.answer, copied(args))
            ):
                return mistake.hint
        return ""


def _dtypes(expected: Any) -> set[torch.dtype]:
    if isinstance(expected, tuple | list):
        return {dtype for result in expected for dtype in _dtypes(result)}
    return {expected.dtype}


def _cotangent(expected: Any) -> Any:
    """Return a tensor, or a tuple of tensors, of the result's shape: numbers from 1 to 2, no two alike."""
    if isinstance(expected, tuple | list):
        return tuple(_cotangent(result) for result in expected)
    return torch.linspace(1, 2, expected.numel(), dtype=expected.dtype).reshape(expected.shape)


DETACHED = "Something in between cuts the graph: detach, numpy, item, or a new tensor made from numbers."


@dataclass(frozen=True)
class Outcome:
    """What a call gave: a value, or the error it raised, in one line."""

    value: Any = None
    error: str = ""

    def same_as(self, other: Outcome) -> bool:
        """Return whether both raised the same error or returned the same value."""
        if self.error or other.error:
            return self.error == other.error
        try:
            return first_difference(_without_nan(self.value), _without_nan(other.value)) is None
        except (RuntimeError, TypeError, ValueError):
            return False


def _without_nan(value: Any) -> Any:
    """Return the value with inf for NaN, so that two results that are NaN in the same places compare equal."""
    if isinstance(value, torch.Tensor) and value.is_floating_point():
        return torch.where(value.isnan(), torch.inf, value)
    if isinstance(value, list | tuple):
        return type(value)(_without_nan(v) for v in value)
    return value


def outcome(function: Any, args: tuple[Any, ...]) -> Outcome:
    """Return what calling the function gives; an exception of the student's code becomes a line of text."""
    try:
        return Outcome(value=function(*args))
    except (
        Exception,
        SystemExit,
    ) as error:  # the student's code may raise anything, and the message must say what
        return Outcome(error=f"raised {one_line(error)}")


def one_line(error: BaseException) -> str:
    """Return an exception's type and the first line of its message."""
    try:
        first = str(error).strip().splitlines()[:1]
    except Exception:  # the class of the error may be the student's own
        first = []
    return f"{type(error).__name__}: {first[0]}" if first else type(error).__name__


def copied(args: Sequence[Any]) -> tuple[Any, ...]:
    """Return the arguments with every tensor cloned, so that nobody can write to the original."""
    return tuple(_copy(a) for a in args)


def _copy(value: Any) -> Any:
    if isinstance(value, torch.Tensor):
        return value.detach().clone()
    if isinstance(value, list | tuple):
        return type(value)(_copy(v) for v in value)
    if isinstance(value, dict):
        return {k: _copy(v) for k, v in value.items()}
    return value


def altered(before: Any, after: Any) -> bool:
    """Return whether a tensor argument, or one inside a list or dict, was written to."""
    if isinstance(before, torch.Tensor):
        return before.shape != after.shape or not torch.equal(before, after.detach())
    if isinstance(before, list | tuple):
        return len(before) != len(after) or any(altered(b, a) for b, a in zip(before, after, strict=True))
    if isinstance(before, dict):
        return before.keys() != after.keys() or any(altered(before[k], after[k]) for k in before)
    return False


def names(function: Callable[..., Any]) -> list[str]:
    """Return the parameter names of a reference, which is what a message calls the arguments."""
    return list(inspect.signature(function).parameters)


def named(function: Callable[..., Any], args: Sequence[Any]) -> dict[str, Any]:
    """Return the arguments by the names that the reference has for them."""
    return dict(zip(names(function), args, strict=False))


def described(function: Callable[..., Any], args: Sequence[Any]) -> str:
    """Return the arguments in words: shapes of tensors, values of numbers."""
    return ", ".join(_described(names(function), args))


def _described(parameters: list[str], args: Sequence[Any]) -> Iterator[str]:
    for name, value in zip(parameters, args, strict=False):
        if isinstance(value, torch.Tensor):
            yield f"{name} {tuple(value.shape)}"
        elif isinstance(value, bool | int | float | str):
            yield f"{name}={value}"
        else:
            yield name
