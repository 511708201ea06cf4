"""Generated classes: what every student answers is taken from what the checks know, so all points are known.

`generate` draws a class of any size, with a seed. `every_answer` is the smallest class in which every known
alternative and every known mistake is handed in by somebody. They serve tests and benchmarks.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from utils.build.lessons import lesson_paths, load
from utils.build.solved import answers as solved_answers
from utils.checks.check import Check
from utils.checks.proof import checks_of
from utils.grading.submission import enter, function_text, notebooks_in, typed

KINDS = ("solved", "alternative", "mistake", "blank")
WEIGHTS = (40, 20, 30, 10)


@dataclass(frozen=True)
class Answer:
    """What a student gives to one part, and the fraction of the points that it must earn."""

    name: str
    value: Any = None
    credit: float = 1.0


SOLVED, BLANK = Answer("solved"), Answer("blank", credit=0.0)


@dataclass
class Student:
    """A generated student: the notebooks, and per part what was answered and the fraction it must earn.

    There is no fraction for a part about another one that was not solved: it depends on what was answered
    there.
    """

    name: str
    notebooks: dict[str, NotebookNode] = field(default_factory=dict)
    drawn: dict[str, str] = field(default_factory=dict)
    credit: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Lesson:
    """What is needed to answer a lesson: the notebook as released, its solved cells, its checks by part."""

    released: NotebookNode
    solved: Mapping[str, str]
    checks: Mapping[str, Check]

    def hand_in(self, student: Student, given: Mapping[str, Answer]) -> NotebookNode:
        """Return the notebook with these answers by part, and take note of what they must earn."""
        cells = {cell.id: cell.source for cell in self.released.cells}
        texts = dict(self.solved)
        for part, answer in given.items():
            student.drawn[part], student.credit[part] = answer.name, answer.credit
            if answer != SOLVED:
                check = self.checks[part]
                texts[check.part] = _cell_text(check, cells[check.part], answer)
        for part in given:
            if any(student.drawn[other] != SOLVED.name for other in subjects(part, self.checks[part])):
                student.credit.pop(part)
        return enter(self.released, texts)


def lessons_of(root: Path, assignment: str) -> dict[str, Lesson]:
    """Return the released lessons of an assignment by name."""
    released = notebooks_in(root / "release" / assignment)
    solved = {lesson.name: solved_answers(lesson) for lesson in map(load, lesson_paths(root, assignment))}
    return {
        name: Lesson(notebook, solved[name], _checks_with_a_cell(name, notebook))
        for name, notebook in released.items()
    }


def _checks_with_a_cell(lesson: str, notebook: NotebookNode) -> dict[str, Check]:
    cells = {cell.id for cell in notebook.cells}
    return {part: check for part, check in checks_of(lesson).items() if check.part in cells}


def subjects(part: str, check: Check) -> list[str]:
    """Return the parts whose answers this one is about."""
    return [f"{part.split('.')[0]}.{other}" for other in check.depends_on]


def generate(root: Path, assignment: str, size: int, seed: int = 0) -> Iterator[Student]:
    """Yield `size` students, always the same ones for the same seed and lessons."""
    lessons = lessons_of(root, assignment)
    for number in range(size):
        student = Student(f"student-{number:04}")
        chance = random.Random(f"{seed}/{number}")
        for name, lesson in lessons.items():
            given = {part: _drawn(chance, check) for part, check in lesson.checks.items()}
            student.notebooks[name] = lesson.hand_in(student, given)
        yield student


def _drawn(chance: random.Random, check: Check) -> Answer:
    """Return an answer; the solved one if the check knows none of the kind that was drawn."""
    kind = chance.choices(KINDS, WEIGHTS)[0]
    if kind == "mistake" and check.mistakes:
        return chance.choice(mistakes(check))
    if kind == "alternative" and check.alternatives:
        return chance.choice(alternatives(check))
    return BLANK if kind == "blank" else SOLVED


def every_answer(root: Path, assignment: str) -> list[Student]:
    """Return as few students as give every known answer: the i-th one gives the i-th answer to each part.

    A student hands in only lessons that have an i-th answer. A part about other parts has its turn when these
    are solved.
    """
    lessons = lessons_of(root, assignment)
    turns = {name: _turns(lesson.checks) for name, lesson in lessons.items()}
    students = [Student(f"every-{number:02}") for number in range(max(map(len, turns.values())))]
    for name, lesson in lessons.items():
        for student, given in zip(students, turns[name], strict=False):
            student.notebooks[name] = lesson.hand_in(student, given)
    return students


def _turns(checks: Mapping[str, Check]) -> list[dict[str, Answer]]:
    """Return one answer to every part, again and again until every known answer was given."""
    ends: dict[str, int] = {}
    given: dict[str, list[Answer]] = {}
    for part in sorted(checks, key=lambda part: len(subjects(part, checks[part]))):
        start = max((ends[other] for other in subjects(part, checks[part])), default=0)
        given[part] = [SOLVED] * start + known_answers(checks[part])
        ends[part] = len(given[part])
    return [
        {part: answers[turn] if turn < len(answers) else SOLVED for part, answers in given.items()}
        for turn in range(max(ends.values()))
    ]


def known_answers(check: Check) -> list[Answer]:
    """Return everything that a check knows beside its right answer: alternatives, then mistakes."""
    return [*alternatives(check), *mistakes(check)]


def alternatives(check: Check) -> list[Answer]:
    """Return the other right answers that a check knows."""
    return [Answer(f"alternative {name}", value) for name, value in check.alternatives.items()]


def mistakes(check: Check) -> list[Answer]:
    """Return the wrong answers that a check knows, with what their tiers earn."""
    return [Answer(f"mistake {m.misconception}", m.answer, m.credit) for m in check.mistakes]


def _cell_text(check: Check, released: str, answer: Answer) -> str:
    """Return a cell's text with the answer in it: a typed answer in its blank, a function under its name."""
    if answer == BLANK:
        return released
    value = answer.value
    return function_text(value, check.variable) if callable(value) else typed(released, value)
