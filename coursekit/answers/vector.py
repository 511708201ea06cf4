"""Vectors of numbers, entered as a list, a tuple, a tensor, or text such as "(1, 4, 3)^T"."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

from coursekit.answers import number
from coursekit.answers.verdict import UnreadableAnswer, Verdict

LONGEST_VECTOR = 64  # entries


def read(submitted: object, unit: str = "") -> list[float]:
    """Return the entries of a vector, each alone or with `unit` behind it.

    Raises `UnreadableAnswer` when it is not a flat row of numbers, or has other units.
    """
    entries = _entries(submitted)
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
        text = re.sub(r"(\^\{?(T|\\top)\}?|ᵀ)\s*$", "", submitted.strip().strip("$").strip())
        text = re.sub(r"^[^=(\[]{0,24}=", "", text).strip().strip("()[]{} ")
        apart = r"\s*;\s*" if ";" in text else r"[,\s]+"  # between semicolons a comma groups thousands
        return [part for part in re.split(apart, text) if part]
    if isinstance(submitted, list | tuple):
        if len(submitted) == 1 and isinstance(submitted[0], list | tuple):  # a matrix of one row
            submitted = submitted[0]
        return [
            entry[0] if isinstance(entry, list | tuple) and len(entry) == 1 else entry for entry in submitted
        ]
    raise UnreadableAnswer(f"this answer is a vector such as [1, 2, 3], not a {type(submitted).__name__}.")


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
