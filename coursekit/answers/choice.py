"""Choices: one of a few options, or the set of those that hold, entered by letter or by the option itself."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from coursekit.answers.verdict import UnreadableAnswer, Verdict


def _plain(text: str) -> str:
    """Return text without what does not change its meaning: spaces, brackets, quotes, case, a full stop."""
    return re.sub(r"[\s\[\](){}'\"`.$]+", "", text).casefold()


def _spellings(letter: str, text: str) -> tuple[str, str, str]:
    """Return how an option may be named: by its letter, by its text, by both as "(a) text"."""
    return _plain(letter), _plain(text), _plain(letter + text)


def read(submitted: object, options: Mapping[str, str]) -> str:
    """Return the letter of the one option that was chosen. Raises `UnreadableAnswer` when there is none."""
    letters = ", ".join(options)
    if not isinstance(submitted, str):
        raise UnreadableAnswer(f"enter one of the letters {letters} as text, in quotes.")
    wanted = _plain(
        re.sub(r"^\s*(the\s+)?(option|answer|choice)\b[\s:]*", "", submitted, flags=re.IGNORECASE)
    )
    spellings = {letter: _spellings(letter, text) for letter, text in options.items()}
    found = [letter for letter, known in spellings.items() if wanted in known]
    if len(found) != 1:
        raise UnreadableAnswer(
            f"{submitted[:60]!r} is none of the options; enter one of the letters {letters}.", submitted
        )
    return found[0]


def read_several(submitted: object, options: Mapping[str, str]) -> frozenset[str]:
    """Return the letters of all options chosen, from "ac", "a, c", ["a", "c"] or a set of these."""
    if isinstance(submitted, str):
        tight = _plain(submitted)
        several: Iterable[object] = re.split(r"[,;\s]+", submitted.strip())
        if all(letter in options for letter in tight) and len(set(tight)) == len(tight):
            several = list(tight)
    elif isinstance(submitted, list | tuple | set | frozenset):  # not whatever says that it has entries
        several = submitted
    else:
        raise UnreadableAnswer(f"enter the letters that hold, such as 'ac', out of {', '.join(options)}.")
    return frozenset(read(entry, options) for entry in several)


def compare(expected: str, submitted: object, options: Mapping[str, str]) -> Verdict:
    """Return whether the option chosen is the expected one."""
    letter = read(submitted, options)
    relation = "equal" if letter == expected else "different"
    return Verdict(relation, f"({letter}) {options[letter]}", "", f"expected ({expected})")  # type: ignore[arg-type]


def compare_several(expected: Collection[str], submitted: object, options: Mapping[str, str]) -> Verdict:
    """Return whether exactly the expected options were chosen; the hint says whether some are missing."""
    chosen, wanted = read_several(submitted, options), frozenset(expected)
    shown = ", ".join(f"({letter})" for letter in sorted(chosen)) or "none"
    if chosen == wanted:
        return Verdict("equal", shown)
    hint = (
        "Something that holds is not chosen."
        if chosen < wanted
        else (
            "Something chosen does not hold."
            if chosen > wanted
            else "Something chosen does not hold, and something that holds is missing."
        )
    )
    return Verdict("different", shown, hint, f"expected {sorted(wanted)}")
