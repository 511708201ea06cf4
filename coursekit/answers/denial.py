"""Words and signs that turn an answer into another one: no label before an answer may hold one."""

from __future__ import annotations

import re

from .verdict import UnreadableAnswer

# "N <= 2179" does not say what N is; "N >= 2179" tells from where on something holds.
_DENIAL = re.compile(
    r"[!<]=|<>|≠|≤|\\n(?:eq?|ot)\b|\\leq?\b"
    r"|\b(?:not|never|wrong|incorrect|false)\b|n['’]t\b",
    re.IGNORECASE,
)
# "Half of it: d" is d/2, and not d.
_CHANGE = re.compile(r"\b(?:half|twice|double|triple|inverse|reciprocal|minus)\b", re.IGNORECASE)


def refuse_denial(label: str, text: str) -> None:
    """Raise `UnreadableAnswer` when what stands before an answer denies or changes it."""
    if found := _DENIAL.search(label):
        raise UnreadableAnswer(
            f"{text!r} says with {found[0]!r} what something is not, or may be; write only what it is.",
            text,
            label.find(found[0]),
        )
    if found := _CHANGE.search(label):
        raise UnreadableAnswer(
            f"{found[0]!r} in {text!r} may change what stands behind it; write it into the formula.",
            text,
            label.find(found[0]),
        )
