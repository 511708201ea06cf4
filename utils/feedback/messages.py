"""What the graded cells of an executed notebook say, taken apart: what was wrong, how it showed, one hint."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from nbformat import NotebookNode

from utils.feedback.shown import shown

# How `coursekit.compare.WrongAnswer` lays out its lines.
_LINE = re.compile(r"\n  (called with|first|hint) +")
_PARTLY = "partly right: "
# The last line of an error that came through the student's own cell, see `utils.grading.box.inside.resident`.
_PLACE = re.compile(r"in (line \d+) of its cell: (.*)")
_OURS = ("WrongAnswer", "EmptyBlank", "UnreadableAnswer", "UnusableBlank", "NotRun", "NotHandedOver")
_UNREAD = " could not be read: "  # in the box that a question shows before it raises the same
LONGEST_LINE = 200  # characters of a line of code
# What only a student who is still at work needs to hear.
_LATER = re.compile(
    r"\s*Whether it is right is checked when the notebook is graded\."
    r"|\s*Replace ____ by your answer (?:in the cell above )?and run (?:it|the cell) again\."
    r"|\s*Enter its text, in quotes, and run the cell again\."
    r"|; \d+ more checks? runs? when the notebook is graded"
)
EMPTY = ("is still empty", "a blank in the function is still empty")


@dataclass(frozen=True)
class Message:
    """One complaint: what is wrong, what was called, the first wrong thing, a hint; "" for what is not said.

    `name` is the kind of exception when it is another than a check's own, and `place` the line of the
    student's own cell that raised it.
    """

    what: str
    called: str = ""
    first: str = ""
    hint: str = ""
    name: str = ""
    place: str = ""

    @property
    def is_about_a_blank(self) -> bool:
        """Whether the complaint is that something was not filled in."""
        return any(text in f"{self.what} {self.first}" for text in EMPTY)


@dataclass(frozen=True)
class Said:
    """All that a graded cell said: complaints, remarks of the checks, and whether anything was printed.

    What was printed is not kept: code that prints its arguments would put hidden inputs on the page.
    `not_run` says why the cell did not run, "" if it did.
    """

    complaints: tuple[Message, ...] = ()
    remarks: tuple[str, ...] = ()
    printed: bool = False
    not_run: str = ""


def said_by(cell: NotebookNode) -> Said:
    """Return what the outputs of a graded cell say. Its source, which holds the tests, is not looked at."""
    complaints: list[Message] = []
    remarks: list[str] = []
    printed, not_run = False, ""
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            not_run = shown(str(output.evalue)) if output.ename == "NotRun" else not_run
            complaints.append(_error(output, remarks, _noted_place(cell)))
        elif output.output_type == "stream":
            printed = printed or bool(output.text.strip())
        elif output.output_type == "display_data":
            text = _LATER.sub("", str(output.data.get("text/plain", "")))
            if text.startswith(_PARTLY):
                complaints.append(message_in(text.removeprefix(_PARTLY)))
            elif text:
                remarks.append(shown(text))
    return Said(tuple(complaints), tuple(remarks), printed, not_run)


def message_in(text: str, name: str = "") -> Message:
    """Return the parts of a message; a text of another form is all `what`."""
    what, *rest = _LINE.split(_LATER.sub("", shown(text)))
    lines = dict(zip(rest[::2], rest[1::2], strict=True))
    called, first, hint = (lines.get(label, "").strip() for label in ("called with", "first", "hint"))
    return Message(what.strip(), called, first, hint, name)


def _error(output: NotebookNode, remarks: list[str], place: str) -> Message:
    """Return a complaint, without the traceback: where in a check an exception arose is nobody's business.

    A remark that says the same of an answer that could not be read is taken out of `remarks`.
    """
    said = str(output.evalue)
    if output.ename == "UnreadableAnswer" and remarks and remarks[-1].endswith(_UNREAD + shown(said)):
        return Message(remarks.pop())
    if output.ename in _OURS:
        return message_in(said)
    return replace(message_in(said, shown(str(output.ename), 100)), place=place)


def place_of(cell: NotebookNode) -> str:
    """Return the line of the student's own cell in which the error of a graded cell arose, "" for none.

    It is the last line of the traceback; what stands above it is about the check, and is not looked at.
    """
    errors = [output for output in cell.get("outputs", []) if output.output_type == "error"]
    lines = errors[-1].get("traceback") if errors else None
    found = _PLACE.fullmatch(shown(str(lines[-1]))) if lines else None
    return shown(f"{found[1]}: {found[2]}", LONGEST_LINE) if found else ""


def _noted_place(cell: NotebookNode) -> str:
    """Return the line that `utils.feedback.grades` noted before the traceback was taken out."""
    return str(cell.metadata.get("nbgrader", {}).get("place", ""))
