"""What a transcript shows: which parts were right at once, which after a correction, which never."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, get_args

from utils.grading.tasks import Mode
from utils.sheets.judging import Attempt, Judged, Word, judge
from utils.sheets.transcript import Attempt as Marked
from utils.sheets.transcript import Transcript

Outcome = Literal["one shot", "needed correction", "never", "not gradable", "read by a person"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


@dataclass(frozen=True)
class PartStudy:
    """The attempts at one part, judged, in their order, with the lines where they stand."""

    part: str
    attempts: tuple[Judged, ...]
    lines: tuple[int, ...]

    @property
    def lesson(self) -> str:
        """Return the lesson of the part, which is one question of the homework."""
        return self.part.partition(".")[0]

    @property
    def right_at(self) -> int:
        """Return the number of the first right attempt, 0 for none."""
        return next((i for i, one in enumerate(self.attempts, start=1) if one.verdict == "right"), 0)

    @property
    def outcome(self) -> Outcome:
        """Return the word of the table; only attempts that say something gradable can be corrected."""
        if all(one.verdict == "read by a person" for one in self.attempts):
            return "read by a person"
        if all(one.verdict == "unreadable" for one in self.attempts):
            return "not gradable"
        return "one shot" if self.right_at == 1 else "needed correction" if self.right_at else "never"

    @property
    def lost(self) -> bool:
        """Whether a right answer was later given up for another one."""
        return bool(self.right_at) and self.attempts[-1].verdict in ("wrong", "partial")


@dataclass
class Study:
    """A transcript, judged: its parts in the order of their first attempt, and what was not understood."""

    parts: list[PartStudy] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    @property
    def not_gradable(self) -> list[tuple[str, int, Judged]]:
        """Return part, line and verdict of every attempt that is in no form that can be judged."""
        return self._attempts("unreadable")

    @property
    def by_hand(self) -> list[tuple[str, int, Judged]]:
        """Return part, line and verdict of every attempt at a part that a person reads."""
        return self._attempts("read by a person")

    def _attempts(self, verdict: Word) -> list[tuple[str, int, Judged]]:
        return [
            (part.part, line, one)
            for part in self.parts
            for line, one in zip(part.lines, part.attempts, strict=True)
            if one.verdict == verdict
        ]

    def by_question(self) -> dict[str, Counter[Outcome]]:
        """Return how many parts of each lesson had which outcome."""
        found: dict[str, Counter[Outcome]] = {}
        for part in self.parts:
            found.setdefault(part.lesson, Counter())[part.outcome] += 1
        return found


def studied(root: Path, assignment: str, transcript: Transcript, *, mode: Mode = "split") -> Study:
    """Return every attempt of a transcript, judged. Raises as `judge`.

    In the i-th round every part has its i-th attempt, or its last one: an answer about another answer is
    judged beside the one that it is about.
    """
    attempts = transcript.attempts
    judged = judge(root, assignment, _rounds(attempts), mode=mode)
    parts = [
        PartStudy(part, tuple(judged[i][part] for i in range(len(several))), tuple(a.line for a in several))
        for part, several in attempts.items()
    ]
    return Study(parts, list(transcript.problems))


def _rounds(attempts: Mapping[str, list[Marked]]) -> list[Attempt]:
    """Return what is judged together; a lesson is left out once each of its parts had all its attempts."""
    lengths: dict[str, int] = {}
    for part, several in attempts.items():
        lesson = part.partition(".")[0]
        lengths[lesson] = max(lengths.get(lesson, 0), len(several))
    return [
        {
            part: (several[0].asked, several[min(number, len(several) - 1)].text)
            for part, several in attempts.items()
            if number < lengths[part.partition(".")[0]]
        }
        for number in range(max(lengths.values(), default=0))
    ]
