"""A sheet of answers: a JSON list of `{"part": ..., "answer": ...}`, as people and models hand it in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from utils.sheets.parts import Asked, Parts, UnknownPart

LARGEST_FILE = 10_000_000  # bytes
MOST_ENTRIES = 10_000
MOST_NUMBERS = 1000  # in one answer that is a list
EXPECTED = 'expected a list of {"part": "decoding.g", "answer": "..."}'


class BadSheet(ValueError):
    """A file that is no sheet of answers; the message says where it fails and what was expected."""


@dataclass(frozen=True)
class Problem:
    """An entry, counted from 1, that is no answer to any part, and why."""

    entry: int
    part: str
    reason: str


@dataclass(frozen=True)
class Given:
    """One answer to a part; `entry` is its number on the sheet, `note` what is unusual about it."""

    asked: Asked
    answer: Any
    entry: int
    note: str = ""


@dataclass
class Sheet:
    """The answers of a sheet, one a part, as their parts first occur, and what was not one."""

    answers: list[Given] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def read_sheet(path: Path, parts: Parts) -> Sheet:
    """Return what a file says. Raises `BadSheet`, FileNotFoundError, IsADirectoryError."""
    size = path.stat().st_size
    if size > LARGEST_FILE:
        raise BadSheet(f"{path} has {size} bytes; a sheet is read up to {LARGEST_FILE}.")
    return sheet_of(_parsed(path), parts)


def sheet_of(entries: list[Any], parts: Parts) -> Sheet:
    """Return the answers among the entries of a sheet; when a part occurs again, the last answer counts."""
    last: dict[str, Given] = {}
    seen: dict[str, list[int]] = {}
    sheet = Sheet()
    for number, entry in enumerate(entries, start=1):
        try:
            given = _given(entry, number, parts)
        except ValueError as error:
            part = entry.get("part") if isinstance(entry, dict) else None
            sheet.problems.append(Problem(number, part if isinstance(part, str) else "", str(error)))
            continue
        last[given.asked.id] = given
        seen.setdefault(given.asked.id, []).append(number)
    sheet.answers = [_with_note(last[name], numbers) for name, numbers in seen.items()]
    return sheet


def _with_note(given: Given, numbers: list[int]) -> Given:
    if len(numbers) == 1:
        return given
    entries = ", ".join(map(str, numbers))
    note = f"answered {len(numbers)} times (entries {entries}); the last one counts"
    return Given(given.asked, given.answer, given.entry, note)


def _parsed(path: Path) -> list[Any]:
    try:
        entries = json.loads(path.read_bytes().decode("utf-8-sig"), parse_constant=_no_number)
    except UnicodeDecodeError as error:
        raise BadSheet(f"{path} is not UTF-8 text: byte {error.start}; {EXPECTED}.") from None
    except json.JSONDecodeError as error:
        where = f"line {error.lineno}, column {error.colno}"
        raise BadSheet(f"{path} is not JSON: {error.msg} in {where}; {EXPECTED}.{_escaped(error)}") from None
    except RecursionError:
        raise BadSheet(f"{path} is not a sheet: lists within lists without end; {EXPECTED}.") from None
    except ValueError as error:  # NaN, or a number of thousands of digits
        raise BadSheet(f"{path} is not a sheet: {error}; {EXPECTED}.") from None
    if not isinstance(entries, list):
        raise BadSheet(f"{path} holds {_kind(entries)}; {EXPECTED}.")
    if not entries:
        raise BadSheet(f"{path} holds no answer: an empty list; {EXPECTED}.")
    if len(entries) > MOST_ENTRIES:
        raise BadSheet(f"{path} has {len(entries)} entries; a sheet has at most {MOST_ENTRIES}.")
    return entries


def _escaped(error: json.JSONDecodeError) -> str:
    return r" LaTeX in JSON needs two backslashes: \\frac." if "escape" in error.msg else ""


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number that JSON has")


def _kind(value: object) -> str:
    names = {dict: "an object", str: "a text", bool: "true or false", type(None): "null", list: "a list"}
    return names.get(type(value), "a number")


def _given(entry: Any, number: int, parts: Parts) -> Given:
    """Return the answer of one entry. Raises ValueError saying what is wrong with it."""
    if not isinstance(entry, dict):
        raise ValueError(f"is {_kind(entry)}, not an object with part and answer")
    for key in ("part", "answer"):
        if key not in entry:
            known = ", ".join(repr(name)[:40] for name in list(entry)[:5]) or "nothing"
            raise ValueError(f"has no {key!r}; it has {known}")
    if not isinstance(entry["part"], str):
        raise ValueError(f"its part is {_kind(entry['part'])}, not a text such as 'decoding.g'")
    asked = _found(entry["part"], parts)
    return Given(asked, _answer(entry["answer"]), number)


def _found(name: str, parts: Parts) -> Asked:
    try:
        return parts.find(name)
    except UnknownPart as error:
        raise ValueError(str(error)) from None


def _answer(value: Any) -> Any:
    """Return an answer: text, a number, a flat list of these. Raises ValueError for anything else."""
    if _is_scalar(value):
        return value
    if not isinstance(value, list):
        raise ValueError(f"its answer is {_kind(value)}; expected a text, a number or a list of numbers")
    if len(value) > MOST_NUMBERS or not all(_is_scalar(each) for each in value):
        raise ValueError(f"its answer is no flat list of at most {MOST_NUMBERS} numbers or texts")
    return value


def _is_scalar(value: object) -> bool:
    return isinstance(value, str | int | float) and not isinstance(value, bool)
