"""Tables for spreadsheets: no text is taken for a formula, and a file is there as a whole or not at all."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from utils.build.source import Part
from utils.export.standings import Standing
from utils.grading.scores import Score, by_lesson

# What begins a formula in Excel, LibreOffice and Google Sheets, also after a tab or a return.
FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
PRIVATE = 0o600  # grades are nobody else's business
Cell = str | float | int | None


def harmless(text: str) -> str:
    """Return a text that a spreadsheet shows and never computes: a formula gets an apostrophe before it."""
    return f"'{text}" if text.startswith(FORMULA) or text.lstrip().startswith(FORMULA[:4]) else text


def number(value: float) -> str:
    """Return a number of points: no exponent, no trailing zeros, no more digits than were earned."""
    return f"{round(value, 6):.6f}".rstrip("0").rstrip(".")


def csv_text(rows: Iterable[Sequence[Cell]]) -> str:
    """Return rows as CSV, every text in them harmless; None is an empty cell."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        writer.writerow([_shown(cell) for cell in row])
    return out.getvalue()


def _shown(cell: Cell) -> str:
    if cell is None:
        return ""
    return harmless(cell) if isinstance(cell, str) else number(cell)


def scores_table(parts: Sequence[Part], found: Iterable[Standing]) -> list[list[Cell]]:
    """Return a row per student: names, each part, each lesson, the total, what lateness cost, what waits.

    The first row names the columns, parts and lessons with the points that they are worth.
    """
    worth: dict[str, int] = {}
    for part in parts:
        lesson = part.id.partition(".")[0]
        worth[lesson] = worth.get(lesson, 0) + part.points
    header: list[Cell] = ["student", "last name", "first name", "email"]
    header += [f"{part.id} ({part.points})" for part in parts]
    header += [f"{lesson} ({points})" for lesson, points in worth.items()]
    header += ["before penalty", "late penalty", f"total ({sum(worth.values())})", "answers to be read"]
    return [header, *(_row(one, [part.id for part in parts], list(worth)) for one in found)]


def _row(one: Standing, parts: Sequence[str], lessons: Sequence[str]) -> list[Cell]:
    row: list[Cell] = [one.student, one.last_name, one.first_name, one.email]
    row += [_points(one.scores.get(part)) for part in parts]
    totals = by_lesson(one.scores)
    row += [totals[lesson][0] if lesson in totals else None for lesson in lessons]
    return [*row, one.before_penalty, one.penalty, one.total, one.waiting]


def _points(score: Score | None) -> float | None:
    """Return the points of a part; None when nobody has given any yet."""
    if score is None or (score.waits and score.auto is None and score.manual is None):
        return None
    return score.points


def write(path: Path, content: bytes) -> None:
    """Write a file at once, readable by its owner alone. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    scratch = path.with_name(f".{path.name}.new")
    scratch.unlink(missing_ok=True)
    with os.fdopen(os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE), "wb") as file:
        file.write(content)
    scratch.replace(path)
