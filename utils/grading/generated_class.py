"""A generated class of any size: answers drawn, with a seed, from known mistakes, alternatives and blanks.

What a student drew is known, so what every part must earn is known too. Serves tests and benchmarks.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
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


@dataclass
class Student:
    """A generated student: the notebooks, and per part what was drawn and the fraction it must earn.

    There is no fraction for a part about another one that was not solved: it depends on what was drawn there.
    """

    name: str
    notebooks: dict[str, NotebookNode] = field(default_factory=dict)
    drawn: dict[str, str] = field(default_factory=dict)
    credit: dict[str, float] = field(default_factory=dict)


def generate(root: Path, assignment: str, size: int, seed: int = 0) -> Iterator[Student]:
    """Yield `size` students, always the same ones for the same seed and lessons."""
    released = notebooks_in(root / "release" / assignment)
    solved = {lesson.name: solved_answers(lesson) for lesson in map(load, lesson_paths(root, assignment))}
    checks = {lesson: checks_of(lesson) for lesson in released}
    for number in range(size):
        student = Student(f"student-{number:04}")
        chance = random.Random(f"{seed}/{number}")
        for lesson, notebook in released.items():
            texts = _draw(student, chance, notebook, solved[lesson], checks[lesson])
            student.notebooks[lesson] = enter(notebook, texts)
        yield student


def _draw(
    student: Student,
    chance: random.Random,
    notebook: NotebookNode,
    solved: dict[str, str],
    checks: dict[str, Check],
) -> dict[str, str]:
    texts = dict(solved)
    cells = {cell.id: cell.source for cell in notebook.cells}
    for part, check in checks.items():
        if check.part not in cells:
            continue
        kind = chance.choices(KINDS, WEIGHTS)[0]
        answer, credit, kind = _answer(chance, check, kind)
        student.drawn[part], student.credit[part] = kind, credit
        if kind == "blank":
            texts[check.part] = cells[check.part]
        elif kind != "solved":
            texts[check.part] = as_text(check, cells[check.part], answer)
    for part, check in checks.items():
        others = [f"{part.split('.')[0]}.{other}" for other in check.depends_on]
        if any(student.drawn[other] != "solved" for other in others):
            student.credit.pop(part)
    return texts


def _answer(chance: random.Random, check: Check, kind: str) -> tuple[Any, float, str]:
    """Return an answer of the kind, what it must earn, and the kind; the solved one if there is none."""
    if kind == "mistake" and check.mistakes:
        mistake = chance.choice(list(check.mistakes))
        return mistake.answer, mistake.credit, f"mistake {mistake.misconception}"
    if kind == "alternative" and check.alternatives:
        name = chance.choice(list(check.alternatives))
        return check.alternatives[name], 1.0, f"alternative {name}"
    return None, 0.0 if kind == "blank" else 1.0, "blank" if kind == "blank" else "solved"


def as_text(check: Check, released: str, answer: Any) -> str:
    """Return a cell's text with the answer in it: a typed answer in its blank, a function under its name."""
    return function_text(answer, check.variable) if callable(answer) else typed(released, answer)
