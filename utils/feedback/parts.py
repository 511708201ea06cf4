"""A graded notebook as parts: each with its points, what was said to it, and the answers it is about."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Literal

from nbformat import NotebookNode
from nbgrader.utils import compute_checksum, is_grade, is_solution, is_task

from utils.build.notebooks import PREFIX
from utils.feedback.maps import Maps, read_maps
from utils.feedback.messages import Message, Said, said_by
from utils.feedback.shown import shown
from utils.grading.executed import MAPS

State = Literal["right", "partly right", "wrong", "not answered", "waiting"]
STATES: dict[State, tuple[str, str]] = {  # how each is said to a student, and a sign that goes with the words
    "right": ("right", "✓"),
    "partly right": ("partly right", "◐"),
    "wrong": ("not right", "✗"),
    "not answered": ("not answered", "○"),
    "waiting": ("waiting for a person to read it", "…"),
}
READ_AS = " was read as: "  # in the remark with which a check repeats a typed answer
NOTES = "intake-notes"  # the id of the cell that says how a submission was read
NO_RESPONSE = "No response."  # nbgrader's own comment on an answer that was left as it was
ROUNDING = 1e-9
PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Output:
    """Something that a student's cell showed: text, an error, or the address of a picture's own data."""

    kind: Literal["text", "error", "picture"]
    content: str


@dataclass(frozen=True)
class Answer:
    """A cell that a student filled in; `given` is False when it is as it was handed out."""

    code: bool
    source: str
    given: bool
    outputs: tuple[Output, ...] = ()
    comment: str = ""


@dataclass(frozen=True)
class Part:
    """One graded part of a notebook. `question` is the prose before it, `section` the heading above it."""

    key: str
    points: float
    out_of: float
    state: State
    section: str = ""
    question: str = ""
    answers: tuple[Answer, ...] = ()
    said: Said = field(default_factory=Said)
    maps: Maps | None = None
    pictures: tuple[Output, ...] = ()
    stopped: tuple[Message, ...] = ()
    by_hand: bool = False

    @property
    def complaints(self) -> tuple[Message, ...]:
        """What was wrong; nothing about an answer that was never given, which its state says already."""
        given = not self.answers or any(answer.given for answer in self.answers)
        return self.said.complaints if given else ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the checks remarked; how an answer was read only where no complaint repeats it."""
        remarks = self.said.remarks
        return tuple(text for text in remarks if not (self.complaints and READ_AS in text))

    @property
    def name(self) -> str:
        """What the part is called: `(b)`, `(f) exact`, `Blank (a)`, `Multi query step`."""
        words = [f"({word})" if len(word) == 1 else word for word in self.key.split("_")]
        return " ".join([words[0].capitalize(), *words[1:]])


@dataclass(frozen=True)
class Graded:
    """A graded notebook: title, notes on how it was read, parts, and what lateness costs."""

    title: str
    notes: str
    parts: tuple[Part, ...]
    penalty: float = 0.0

    @property
    def sections(self) -> list[tuple[str, list[tuple[int, Part]]]]:
        """The parts below each heading, numbered from 1."""
        numbered = groupby(enumerate(self.parts, 1), key=lambda pair: pair[1].section)
        return [(section, list(pairs)) for section, pairs in numbered]

    @property
    def points(self) -> float:
        """What is earned so far."""
        return max(sum(part.points for part in self.parts if part.state != "waiting") - self.penalty, 0.0)

    @property
    def out_of(self) -> float:
        """What could be earned."""
        return sum(part.out_of for part in self.parts)

    @property
    def waiting(self) -> float:
        """What a person has yet to decide about."""
        return sum(part.out_of for part in self.parts if part.state == "waiting")


def graded(notebook: NotebookNode, name: str, penalty: float = 0.0) -> Graded:
    """Return what a page shows of an executed notebook whose cells carry the gradebook's points."""
    notes = [cell.source for cell in notebook.cells if cell.get("id") == NOTES]
    cells = [cell for cell in notebook.cells if cell.get("id") != NOTES]
    prose = "\n\n".join(cell.source for cell in cells if _is_prose(cell))
    title = next(iter(_headings(prose)), name.replace("_", " ").capitalize())
    return Graded(title, "\n".join(notes), tuple(_parts(cells)), penalty)


