"""Everything that the checks know, graded in every way there is, and what differs.

    python -m tests.honest.matrix [--modes MODE ...] [--students N] [--jobs N] [--keep FOLDER]

Hands in the sample class, every known alternative and mistake, and students' habits; prints a Markdown table
of the ways of grading, and a line for every score that is not what it must be or not the same everywhere.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.honest import habits
from tests.honest.modes import ASSIGNMENT, MODES, ROOT, Class, Points, course_in, graded
from utils.build.source import parts
from utils.grading import sample_class
from utils.grading.generated_class import Student, every_answer

EARNS = {"right": 1.0, "partially": 0.5, "wrong": 0.0}  # what a verified answer of the sample class earns


@dataclass(frozen=True)
class Handed:
    """A class: notebooks by student and lesson, and the points that are known beforehand."""

    students: Class
    due: Points

    def of(self, names: Iterable[str]) -> Handed:
        """Return some of the students."""
        chosen = set(names)
        return Handed(
            {name: notebooks for name, notebooks in self.students.items() if name in chosen},
            {key: points for key, points in self.due.items() if key[0] in chosen},
        )


def both(one: Handed, other: Handed) -> Handed:
    """Return two classes as one."""
    return Handed({**one.students, **other.students}, {**one.due, **other.due})


def generated() -> Handed:
    """Return the students who give every known answer, and those with habits."""
    return handed([*every_answer(ROOT, ASSIGNMENT), *habits.students(ROOT)])


def handed(students: Iterable[Student]) -> Handed:
    """Return generated students as a class."""
    worth = _worth()
    everyone = list(students)
    return Handed(
        {student.name: student.notebooks for student in everyone},
        {
            (student.name, part): credit * worth[part]
            for student in everyone
            for part, credit in student.credit.items()
        },
    )


def samples() -> Handed:
    """Return the sample class."""
    worth = _worth()
    rows = [row for row in sample_class.rows(ASSIGNMENT) if row.has_cell]
    due = {(row.student, row.part): EARNS[row.verified] * worth[row.part] for row in rows}
    return Handed(sample_class.submissions(ROOT, ASSIGNMENT), due)


def _worth() -> dict[str, float]:
    return {part.id: float(part.points) for part in parts(ROOT, ASSIGNMENT)}


def not_due(due: Points, found: Points, mode: str = "") -> list[str]:
    """Return a line for every score that is not what it must be; `mode` says which students are left out."""
    return [
        f"{student} {part}: {found.get((student, part))}, must be {points:g}"
        for (student, part), points in _due_in(mode, due).items()
        if found.get((student, part)) != points
    ]


def _due_in(mode: str, due: Points) -> Points:
    """Return what is due; what nbgrader alone decides otherwise is known and listed."""
    if mode != "stock":
        return due
    known = {key: 0.0 if key in habits.LOST_IN_STOCK else points for key, points in due.items()}
    return {key: points for key, points in known.items() if key[0] not in habits.NOT_IN_STOCK}


def differences(found: Mapping[str, Points]) -> list[str]:
    """Return a line for every score that is not the same in all modes, but for those that are known."""
    keys = sorted({key for points in found.values() for key in points} - habits.LOST_IN_STOCK)
    scores = {key: {mode: points[key] for mode, points in found.items() if key in points} for key in keys}
    return [f"{' '.join(key)}: {by}" for key, by in scores.items() if len(set(by.values())) > 1]


def main(arguments: list[str]) -> int:
    """Print the table; return 0 when nothing differs but what is known to."""
    args = _arguments().parse_args(arguments)
    everyone = both(generated(), samples())
    everyone = everyone.of(sorted(everyone.students)[: args.students])
    print("| graded by | seconds | notebooks | scores | not as they must be |\n|---|---|---|---|---|")
    found: dict[str, Points] = {}
    lines: list[str] = []
    with tempfile.TemporaryDirectory(prefix="honest-") as scratch:
        course = course_in(Path(args.keep or scratch) / "course", everyone.students)
        for mode in args.modes:
            started = time.monotonic()
            left_out = habits.NOT_IN_STOCK if mode == "stock" else {}
            found[mode] = graded(course, mode, jobs=args.jobs, without=left_out)
            wrong = not_due(everyone.due, found[mode], mode)
            lines += [f"{mode}: {line}" for line in wrong]
            count = sum(len(own) for name, own in everyone.students.items() if name not in left_out)
            seconds = time.monotonic() - started
            print(f"| {mode} | {seconds:.0f} | {count} | {len(found[mode])} | {len(wrong)} |", flush=True)
    lines += differences(found)
    print("\n" + "\n".join(lines or ["No score differs."]))
    print("\n".join(f"not in stock: {name}: {why}" for name, why in habits.NOT_IN_STOCK.items()))
    return 1 if lines else 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.honest.matrix", description=__doc__)
    parser.add_argument("--modes", nargs="+", choices=MODES, default=list(MODES))
    parser.add_argument("--students", type=int, help="only the first so many")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--keep", help="a folder for the graded courses, instead of a temporary one")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
