"""Code blanks: the text of one blank, run with all other blanks right."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch.nn import Parameter

from coursekit.answers.questions import CodeBlank
from coursekit.blanks import EmptyBlank, UnusableBlank
from coursekit.boundary import define
from coursekit.compare import WrongAnswer, first_difference
from utils.checks.check import RIGHT, Check, Judgement, Mistake, one_line, unreadable

NO_TENSOR = "something that is no tensor"


def is_tensor(value: object) -> bool:
    """Return whether a result is a tensor and nothing that only looks like one.

    The code in a blank sees the other blanks. What it makes up, a shape or the name of a type, could tell them,
    and has no place in a message.
    """
    return type(value) in (Tensor, Parameter)


def tensor_difference(received: Any, expected: Tensor) -> str | None:
    """Return the first thing wrong with a result of a completed template, None when it is as expected."""
    return first_difference(received, expected) if is_tensor(received) else f"returned {NO_TENSOR}"


@dataclass(frozen=True, kw_only=True)
class BlankCheck(Check):
    """Blank `question.letter` of `template`, which defines `name`; `key` holds the texts of all blanks.

    `test(defined)` raises `WrongAnswer` when the completed code does not do what it should.
    """

    question: CodeBlank
    template: str
    key: Mapping[str, str]
    name: str
    test: Callable[[Any], None]

    def judgement(self, answer: Any) -> Judgement:
        try:
            text = self.question.read(answer)
        except (EmptyBlank, UnusableBlank) as error:
            return Judgement(0.0, unreadable(self, answer, error))
        first = self._first_wrong(text)
        if first is None:
            return RIGHT
        mistake = self.recognise(text)
        what = f"blank ({self.question.letter}) = {text} does not do the job, with all other blanks right."
        hint, credit = (mistake.hint, mistake.credit) if mistake else ("", 0.0)
        return Judgement(credit, WrongAnswer(what, first=first, hint=hint))

    def _first_wrong(self, text: str) -> str | None:
        try:
            self.test(define(self.template, {**self.key, self.question.letter: text}, self.name))
        except WrongAnswer as wrong:
            return wrong.first or wrong.what
        except (
            Exception,
            SystemExit,
        ) as error:  # the completed code may raise anything, and that is the finding
            return f"raised {self._told(error, text)}"
        return None

    def _told(self, error: BaseException, text: str) -> str:
        """Return what is said of an exception. Code that calls something might put the other blanks into it."""
        calls = any(isinstance(node, ast.Call) for node in ast.walk(ast.parse(text, mode="eval")))
        if not calls or len(self.key) <= 1:
            return one_line(error)
        name = type(error).__name__
        return name if name in vars(builtins) else "an exception"

    def recognise(self, text: str) -> Mistake | None:
        """Return the known mistake with the same code, spaces and quotes aside."""
        same = [
            m
            for m in self.mistakes
            if isinstance(m.answer, str) and m.answer and _code(m.answer) == _code(text)
        ]
        return same[0] if same else None


def _code(text: str) -> str:
    try:
        return ast.unparse(ast.parse(text.strip(), mode="eval"))
    except (SyntaxError, ValueError):
        return text.strip()
