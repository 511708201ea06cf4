"""The table of attacks for the README: what stock nbgrader gave each, and what this course gives.

    python -m tests.attacks.table

Stock results are those of the last `python -m tests.attacks.stock`. Ours are what the tests assert, case by
case: an attack that earned or found anything would fail its test.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from tests.attacks.registry import BY_KEY, NAMES, OTHERWISE
from tests.attacks.stock import RESULTS

NOT_RUN = "not run"


def stock_words(result: Mapping[str, Any] | None) -> str:
    """Return what stock nbgrader made of an attack, in a few words."""
    if result is None:
        return NOT_RUN  # the reason stands with the attack
    found = [f"**{result['unearned']:g} unearned**"] if (result["unearned"] or 0) > 0 else []
    found += ["**everybody's points changed**"] if result["others"] else []
    found += ["**reached what it should not**"] if result["leaked"] else []
    found += ["student not graded"] if result["unearned"] is None or result["code"] else []
    return ", ".join(found) or "0"


def rows() -> Iterator[str]:
    """Yield the lines of the table, in Markdown."""
    recorded = json.loads(RESULTS.read_text(encoding="utf-8"))
    yield "| case | the student | unearned points in stock nbgrader | here |"
    yield "| --- | --- | --- | --- |"
    for case, name in NAMES.items():
        if case in OTHERWISE:
            yield f"| {case} {name} | {OTHERWISE[case]} | | |"
        for attack in (attack for attack in BY_KEY.values() if attack.case == case):
            stock = stock_words(recorded["attacks"].get(attack.key))
            yield f"| {case} {name} | {attack.what} | {stock} | 0 |"


if __name__ == "__main__":
    print("\n".join(rows()))
