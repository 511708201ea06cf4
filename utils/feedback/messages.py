"""What the graded cells of an executed notebook say, taken apart: what was wrong, how it showed, one hint."""

from __future__ import annotations

import re
from dataclasses import dataclass

from nbformat import NotebookNode

from utils.feedback.shown import shown

# How `coursekit.compare.WrongAnswer` lays out its lines.
_LINE = re.compile(r"\n  (called with|first|hint) +")
_PARTLY = "partly right: "
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

    `name` is the kind of exception when it is another than a check's own.
    """

    what: str
    called: str = ""
    first: str = ""
    hint: str = ""
    name: str = ""

    @property
    def is_about_a_blank(self) -> bool:
        """Whether the complaint is that something was not filled in."""
        return any(text in f"{self.what} {self.first}" for text in EMPTY)


@dataclass(frozen=True)
class Said:
    """All that a graded cell said: complaints, remarks of the checks, and what was printed meanwhile."""

    complaints: tuple[Message, ...] = ()
    remarks: tuple[str, ...] = ()
    printed: str = ""


def said_by(cell: NotebookNode) -> Said:
    """Return what the outputs of a graded cell say. Its source, which holds the tests, is not looked at."""
    complaints: list[Message] = []
    remarks: list[str] = []
    printed: list[str] = []
    for output in cell.get("outputs", []):
        if output.output_type == "error":
            complaints.append(_error(output))
        elif output.output_type == "stream":
            printed.append(output.text)
        elif output.output_type == "display_data":
            text = _LATER.sub("", str(output.data.get("text/plain", "")))
            if text.startswith(_PARTLY):
                complaints.append(message_in(text.removeprefix(_PARTLY)))
            elif text:
                remarks.append(shown(text))
    return Said(tuple(complaints), tuple(remarks), shown("".join(printed)).strip("\n"))


def message_in(text: str, name: str = "") -> Message:
    """Return the parts of a message; a text of another form is all `what`."""
    what, *rest = _LINE.split(_LATER.sub("", shown(text)))
    lines = dict(zip(rest[::2], rest[1::2], strict=True))
    called, first, hint = (lines.get(label, "").strip() for label in ("called with", "first", "hint"))
    return Message(what.strip(), called, first, hint, name)


def _error(output: NotebookNode) -> Message:
    """Return a complaint, without the traceback: where in a check an exception arose is nobody's business."""
    own = output.ename in ("WrongAnswer", "EmptyBlank")
    return message_in(str(output.evalue), "" if own else shown(str(output.ename), 100))
