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

LONGEST = 200  # characters of one thing that is said in a table
STYLES = {"right": "green", "partial": "yellow", "wrong": "red", "unreadable": "magenta"}
SIGNS = {"right": "✓", "partial": "½", "wrong": "✗", "unreadable": "–"}


def shown(text: str) -> Text:
    """Return a text as it can be printed anywhere: one line, no control characters, not too long."""
    flat = " ".join(text.split())
    safe = "".join(c if unicodedata.category(c)[0] != "C" else "�" for c in flat)
    return Text(safe if len(safe) <= LONGEST else safe[:LONGEST] + "…")


def print_sheet(judged: Sequence[Judged], problems: Sequence[Problem], console: Console) -> None:
    """Print the verdicts, then the entries that were no answers, then the sums."""
    table = Table("part", "verdict", "points", "read as", "what is said about it")
    for one in judged:
        points = f"{one.points:g}/{one.out_of:g}"
        table.add_row(
            one.part, Text(one.verdict, STYLES[one.verdict]), points, shown(one.read_as), shown(said_of(one))
        )
    console.print(table)
    for problem in problems:
        console.print(
            Text(f"entry {problem.entry} {shown(problem.part)}: {shown(problem.reason)}", "magenta")
        )
    earned, most = sum(one.points for one in judged), sum(one.out_of for one in judged)
    unread = sum(one.verdict == "unreadable" for one in judged) + len(problems)
    console.print(f"{earned:g} of {most:g} points on {len(judged)} parts; {unread} answers could not be read")


def said_of(one: Judged) -> str:
    """Return mistake, hint, reason and note in one line; the reading is told elsewhere."""
    reason = "" if one.reason.startswith("it was read as") else one.reason
    known = f"[{one.mistake}]" if one.mistake else ""
    return "  ".join(filter(None, (known, one.hint or reason, f"({one.note})" if one.note else "")))


def sheet_data(judged: Sequence[Judged], problems: Sequence[Problem]) -> dict[str, Any]:
    """Return the same as plain data."""
    return {
        "answers": [asdict(one) for one in judged],
        "problems": [asdict(problem) for problem in problems],
        "points": sum(one.points for one in judged),
        "out_of": sum(one.out_of for one in judged),
    }


def print_study(study: Study, console: Console) -> None:
    """Print the attempts at each part, the table per question, and what no machine can judge."""
    table = Table("part", "attempts", "outcome", "the first mistake")
    for part in study.parts:
        signs = " ".join(SIGNS[one.verdict] for one in part.attempts)
        table.add_row(part.part, signs, _outcome(part), shown(_first_mistake(part)))
    console.print(table)
    console.print("attempts: " + ", ".join(f"{sign} {word}" for word, sign in SIGNS.items()))
    questions = Table("question", *OUTCOMES)
    for lesson, counts in study.by_question().items():
        questions.add_row(lesson, *(str(counts[outcome]) for outcome in OUTCOMES))
    console.print(questions)
    for name, line, one in study.not_gradable:
        console.print(Text.assemble(f"not gradable: {name}, line {line}: ", shown(one.reason)))
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
