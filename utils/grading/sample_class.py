"""The sample class: answers that language models really gave, entered where a student would enter them.

Each row of the data holds an answer, the verdict of the person who checked it at the time, and a verified
verdict. A perfect, an untouched and a half-done submission complete the class.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nbformat import NotebookNode

from utils.build.lessons import lesson_paths, load
from utils.build.solved import answers as solved_answers
from utils.grading.submission import enter, notebooks_in, typed, write_submission

DATA = Path(__file__).parent / "sample_class"
PERFECT, UNTOUCHED, HALF_DONE = "sample-perfect", "sample-untouched", "sample-half-done"


@dataclass(frozen=True)
class Row:
    """One answer of a model. `part` is the graded part it belongs to, or "" with a reason in `no_cell`."""

    student: str
    question: str
    answer: str
    human: str
    verified: str
    misconception: str = ""
    note: str = ""
    part: str = ""
    entry: Any = None
    no_cell: str = ""

    @property
    def entered(self) -> bool:
        """Whether the model gave something that a student could have typed into the part's cell."""
        return bool(self.part) and self.verified not in ("no answer", "not shown")

    @property
    def has_cell(self) -> bool:
        """Whether it was entered in a cell; a second answer to the same part was not."""
        return self.entered and not self.no_cell


def rows(assignment: str) -> list[Row]:
    """Return every row of the sample class, in the order of its source. Raises FileNotFoundError."""
    data = json.loads((DATA / f"{assignment}.json").read_text(encoding="utf-8"))
    return [Row(student=student["id"], **row) for student in data["students"] for row in student["rows"]]


def without_a_cell(assignment: str) -> list[str]:
    """Return a line for every row that was not entered in a cell, with the reason."""
    left_out = [row for row in rows(assignment) if not row.has_cell]
    return [f"{row.student:20} {row.question:26} {row.no_cell or row.verified}" for row in left_out]


def disagreements(assignment: str) -> list[str]:
    """Return a line for every row on which the person who checked and the verified verdict differ."""
    differ = [row for row in rows(assignment) if row.human != row.verified]
    judged = [row for row in differ if row.human != "not stated" and row.verified != "not shown"]
    who = [f"{row.student:20} {row.question:26} person: {row.human:10}" for row in judged]
    return [
        f"{start} verified: {row.verified:10} {row.misconception}"
        for start, row in zip(who, judged, strict=True)
    ]


def models(assignment: str) -> dict[str, str]:
    """Return what each sample student is: a model with its setting, or a made submission."""
    data = json.loads((DATA / f"{assignment}.json").read_text(encoding="utf-8"))
    made = {
        PERFECT: "every cell solved",
        UNTOUCHED: "as released",
        HALF_DONE: "the first half of every lesson solved",
    }
    return {student["id"]: student["who"] for student in data["students"]} | made


def submissions(root: Path, assignment: str) -> dict[str, dict[str, NotebookNode]]:
    """Return the notebooks of every sample student, by lesson."""
    released = notebooks_in(root / "release" / assignment)
    solved = {lesson.name: solved_answers(lesson) for lesson in map(load, lesson_paths(root, assignment))}
    everyone = {student: _entered(released, given) for student, given in _by_student(assignment).items()}
    everyone[PERFECT] = {name: enter(notebook, solved[name]) for name, notebook in released.items()}
    everyone[UNTOUCHED] = dict(released)
    everyone[HALF_DONE] = {
        name: enter(notebook, _first_half(solved[name])) for name, notebook in released.items()
    }
    return everyone


def _by_student(assignment: str) -> dict[str, list[Row]]:
    grouped: dict[str, list[Row]] = {}
    for row in rows(assignment):
        grouped.setdefault(row.student, []).append(row)
    return grouped


def _first_half(answers: Mapping[str, str]) -> dict[str, str]:
    return dict(list(answers.items())[: len(answers) // 2])


def _entered(released: Mapping[str, NotebookNode], given: list[Row]) -> dict[str, NotebookNode]:
    notebooks = dict(released)
    for row in given:
        if row.has_cell:
            lesson, part = row.part.split(".")
            notebooks[lesson] = enter(notebooks[lesson], {part: cell_text(notebooks[lesson], part, row)})
    return notebooks


def cell_text(notebook: NotebookNode, part: str, row: Row) -> str:
    """Return what stands in the part's cell after the answer was entered: typed text, or a whole function."""
    if isinstance(row.entry, list):  # the lines of a function, as the model wrote them
        return "\n".join(row.entry)
    released: str = next(cell.source for cell in notebook.cells if cell.id == part)
    return typed(released, row.answer if row.entry is None else row.entry)


def write_class(root: Path, assignment: str) -> list[str]:
    """Write the sample class to `submitted/`; return its students, sorted."""
    for student, notebooks in submissions(root, assignment).items():
        write_submission(root, student, assignment, notebooks)
    return sorted(models(assignment))
