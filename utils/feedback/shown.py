"""Text that came from a student or a library, as a page may show it; and Python with its colours."""

from __future__ import annotations

import re

from markupsafe import Markup, escape
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

LONGEST = 12_000  # characters of one output or message; more is cut, with a note
LONGEST_COLOURED = 30_000  # characters of code; longer code is shown in one colour
ANSI = re.compile(r"\x1b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-_])")
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")
# Marks that turn text around, so that it reads otherwise than it runs.
TURNS = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def shown(text: str, longest: int = LONGEST) -> str:
    """Return a text without what a terminal would obey, cut to a length; it is still to be escaped."""
    plain = TURNS.sub("", CONTROLS.sub("", ANSI.sub("", text)))
    return plain if len(plain) <= longest else f"{plain[:longest]}\n… ({len(plain) - longest} characters cut)"


def coloured(code: str) -> Markup:
    """Return Python as escaped text in which `<span class>` marks keywords, strings, numbers and comments."""
    text = TURNS.sub(lambda found: f"\\u{ord(found[0]):04x}", CONTROLS.sub("", code)).strip("\n")
    if len(text) > LONGEST_COLOURED:
        return escape(text)
    formatter = HtmlFormatter(nowrap=True)
    return Markup(highlight(text, PythonLexer(stripnl=False), formatter))  # noqa: S704 - Pygments escapes
