"""Answers judged by the checks of the course: typed ones here, code in the box that a class is graded in.

An answer is entered as a student would enter it, so that it gets the verdict of the notebook's graded cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

from nbformat import NotebookNode

from coursekit.answers.verdict import UnreadableAnswer
from coursekit.blanks import EmptyBlank, UnusableBlank, is_empty
from utils.checks.blank_check import BlankCheck
from utils.checks.check import Check, TypedCheck
from utils.grading.submission import notebooks_in, typed
from utils.grading.tasks import Mode
from utils.sheets.code import blank_text, function_cell
from utils.sheets.parts import Asked
from utils.sheets.reading import Entered, entered
from utils.sheets.sheet import Sheet
from utils.sheets.symbols import foreign_symbol

Word = Literal["right", "partial", "wrong", "unreadable", "read by a person"]
BY_HAND = "a written answer"
HINT = "  hint"
Attempt = Mapping[str, tuple[Asked, Any]]  # by part id: the part, and the answer as it was given


@dataclass(frozen=True)
class Judged:
    """What became of one answer: the verdict, its points, and what is said about it.

    `reason` says why it could not be read, or what was wrong first; `mistake` is the id of the known mistake
    that it is.
    """

    part: str
    verdict: Word
    points: float
    out_of: float
    read_as: str = ""
    mistake: str = ""
    hint: str = ""
    reason: str = ""
    note: str = ""


@dataclass
class _Attempted:
    """One attempt: the verdicts that are there already, and what a box has yet to run, by part id."""

    judged: dict[str, Judged] = field(default_factory=dict)
    waiting: dict[str, tuple[Asked, Entered]] = field(default_factory=dict)
    cells: dict[str, dict[str, str]] = field(default_factory=dict)


def judge(
    root: Path, assignment: str, attempts: Iterable[Attempt], *, mode: Mode = "split", jobs: int = 1
) -> list[dict[str, Judged]]:
    """Return the verdicts on each attempt by part id.

    Code answers of all attempts run at the end, each attempt in notebooks of its own. Raises `CannotGrade`
    when there is code and no box can be made for it.
    """
    released = notebooks_in(root / "release" / assignment)
    attempted = [_begun(attempt, released) for attempt in attempts]
    if any(attempt.waiting for attempt in attempted):
        from utils.sheets.in_notebooks import judged

        ran = judged(root, assignment, [attempt.cells for attempt in attempted], mode=mode, jobs=jobs)
        for attempt, verdicts in zip(attempted, ran, strict=True):
            for name, (asked, given) in attempt.waiting.items():
                verdict = verdicts[name]
                attempt.judged[name] = _from_cell(asked, given, verdict.score.points or 0.0, verdict.said)
    return [attempt.judged for attempt in attempted]


def _begun(attempt: Attempt, released: Mapping[str, NotebookNode]) -> _Attempted:
    """Return an attempt with its typed answers judged and its code answers in their cells."""
    state = _Attempted()
    for name, (asked, answer) in attempt.items():
        if asked.check is None:
            state.judged[name] = _unjudged(asked, "read by a person", BY_HAND)
            continue
        try:
            given, cell = _entered(asked, answer, released)
        except (EmptyBlank, UnreadableAnswer, UnusableBlank) as error:
            state.judged[name] = _foreign(asked, answer) or _unjudged(asked, "unreadable", str(error))
            continue
        in_a_box = asked.runs_code or any(subject in attempt for subject in asked.subjects)
        if in_a_box:
            state.waiting[name] = (asked, given)
            state.cells.setdefault(asked.lesson, {})[name] = cell
        else:
            state.judged[name] = _typed(asked, given)
    _about_others(state)
    return state


def _about_others(state: _Attempted) -> None:
    """Judge here what is about code that turned out to be none, and so is about the reference."""
    for name, (asked, given) in list(state.waiting.items()):
        if not asked.runs_code and not any(subject in state.waiting for subject in asked.subjects):
            state.judged[name] = _typed(asked, given)
            del state.waiting[name], state.cells[asked.lesson][name]


def _entered(asked: Asked, answer: Any, released: Mapping[str, NotebookNode]) -> tuple[Entered, str]:
    """Return an answer as it is entered, and the text of its cell. Raises what reading it raises."""
    check = asked.check
    assert check is not None
    if is_empty(answer):
        raise EmptyBlank("the answer is empty")
    name = asked.id.partition(".")[2]
    handed_out = next(cell.source for cell in released[asked.lesson].cells if cell.id == name)
    if isinstance(check, TypedCheck):
        given = entered(check.question, answer)
        return given, typed(handed_out, given.value)
    if not isinstance(answer, str):
        raise UnreadableAnswer("code is expected, as text")
    if isinstance(check, BlankCheck):
        text = blank_text(answer, check.variable)
        return Entered(text, check.question.read(text)), typed(handed_out, text)
    cell, how = function_cell(answer, check.variable, handed_out)
    lines = len(cell.splitlines())
    return Entered(cell, f"{check.variable}, {lines} line{'s' * (lines != 1)} of code", how), cell


def _typed(asked: Asked, given: Entered) -> Judged:
    """Return the verdict on a typed answer, by its check."""
    assert asked.check is not None
    judgement = asked.check.judge(given.value)
    most = asked.part.points
    verdict = _verdict(asked, given, most * min(max(judgement.credit, 0.0), 1.0) if judgement.wrong else most)
    if judgement.wrong is None:
        return verdict
    return _with_hint(verdict, asked.check, judgement.wrong.hint, judgement.wrong.first)


def _from_cell(asked: Asked, given: Entered, points: float, said: str) -> Judged:
    """Return the verdict that a graded cell gave."""
    assert asked.check is not None
    verdict = _verdict(asked, given, points)
    if verdict.verdict == "right":
        return verdict
    hints = [line.strip().removeprefix("hint").strip() for line in said.splitlines() if line.startswith(HINT)]
    first = [
        line.strip().removeprefix("first").strip() for line in said.splitlines() if line.startswith("  first")
    ]
    reason = first[-1] if first else next(iter(said.splitlines()[-1:]), "")
    return _with_hint(verdict, asked.check, hints[-1] if hints else "", reason)


def _verdict(asked: Asked, given: Entered, points: float) -> Judged:
    most = float(asked.part.points)
    word: Word = "right" if points >= most else "partial" if points > 0 else "wrong"
    return Judged(asked.id, word, points, most, read_as=given.read_as, note=given.how)


def _unjudged(asked: Asked, word: Word, reason: str) -> Judged:
    return Judged(asked.id, word, 0.0, float(asked.part.points), reason=reason)


def _foreign(asked: Asked, answer: Any) -> Judged | None:
    """Return the verdict on an answer that names a symbol of the course which its question does not have."""
    if not isinstance(asked.check, TypedCheck):
        return None
    symbol = foreign_symbol(asked.check.question, answer)
    if not symbol:
        return None
    reason = f"{symbol} is a symbol of the course, and this answer does not depend on it"
    return Judged(asked.id, "wrong", 0.0, float(asked.part.points), read_as=symbol, reason=reason)


def _with_hint(verdict: Judged, check: Check, hint: str, reason: str) -> Judged:
    """Return a verdict with its hint, and the mistake that the check gives this hint for."""
    found = [mistake.misconception for mistake in check.mistakes if hint and mistake.hint == hint]
    return replace(verdict, hint=hint, mistake=found[0] if found else "", reason=reason)


def judged_sheet(root: Path, assignment: str, sheet: Sheet, *, mode: Mode = "split") -> list[Judged]:
    """Return the verdict on every answer of a sheet, in its order. Raises as `judge`."""
    attempt = {given.asked.id: (given.asked, given.answer) for given in sheet.answers}
    (verdicts,) = judge(root, assignment, [attempt], mode=mode)
    return [_noted(verdicts[given.asked.id], given.note) for given in sheet.answers]


def _noted(verdict: Judged, note: str) -> Judged:
    return replace(verdict, note="; ".join(filter(None, (note, verdict.note))))
