"""A graded notebook as parts: each with its points, what was said to it, and the answers it is about."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any, Literal

from nbformat import NotebookNode
from nbgrader.utils import compute_checksum, is_grade, is_solution, is_task

from coursekit.handed_out import label
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
LONGEST_ALTERNATIVE = 300  # characters of a figure's description
PICTURES = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}
_HEADING = re.compile(r"^#{1,6}[ \t]+(.+?)[ \t#]*$", re.MULTILINE)
_FENCED = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Output:
    """Something that a student's cell showed: text, an error, or the address of a picture's own data.

    `words` describe a picture, where the code that drew it does.
    """

    kind: Literal["text", "error", "picture"]
    content: str
    words: str = ""


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
    checked: bool = True

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
        """What the part is called, as in the notebook: `(b)`, `f_exact`, `multi_query_step`."""
        return label(self.key)

    @property
    def heading(self) -> str:
        """The heading above the part, without the part's name."""
        return self.section.removeprefix(self.name).strip()

    def described(self, picture: Output) -> str:
        """Return the alternative text of a figure of this part."""
        if picture.words:
            return picture.words
        under = f", {self.heading}" if self.heading else ""
        drawn = [each for answer in self.answers for each in answer.outputs if each.kind == "picture"]
        drawn += self.pictures
        which = f"Figure {drawn.index(picture) + 1}" if len(drawn) > 1 else "Figure"
        return f"{which} drawn with your code in part {self.name}{under}"


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
    def not_run(self) -> str:
        """Why nothing of the notebook ran, such as that it was not handed in; "" if anything did."""
        reasons = {part.said.not_run for part in self.parts if part.checked}
        return reasons.pop() if len(reasons) == 1 else ""

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


def _parts(cells: list[NotebookNode]) -> list[Part]:
    """Return a part for each graded cell, with what stands between the one before and it.

    What is drawn there belongs to the part before if it stands below that one's heading, not this one's.
    """
    parts: list[Part] = []
    for between in _between(cells):
        section = between[-1][1]
        above = parts[-1].section if parts else section
        late = [each for each, heading in between if heading == above != section]
        own = [each for each, heading in between if not heading == above != section]
        if late:
            parts[-1] = replace(parts[-1], pictures=parts[-1].pictures + _drawn(late))
        parts.append(_part([each for each, _ in between], section, _drawn(own)))
    return parts


def _between(cells: list[NotebookNode]) -> Iterator[list[tuple[NotebookNode, str]]]:
    """Yield for each graded cell those after the one before it, itself the last, each with its heading."""
    found: list[tuple[NotebookNode, str]] = []
    section = ""
    for cell in cells:
        if _is_prose(cell):
            section = next(reversed(_headings(cell.source)), section)
        found.append((cell, section))
        if is_grade(cell) or is_task(cell):
            yield found
            found = []


def _others(cells: list[NotebookNode]) -> list[NotebookNode]:
    """Return the cells that neither hold an answer nor are graded."""
    return [each for each in cells if not (is_solution(each) or is_grade(each) or is_task(each))]


def _drawn(cells: list[NotebookNode]) -> tuple[Output, ...]:
    return tuple(shows for each in _others(cells) for shows in _outputs(each) if shows.kind == "picture")


def _part(between: list[NotebookNode], section: str, pictures: tuple[Output, ...]) -> Part:
    """Return the part of the last of some cells."""
    cell = between[-1]
    mark = cell.metadata.nbgrader
    answers = tuple(_answer(each) for each in between if is_solution(each) or is_task(each))
    said = Said() if is_solution(cell) or is_task(cell) else said_by(cell)
    points, out_of = float(mark.get("score") or 0.0), float(mark.get("points") or 0.0)
    others = _others(between)
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
        pictures=pictures,
        stopped=tuple(found for each in others for found in said_by(each).complaints),
        by_hand=bool(mark.get("by_hand")),
        checked=not (is_solution(cell) or is_task(cell)),
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
            yield from _data(output.data, output.get("metadata", {}))


def _data(data: Any, metadata: Any) -> Iterator[Output]:
    for kind, start in PICTURES.items():
        if kind in data and (raw := _bytes(data[kind])).startswith(start):
            address = f"data:{kind};base64,{base64.b64encode(raw).decode()}"
            yield Output("picture", address, _words(metadata, kind))
            return
    if text := str(data.get("text/plain", "")):
        yield Output("text", shown(text))


def _words(metadata: Any, kind: str) -> str:
    """Return the description that a picture carries, "" if there is none. It may be a student's."""
    about = metadata.get(kind) if isinstance(metadata, dict) else None
    words = about.get("alt") if isinstance(about, dict) else None
    return " ".join(shown(words, LONGEST_ALTERNATIVE).split()) if isinstance(words, str) else ""


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
