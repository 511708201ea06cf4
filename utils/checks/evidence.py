"""What a check saw: input, expected, received; and what it decided. For an instructor's understanding.

Nothing is kept unless somebody asks with `witnessed`, `last_seen` or `decisions`; of what was seen a student
sees at most a picture in a few levels of brightness (`utils.grading.heat_maps`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from coursekit.compare import WrongAnswer

LONGEST = 4000  # characters of one value


@dataclass(frozen=True)
class Evidence:
    """One thing that a check looked at: the arguments by name, what should have come, what came."""

    part: str
    expected: Any
    received: Any
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def __str__(self) -> str:
        """Return all of it as text, each value under its name."""
        values = {**self.arguments, "expected": self.expected, "received": self.received}
        return "\n".join(f"{name}:\n{_indented(value)}" for name, value in values.items())


_witnesses: list[list[Evidence]] = []


@contextmanager
def witnessed() -> Iterator[list[Evidence]]:
    """Give a list that holds, afterwards, everything that checks have looked at meanwhile, in order."""
    _witnesses.append([])
    try:
        yield _witnesses[-1]
    finally:
        _witnesses.pop()


_onlookers: list[dict[str, Evidence]] = []


@contextmanager
def last_seen() -> Iterator[dict[str, Evidence]]:
    """Give a dictionary that holds, afterwards, what each check looked at last where it found something wrong."""
    _onlookers.append({})
    try:
        yield _onlookers[-1]
    finally:
        _onlookers.pop()


def note(part: str, expected: Any, received: Any, arguments: Mapping[str, Any] | None = None) -> None:
    """Tell the witness, if there is one, what a check is looking at."""
    seen = Evidence(part, expected, received, arguments or {})
    for witness in _witnesses:
        witness.append(seen)
    for onlooker in _onlookers:
        onlooker[part] = seen


_listeners: list[dict[str, WrongAnswer]] = []


@contextmanager
def decisions() -> Iterator[dict[str, WrongAnswer]]:
    """Give a dictionary that holds, afterwards, what was wrong by part; the last word on a part counts."""
    _listeners.append({})
    try:
        yield _listeners[-1]
    finally:
        _listeners.pop()


def decide(part: str, wrong: WrongAnswer | None) -> None:
    """Tell who listens what is wrong with a part, or that nothing is."""
    for listener in _listeners:
        listener.pop(part, None)
        if wrong is not None:
            listener[part] = wrong
    for onlooker in _onlookers:
        if wrong is None:
            onlooker.pop(part, None)


def _indented(value: Any) -> str:
    try:
        text = str(value) if isinstance(value, str) else repr(value)
    except Exception as error:  # the value may be a student's object
        text = f"({type(value).__name__}, which cannot be shown: {type(error).__name__})"
    return "\n".join(f"  {line}" for line in text[:LONGEST].splitlines())
