"""What a notebook page may show of a student's cell: text without tricks, and figures that are figures.

The process that runs a cell caps what it collects (`Collected`), but it is the student's. What comes out of
it is therefore read again outside (`safe_outputs`): unknown kinds and formats are left out, control
characters are taken out or written out, and everything is cut to the caps.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from typing import Any

Output = dict[str, Any]

MOST_OUTPUTS = 200  # of one cell
MOST_LINES = 100  # of a traceback
LONGEST_MESSAGE = 2_000  # characters of an exception's message
LONGEST_NAME = 80  # characters of an exception's class
LARGEST_SIDE = 5_000  # pixels; a small file may unfold to a very large picture
PNG, JPEG = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
PNG_SIZES = slice(16, 24)  # width and height in the first chunk, four bytes each
IMAGES = {"image/png": PNG, "image/jpeg": JPEG}
STREAMS = ("stdout", "stderr")
CUT = "\n[cut here: a cell may show {:,} characters, a notebook {:,}]\n"
LEFT_OUT = "[left out: {}]"

ESCAPES = re.compile(
    r"(?:\x1b\]|\x9d)[^\x07\x1b\x9c]{0,4096}(?:\x07|\x1b\\|\x9c)?"  # OSC: titles, links, the clipboard
    r"|(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]?"  # CSI: colours, movements
    r"|\x1b[PX^_][^\x1b]{0,4096}(?:\x1b\\)?"  # device control and other strings
    r"|\x1b[ -/]{0,8}[0-~]?"  # what is left of them
)
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)


def safe_text(text: str) -> str:
    """Return text whose every character is what it looks like.

    Terminal sequences go; a carriage return becomes a new line; other control characters, and those that
    turn the direction of reading or are not seen at all, are written out as in Python, such as \\u202e.
    """
    if text.isascii() and text.isprintable():
        return text
    text = ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def safe_line(text: object, most: int) -> str:
    """Return safe text on one line, cut to `most` characters."""
    line = safe_text(text[:most] if isinstance(text, str) else "")
    return line.replace("\n", " ").replace("\t", " ")[:most]


class Budget:
    """How many characters and bytes of figures may still be shown, in this cell and in the notebook."""

    def __init__(self, limits: Mapping[str, int | float]) -> None:
        self._limits = limits
        self._text = int(limits["notebook_output_characters"])
        self._images = int(limits["notebook_image_bytes"])
        self.new_cell()

    def new_cell(self) -> None:
        """Begin another cell."""
        self._noted = False
        self._cell_text = min(self._text, int(self._limits["cell_output_characters"]))
        self._cell_images = min(self._images, int(self._limits["cell_image_bytes"]))

    def text(self, text: str) -> str:
        """Return what of a text still fits, with a note where it was cut."""
        kept = text[: self._cell_text]
        self._cell_text -= len(kept)
        self._text -= len(kept)
        if len(kept) == len(text) or self._noted:
            return kept
        self._noted = True
        most = self._limits["cell_output_characters"], self._limits["notebook_output_characters"]
        return kept + CUT.format(*map(int, most))

    def image(self, size: int) -> bool:
        """Return whether a figure of so many bytes still fits, and take it off if it does."""
        if size > self._cell_images:
            return False
        self._cell_images -= size
        self._images -= size
        return True


def safe_outputs(raw: object, budget: Budget) -> list[Output]:
    """Return the outputs of one cell as nbformat has them, made of what a box sent."""
    budget.new_cell()
    outputs = [_safe(one, budget) for one in (raw if isinstance(raw, list) else [])[:MOST_OUTPUTS]]
    return [output for output in outputs if output is not None]


def _safe(raw: Any, budget: Budget) -> Output | None:
    kind = raw.get("output_type") if isinstance(raw, dict) else None
    if kind == "stream":
        return _stream(raw, budget)
    if kind == "error":
        return _error(raw, budget)
    if kind not in ("display_data", "execute_result"):
        return None
    data = _data(raw.get("data"), budget)
    output: Output = {"output_type": kind, "data": data, "metadata": {}}
    count = raw.get("execution_count")
    if kind == "execute_result":
        output["execution_count"] = count if type(count) is int and 0 <= count < 2**31 else None
    return output if data else None


def _stream(raw: Mapping[str, Any], budget: Budget) -> Output | None:
    text = _text(raw.get("text"), budget)
    name = raw.get("name") if raw.get("name") in STREAMS else STREAMS[0]
    return {"output_type": "stream", "name": name, "text": text} if text else None


def _error(raw: Mapping[str, Any], budget: Budget) -> Output:
    lines = raw.get("traceback")
    lines = [line for line in lines if isinstance(line, str)] if isinstance(lines, list) else []
    return {
        "output_type": "error",
        "ename": safe_line(raw.get("ename"), LONGEST_NAME),
        "evalue": safe_text(str(raw.get("evalue"))[:LONGEST_MESSAGE]),
        "traceback": [_text(line, budget) for line in lines[-MOST_LINES:]],
    }


def _text(text: object, budget: Budget) -> str:
    return budget.text(safe_text(text)) if isinstance(text, str) else ""


def _data(raw: object, budget: Budget) -> dict[str, str]:
    """Return the text and the pictures of a display; what else there was is named in the text."""
    if not isinstance(raw, dict):
        return {}
    data = {mime: raw[mime] for mime in IMAGES if mime in raw and _is_image(mime, raw[mime], budget)}
    if isinstance(raw.get("text/plain"), str):
        data["text/plain"] = _text(raw["text/plain"], budget)
    elif not data:
        names = ", ".join(sorted(safe_line(mime, LONGEST_NAME) for mime in raw)[:5])
        data["text/plain"] = budget.text(LEFT_OUT.format(names))
    return {mime: text for mime, text in data.items() if text}


def _is_image(mime: str, text: object, budget: Budget) -> bool:
    if not isinstance(text, str) or not text.isascii():
        return False
    try:
        image = base64.b64decode(text.replace("\n", ""), validate=True)
    except (ValueError, binascii.Error):
        return False
    sides = [int.from_bytes(image[PNG_SIZES][i : i + 4], "big") for i in (0, 4)]
    if mime == "image/png" and not all(0 < side <= LARGEST_SIDE for side in sides):
        return False
    return image.startswith(IMAGES[mime]) and budget.image(len(image))


class Collected:
    """What one cell shows, collected where it runs; text beyond the caps is dropped as it comes."""

    def __init__(self, limits: Mapping[str, int | float]) -> None:
        self.outputs: list[Output] = []
        self._clear_next = False
        # A little more than may be shown, so that the outside sees that something has to be cut.
        self._text = int(limits["cell_output_characters"]) + 1
        self._images = int(limits["cell_image_bytes"]) * 2  # in base64

    def stream(self, name: str, text: str) -> None:
        """Add printed text; what follows text of the same stream continues it."""
        text = self._kept(text)
        last = self.outputs[-1] if self.outputs and not self._clear_next else {}
        if last.get("output_type") == "stream" and last["name"] == name:
            last["parts"].append(text)
        elif text:
            self.add({"output_type": "stream", "name": name, "parts": [text]})

    def display(self, kind: str, data: Mapping[str, Any], **more: Any) -> None:
        """Add a value that is displayed, or the value of the cell's last expression."""
        kept = {mime: self._fitting(mime, value) for mime, value in data.items() if isinstance(value, str)}
        kept |= {mime: "" for mime, value in data.items() if not isinstance(value, str)}
        self.add({"output_type": kind, "data": kept, **more})

    def error(self, name: str, message: str, lines: list[str]) -> None:
        """Add an exception."""
        kept = [self._kept(line) for line in lines[-MOST_LINES:]]
        message = message[:LONGEST_MESSAGE]
        self.add({"output_type": "error", "ename": name, "evalue": message, "traceback": kept})

    def add(self, output: Output) -> None:
        """Add an output, after clearing what came before if that was asked for."""
        if self._clear_next:
            self.clear()
        if len(self.outputs) < MOST_OUTPUTS:
            self.outputs.append(output)

    def clear(self, wait: bool = False) -> None:
        """Forget the outputs so far, now or when the next one comes."""
        self._clear_next = wait
        if not wait:
            self.outputs.clear()

    def replace(self, identity: str, data: Mapping[str, Any]) -> None:
        """Show other data in the place of a display of this cell."""
        for output in self.outputs:
            if output.get("display_id") == identity:
                output["data"] = {mime: self._fitting(mime, value) for mime, value in data.items()}

    def finished(self) -> list[Output]:
        """Return the outputs, the parts of each stream put together."""
        for output in self.outputs:
            if "parts" in output:
                output["text"] = "".join(output.pop("parts"))
        return self.outputs

    def _kept(self, text: str) -> str:
        kept = text[: self._text]
        self._text -= len(kept)
        return kept

    def _fitting(self, mime: str, value: object) -> str:
        if mime not in IMAGES:
            return self._kept(value) if mime == "text/plain" and isinstance(value, str) else ""
        fits = isinstance(value, str) and len(value) <= self._images
        self._images -= len(value) if fits and isinstance(value, str) else 0
        return value if fits and isinstance(value, str) else ""
