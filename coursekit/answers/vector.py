"""Vectors of numbers, entered as a list, a tuple, a tensor, or text such as "(1, 4, 3)^T"."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from coursekit.answers import number
from coursekit.answers.verdict import UnreadableAnswer, Verdict

LONGEST_VECTOR = 64  # entries
LONGEST_TEXT = 500  # characters
QUOTED = 20  # characters of a text that is too long to repeat
MATRIX = re.compile(r"\\begin\{([bp]?)matrix\}(.*)\\end\{\1matrix\}", re.DOTALL)
APART = re.compile(r"\s*,\s*|\s+(?=[-+.\d])")  # a space before a letter stands between a number and its unit


def read(submitted: object, unit: str = "") -> list[float]:
    """Return the entries of a vector, each alone or with `unit` behind it.

    Raises `UnreadableAnswer` when it is not a flat row of numbers, or has other units.
    """
    entries = _entries(submitted)
    if not entries:
        raise UnreadableAnswer("this answer is a vector such as [1, 2, 3]; yours has no entry.")
    if len(entries) > LONGEST_VECTOR:
        raise UnreadableAnswer(f"this answer has {len(entries)} entries; no vector here is that long.")
    return [_entry(entry, unit) for entry in entries]


def _entry(entry: Any, unit: str) -> float:
    value, written = number.read(entry)
    if written not in ("", unit):
        raise UnreadableAnswer(f"enter the numbers alone; the unit {written} is not the one asked for.")
    return value


def _entries(submitted: Any) -> list[Any]:
    if hasattr(submitted, "tolist"):
        submitted = submitted.tolist()
    if isinstance(submitted, int | float) and not isinstance(submitted, bool):
        return [submitted]
    if isinstance(submitted, str):
        return _from_text(submitted)
    if isinstance(submitted, list | tuple):
        if len(submitted) == 1 and isinstance(submitted[0], list | tuple):  # a matrix of one row
            submitted = submitted[0]
        return [
            entry[0] if isinstance(entry, list | tuple) and len(entry) == 1 else entry for entry in submitted
        ]
    raise UnreadableAnswer(f"this answer is a vector such as [1, 2, 3], not a {type(submitted).__name__}.")


def _from_text(submitted: str) -> list[str]:
    if len(submitted) > LONGEST_TEXT:
        raise UnreadableAnswer(
            f"this answer is a row of numbers; yours begins {submitted[:QUOTED]!r} and has {len(submitted)} "
            f"characters, at most {LONGEST_TEXT} are read.",
            submitted,
        )
    text = re.sub(r"(\^\{?(T|\\top)\}?|ᵀ)\s*$", "", submitted.strip().strip("$").strip())
    text = re.sub(r"^[^=(\[]{0,24}=", "", text).strip()
    matrix = MATRIX.fullmatch(text)
    text = _row_or_column(matrix[2], submitted) if matrix else text.strip("()[]{} ")
    # Between semicolons a comma groups thousands.
    parts = text.split(";") if ";" in text else APART.split(text)
    return [part.strip() for part in parts if part.strip()]


def _row_or_column(body: str, submitted: str) -> str:
    r"""Return the entries of a LaTeX matrix, between semicolons; only one row or one column is a vector."""
    body = body.strip().removesuffix("\\\\")
    if "&" in body and "\\\\" in body:
        raise UnreadableAnswer(
            f"this answer is one row or one column, not a matrix: {submitted!r}.", submitted
        )
    return body.replace("\\\\", ";").replace("&", ";")


def compare(
    expected: Sequence[float], submitted: object, *, unit: str = "", rel_tol: float = 1e-9
) -> Verdict:
    """Return whether both have the same entries in the same order, within the relative tolerance."""
    entries = read(submitted, unit)
    shown = "(" + ", ".join(f"{entry:g}" for entry in entries) + ")"
    if len(entries) != len(expected):
        return Verdict("different", shown, "The number of entries is not the one asked for.")
    wrong = [
        i
        for i, (mine, theirs) in enumerate(zip(entries, expected, strict=True))
        if not math.isclose(mine, theirs, rel_tol=rel_tol, abs_tol=rel_tol)
    ]
    if not wrong:
        return Verdict("equal", shown)
    return Verdict("different", shown, "", f"entries {wrong} differ from {tuple(expected)}")