def _parts(cells: list[NotebookNode]) -> Iterator[Part]:
    """Yield a part for each graded cell, with what stands between the one before and it."""
    before: list[NotebookNode] = []
    section = ""
    for cell in cells:
        if _is_prose(cell):
            section = next(reversed(_headings(cell.source)), section)
        before.append(cell)
        if is_grade(cell) or is_task(cell):
            yield _part(cell, before, section)
            before = []


def _part(cell: NotebookNode, before: list[NotebookNode], section: str) -> Part:
    mark = cell.metadata.nbgrader
    answers = tuple(_answer(each) for each in before if is_solution(each) or is_task(each))
    said = Said() if is_solution(cell) or is_task(cell) else said_by(cell)
    points, out_of = float(mark.get("score") or 0.0), float(mark.get("points") or 0.0)
    others = [each for each in before if not (is_solution(each) or is_grade(each) or is_task(each))]
    return Part(
        key=_key(mark.grade_id),
        points=points,
        out_of=out_of,
        state=_state(bool(mark.get("waits")), points, out_of, answers, said),
        section=section,
        question="\n\n".join(each.source for each in others if _is_prose(each)),
        answers=answers,
        said=said,
        maps=read_maps(cell.metadata.get(MAPS)),
        pictures=tuple(shows for each in others for shows in _outputs(each) if shows.kind == "picture"),
        stopped=tuple(found for each in others for found in said_by(each).complaints),
        by_hand=bool(mark.get("by_hand")),
    )


def _state(waits: bool, points: float, out_of: float, answers: tuple[Answer, ...], said: Said) -> State:
    if waits:
        return "waiting"
    if points >= out_of - ROUNDING:
        return "right"
    if points > ROUNDING:
        return "partly right"
    blank = any(complaint.is_about_a_blank for complaint in said.complaints)
    given = any(answer.given for answer in answers)
    return "wrong" if given and not blank else "not answered"


def _answer(cell: NotebookNode) -> Answer:
    mark = cell.metadata.nbgrader
    comment = str(mark.get("comment") or "")
    return Answer(
        code=cell.cell_type == "code",
        source=cell.source,
        given=bool(cell.source.strip()) and mark.get("checksum") != compute_checksum(cell),
        outputs=tuple(_outputs(cell)),
        comment="" if comment == NO_RESPONSE else comment,
    )


def _outputs(cell: NotebookNode) -> Iterator[Output]:
    """Yield what a student's own cell has shown: text and pictures, nothing that a browser would run."""
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            yield Output("text", shown(output.text))
        elif output.output_type == "error":
            yield Output("error", shown(f"{output.ename}: {output.evalue}"))
        else:
            yield from _data(output.data)


def _data(data: Any) -> Iterator[Output]:
    for kind, start in PICTURES.items():
        if kind in data and (raw := _bytes(data[kind])).startswith(start):
            yield Output("picture", f"data:{kind};base64,{base64.b64encode(raw).decode()}")
            return
    if text := str(data.get("text/plain", "")):
        yield Output("text", shown(text))


def _bytes(encoded: Any) -> bytes:
    try:
        return base64.b64decode("".join(str(encoded).split()), validate=True)
    except (binascii.Error, ValueError):
        return b""


def _is_prose(cell: NotebookNode) -> bool:
    return cell.cell_type == "markdown" and not (is_solution(cell) or is_grade(cell) or is_task(cell))


def _headings(markdown: str) -> list[str]:
    return [found[1].replace("`", "") for found in _HEADING.finditer(_FENCED.sub("", markdown))]


def _key(grade_id: str) -> str:
    for role in ("graded", "written"):
        grade_id = grade_id.removeprefix(PREFIX[role])
    return grade_id
