"""The proof that a release gives nothing away, made from its files and the lessons alone.

It does not ask how the release was made: whatever tool wrote the files, they are compared with what the
lessons hide.
"""

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from coursekit.handed_out import NOTE
from utils.build.clearing import (
    blanks,
    clear_hidden_tests,
    clear_imports,
    clear_solution,
    clear_written,
    regions,
)
from utils.build.handout import LICENCE
from utils.build.labels import LAST_CODE, LAST_PROSE, note, without_heads
from utils.build.lessons import Cell, Lesson
from utils.build.notebooks import KERNELSPEC
from utils.build.source import checked_lessons

# Shorter lines, such as `return x`, are found in any text and prove nothing.
LONG = 12
A_FEW = 3
OTHER_FILES = ("README.md", "requirements.txt")
FORBIDDEN = {
    "a mark of the lessons": re.compile(r"(BEGIN|END) (SOLUTION|HIDDEN TESTS|MARK SCHEME)"),
    "the instructor's package": re.compile(r"(?<![\w.])utils\b"),
    "a tool of the build": re.compile(r"jupytext|\bBLANK\b"),
}
CELL_KEYS = {"cell_type", "execution_count", "id", "metadata", "outputs", "source"}
CELL_METADATA = {"nbgrader", "deletable", "editable", "course"}
COURSE_METADATA = {"shows"}


class LeakError(AssertionError):
    """A release shows what it should not; the message lists every place."""


def prove_release(root: Path, assignment: str) -> int:
    """Return how many hidden texts were searched for and not found in `release/<assignment>/`.

    Raises LeakError listing what was found: text of answers, hidden tests or mark schemes, marks, names of
    the instructor's package, outputs, metadata, other files, missing files.
    """
    folder = root / "release" / assignment
    lessons = checked_lessons(root, assignment)
    leaks = [*_files(folder, lessons)]
    hidden = 0
    for lesson in lessons:
        path = folder / f"{lesson.name}.ipynb"
        if path.is_file():
            hidden += sum(hidden_texts(lesson).values())
            leaks += [
                f"{path.name}: {leak}"
                for leak in notebook_leaks(assignment, lesson, json.loads(path.read_text("utf-8")))
            ]
    if leaks:
        raise LeakError("\n".join(leaks))
    return hidden


def _files(folder: Path, lessons: Iterable[Lesson]) -> Iterator[str]:
    """Yield what is wrong with the names of the files, and with the text of those that are no notebooks."""
    needed = {f"{lesson.name}.ipynb" for lesson in lessons} | set(OTHER_FILES)
    present = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    others = present - needed - {LICENCE}
    yield from (f"{name}: this file does not belong in a release" for name in sorted(others))
    yield from (f"{name}: missing" for name in sorted(needed - present))
    for name in sorted(present & {*OTHER_FILES, LICENCE}):
        yield from (f"{name}: {leak}" for leak in _forbidden((folder / name).read_text("utf-8")))


def notebook_leaks(assignment: str, lesson: Lesson, notebook: dict[str, Any]) -> list[str]:
    """Return what a released notebook (as JSON) gives away of its lesson; empty if nothing."""
    sources = without_heads(notebook["cells"])
    added = sources[-2:] == [LAST_PROSE, LAST_CODE.format(lesson=lesson.name)]
    ends = [] if added else ["the last two cells are not those of the build"]
    text = "\n".join(sources[:-2] if added else sources)
    return [*_metadata(assignment, lesson.name, notebook), *ends, *_forbidden(text), *_shown(lesson, text)]


def _metadata(assignment: str, lesson: str, notebook: dict[str, Any]) -> Iterator[str]:
    """Yield outputs, and every key of metadata that a release does not need.

    The note on what was handed out must be the one that the released cells alone give.
    """
    metadata = notebook["metadata"]
    if set(metadata) != {"kernelspec", NOTE} or metadata["kernelspec"] != KERNELSPEC:
        yield f"metadata {sorted(metadata)}, expected only the kernelspec of the build and its note"
    elif metadata[NOTE] != note(assignment, lesson, notebook["cells"]):
        yield f"metadata {NOTE}: not the note that the released cells give"
    for cell in notebook["cells"]:
        if cell.get("outputs") or cell.get("execution_count"):
            yield f"{cell['id']}: outputs"
        metadata = cell["metadata"]
        unknown = (set(cell) - CELL_KEYS) | (set(metadata) - CELL_METADATA)
        unknown |= {f"course.{key}" for key in set(metadata.get("course", {})) - COURSE_METADATA}
        if unknown:
            yield f"{cell['id']}: metadata {', '.join(sorted(unknown))}"


def _forbidden(text: str) -> Iterator[str]:
    """Yield each line with a word that no release contains."""
    for what, pattern in FORBIDDEN.items():
        yield from (f"{what}: {line.strip()!r}" for line in text.splitlines() if pattern.search(line))


def _shown(lesson: Lesson, text: str) -> Iterator[str]:
    """Yield each hidden text that the release shows more often than the lesson shows it in public."""
    public = public_text(lesson)
    for hidden in sorted(hidden_texts(lesson)):
        if _times(hidden, text) > _times(hidden, public):
            yield f"hidden in the lesson, shown in the release: {hidden!r}"


def hidden_texts(lesson: Lesson) -> Counter[str]:
    """Return the expressions of blanks and the longer lines of hidden regions, with how often each occurs."""
    return Counter(text for cell in lesson.cells for text in _hidden_in(cell))


def given_away(lesson: Lesson) -> list[str]:
    """Return the blanks whose answer the lesson shows elsewhere in the release, for its author to judge.

    This is no leak: an answer of a few letters stands in any text, and a later cell may have to repeat one.
    """
    public = public_text(lesson)
    found = {blank.expression for cell in lesson.with_role("solution") for blank in blanks(cell.source)}
    return sorted(
        text for text in found if len(text.strip("\"'")) > A_FEW and _times(text.strip("\"'"), public)
    )


def _hidden_in(cell: Cell) -> Iterator[str]:
    """Yield what one cell hides."""
    for region in regions(cell.source):
        yield from (line.strip() for line in region.lines if len(line.strip()) > LONG)
    if cell.role == "solution":
        yield from (blank.expression for blank in blanks(cell.source))


def public_text(lesson: Lesson) -> str:
    """Return what the lesson means to show: every cell without what it hides."""
    clear = {
        "solution": clear_solution,
        "written": clear_written,
        "graded": clear_hidden_tests,
        "locked": clear_imports,
    }
    return "\n".join(clear.get(cell.role, str)(cell.source) for cell in lesson.cells)


def _times(words: str, text: str) -> int:
    """Return how often words occur in a text, not as parts of longer words, whatever the white space."""
    pattern = r"\s+".join(re.escape(word) for word in words.split())
    return len(re.findall(rf"(?<!\w){pattern}(?!\w)", text))
