"""What `course answers` and `course transcript` print: tables for people, plain data for programs.

Answers are somebody else's text: they are shown without markup and without control characters.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from utils.sheets.judging import Judged
from utils.sheets.sheet import Problem
from utils.sheets.study import OUTCOMES, PartStudy, Study

LONGEST = 2000  # characters of one thing that is said in a table: what code raises may be of any length
LONGEST_PART = 200  # of what an entry calls its part
STYLES = {
    "right": "green",
    "partial": "yellow",
    "wrong": "red",
    "unreadable": "magenta",
    "read by a person": "cyan",
}
SIGNS = {"right": "✓", "partial": "½", "wrong": "✗", "unreadable": "–", "read by a person": "○"}


def shown(text: str, longest: int = LONGEST) -> Text:
    """Return a text as it can be printed anywhere: one line, no control characters, not too long."""
    flat = " ".join(text.split())
    safe = "".join(c if unicodedata.category(c)[0] != "C" else "�" for c in flat)
    return Text(safe if len(safe) <= longest else safe[:longest] + "…")


def print_sheet(judged: Sequence[Judged], problems: Sequence[Problem], console: Console) -> None:
    """Print the verdicts, then the entries that were no answers, then the sums."""
    table = _table("part", "verdict", "points", "read as", "what is said about it")
    for one in judged:
        points = f"{one.points:g}/{one.out_of:g}"
        table.add_row(
            one.part, Text(one.verdict, STYLES[one.verdict]), points, shown(one.read_as), shown(said_of(one))
        )
    console.print(table)
    for problem in problems:
        entry = f"entry {problem.entry} {shown(problem.part, LONGEST_PART)}".rstrip()
        console.print(Text(f"{entry}: {shown(problem.reason)}", "magenta"))
    by_machine, by_hand = _told_apart(judged)
    earned, most = sum(one.points for one in by_machine), sum(one.out_of for one in by_machine)
    unread = sum(one.verdict == "unreadable" for one in by_machine) + len(problems)
    open_points = sum(one.out_of for one in by_hand)
    console.print(
        f"{earned:g} of {most:g} points on {counted(len(by_machine), 'part')}; "
        f"{counted(unread, 'answer')} could not be read"
        + (
            f"; {counted(len(by_hand), 'answer')} for a person to read ({open_points:g} points)"
            * bool(by_hand)
        )
    )


def counted(number: int, what: str) -> str:
    """Return a number with its noun: `1 part`, `2 parts`."""
    return f"{number} {what}{'s' * (number != 1)}"


def _table(*headers: str) -> Table:
    """Return an empty table that breaks long words instead of cutting them."""
    table = Table()
    for header in headers:
        table.add_column(header, overflow="fold")
    return table


def _told_apart(judged: Sequence[Judged]) -> tuple[list[Judged], list[Judged]]:
    """Return the answers that a machine judges, and those that a person reads."""
    by_hand = [one for one in judged if one.verdict == "read by a person"]
    return [one for one in judged if one not in by_hand], by_hand


def said_of(one: Judged) -> str:
    """Return mistake, hint, reason and note in one line; the reading is told elsewhere."""
    reason = "" if one.reason.startswith("it was read as") else one.reason
    known = f"[{one.mistake}]" if one.mistake else ""
    return "  ".join(filter(None, (known, one.hint or reason, f"({one.note})" if one.note else "")))


def sheet_data(judged: Sequence[Judged], problems: Sequence[Problem]) -> dict[str, Any]:
    """Return the same as plain data; `open` are the points of the answers that a person reads."""
    by_machine, by_hand = _told_apart(judged)
    return {
        "answers": [asdict(one) for one in judged],
        "problems": [asdict(problem) for problem in problems],
        "points": sum(one.points for one in by_machine),
        "out_of": sum(one.out_of for one in by_machine),
        "open": sum(one.out_of for one in by_hand),
    }


def print_study(study: Study, console: Console) -> None:
    """Print the attempts at each part, the table per question, and what no machine can judge."""
    table = _table("part", "attempts", "outcome", "the first mistake")
    for part in study.parts:
        signs = " ".join(SIGNS[one.verdict] for one in part.attempts)
        table.add_row(part.part, signs, _outcome(part), shown(_first_mistake(part)))
    console.print(table)
    console.print("attempts: " + ", ".join(f"{sign} {word}" for word, sign in SIGNS.items()))
    questions = _table("question", *OUTCOMES)
    for lesson, counts in study.by_question().items():
        questions.add_row(lesson, *(str(counts[outcome]) for outcome in OUTCOMES))
    console.print(questions)
    for name, line, one in study.not_gradable:
        console.print(Text.assemble(f"not gradable: {name}, line {line}: ", shown(one.reason)))
    for name, line, _ in study.by_hand:
        console.print(Text(f"read by a person: {name}, line {line}"))
    for problem in study.problems:
        console.print(Text.assemble("not understood: ", shown(problem)), style="magenta")


def _outcome(part: PartStudy) -> str:
    if part.outcome == "needed correction":
        return f"needed correction: right at attempt {part.right_at}"
    return f"{part.outcome}, then given up" if part.lost else part.outcome


def _first_mistake(part: PartStudy) -> str:
    wrong = [one for one in part.attempts if one.verdict in ("wrong", "partial")]
    return said_of(wrong[0]) if wrong else ""


def study_data(study: Study) -> dict[str, Any]:
    """Return the same as plain data."""
    return {
        "parts": [
            {
                "part": part.part,
                "outcome": part.outcome,
                "right_at": part.right_at,
                "attempts": [
                    {"line": line, **asdict(one)} for line, one in zip(part.lines, part.attempts, strict=True)
                ],
            }
            for part in study.parts
        ],
        "questions": {
            lesson: {o: counts[o] for o in OUTCOMES} for lesson, counts in study.by_question().items()
        },
        "not_understood": study.problems,
    }
