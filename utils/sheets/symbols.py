"""Answers that name a symbol of the course which the question does not have: readable, and wrong.

A notebook refuses them, so that a slip of the pen costs nothing. On a sheet nobody can try again.
"""

from __future__ import annotations

import re
from typing import Any

from coursekit.answers import big_o, formula
from coursekit.answers.questions import BigO, Formula, Number, Question
from coursekit.answers.tree import names
from coursekit.answers.verdict import UnreadableAnswer
from coursekit.blanks import EmptyBlank
from utils.sheets.reading import entered

# Symbols of one group may be the same size in the letters of two lessons, and what is right in the one is
# not wrong in the other: an answer is wrong only if the question has no symbol of its group.
GROUPS = (
    frozenset({"d", "d_k", "d_q", "d_v", "d_model", "D", "D_r", "C", "M", "f", "k", "q", "v", "r"}),
    frozenset({"n", "N", "L", "l", "m"}),
    frozenset({"b"}),
    frozenset({"g"}),
    frozenset({"h"}),
    frozenset({"s"}),
    frozenset({"w"}),
)


def foreign_symbol(question: Question, answer: Any) -> str:
    """Return the only symbol of an answer, if it belongs to the course and not to the question; else ""."""
    if not isinstance(question, Formula | BigO | Number) or not isinstance(answer, str):
        return ""
    own = _own(question)
    if any(_mentions(answer, name) for name in own):
        return ""
    groups = [group for group in GROUPS if not group & own]
    found = [name for name in sorted(set().union(*groups)) if _mentions(answer, name)]
    return found[0] if len(found) == 1 and _is_its_only_name(question, answer, found[0]) else ""


def _own(question: Question) -> set[str]:
    """Return the names that a question declares, and what they stand for."""
    if isinstance(question, Formula):
        return {*question.variables, *question.vectors, *question.aliases, *question.aliases.values()}
    return set(question.variables) if isinstance(question, BigO) else set()


def _mentions(answer: str, name: str) -> bool:
    return re.search(rf"(?<![A-Za-z0-9_'’]){re.escape(name)}(?![A-Za-z0-9_])", answer) is not None


def _is_its_only_name(question: Question, answer: str, name: str) -> bool:
    """Whether the answer would be a formula in this name, if the question had it and no other."""
    kind = BigO if isinstance(question, BigO) else Formula
    try:
        given = entered(kind(part=question.part, variable=question.variable, variables=[name]), answer)
        reader = big_o if kind is BigO else formula
        return bool(names(reader.read(given.value, [name]).tree))
    except (UnreadableAnswer, EmptyBlank):
        return False
