"""Lessons to source notebooks, and the list of graded parts."""

from dataclasses import dataclass
from pathlib import Path

from utils.build.contract import check
from utils.build.files import remove_others, write_if_changed
from utils.build.handout import licence_texts, readme_text, requirements_text
from utils.build.lessons import ContractError, Lesson, Problem, lesson_paths, load
from utils.build.notebooks import to_notebook, to_text


@dataclass(frozen=True)
class Part:
    """One graded part: id `<lesson>.<name>`, id in the specification, kind of answer, worth."""

    id: str
    spec: str
    kind: str
    points: int
    manual: bool


def checked_lessons(root: Path, assignment: str) -> list[Lesson]:
    """Return the lessons of an assignment.

    Raises ContractError listing the problems of all of them, FileNotFoundError if there are none.
    """
    lessons: list[Lesson] = []
    problems: list[Problem] = []
    for path in lesson_paths(root, assignment):
        try:
            lesson = load(path)
            check(lesson)
            lessons.append(lesson)
        except ContractError as error:
            problems += error.problems
    if problems:
        raise ContractError(problems)
    return lessons


def build_source(root: Path, assignment: str) -> list[Path]:
    """Write `source/<assignment>/` and return its files, sorted by name; unchanged files keep their times.

    Files that the lessons no longer make are removed. Raises ContractError before anything is written.
    """
    folder = root / "source" / assignment
    lessons = checked_lessons(root, assignment)
    texts = {f"{lesson.name}.ipynb": to_text(to_notebook(lesson)) for lesson in lessons}
    texts["README.md"] = readme_text(root, assignment, lessons)
    texts["requirements.txt"] = requirements_text(root)
    texts |= licence_texts(root)
    for name, text in texts.items():
        write_if_changed(folder / name, text.encode())
    remove_others(folder, texts)
    return sorted(folder / name for name in texts)


def parts(root: Path, assignment: str) -> list[Part]:
    """Return the graded parts of an assignment, in the order of its cells. Raises as `checked_lessons`."""
    return [part for lesson in checked_lessons(root, assignment) for part in parts_of(lesson)]


def parts_of(lesson: Lesson) -> list[Part]:
    """Return the graded parts of one lesson, in order."""
    return [
        Part(f"{lesson.name}.{cell.name}", cell.spec, cell.kind, cell.points, manual=cell.role == "written")
        for cell in lesson.with_role("graded", "written")
    ]
