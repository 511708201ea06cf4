"""TeX as MathML, which a browser draws without a script, a font or a network.

What latex2mathml does not know, or what could be used to trouble a browser, stays readable TeX.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache
from xml.etree import ElementTree

from latex2mathml.converter import convert

LONGEST = 1_000  # characters of one formula; those of the lessons have at most 250
DEEPEST = 40  # elements inside one another
# Commands that define others: a few of them can unfold into gigabytes.
DEFINES = re.compile(r"\\(?:\w*newcommand|\w*newenvironment|\w*def|let|href|url|hspace|rule)(?![a-z])")
NAMESPACE = "{http://www.w3.org/1998/Math/MathML}"
# fmt: off
TAGS = frozenset({
    "math", "mrow", "mi", "mo", "mn", "mtext", "mspace", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup",
    "mover", "munder", "munderover", "mtable", "mtr", "mtd", "mstyle", "mpadded", "mphantom",
})
# fmt: on
PARTS = {"mfrac": 2, "mroot": 2, "msub": 2, "msup": 2, "mover": 2, "munder": 2, "msubsup": 3, "munderover": 3}
ATTRIBUTES = {
    "math": {"display", "xmlns"},
    "mi": {"mathvariant"},
    "mn": {"mathvariant"},
    "mo": {"stretchy", "fence", "form", "largeop", "movablelimits", "separator", "symmetric", "mathvariant"}
    | {"minsize", "maxsize", "lspace", "rspace"},
    "mspace": {"width"},
    "mfrac": {"linethickness"},
    "mover": {"accent"},
    "munder": {"accentunder"},
    "mtable": {"columnalign", "columnspacing", "rowspacing", "displaystyle"},
    "mstyle": {"displaystyle", "scriptlevel"},
}


@lru_cache(maxsize=2_000)
def mathml(tex: str, display: bool = False) -> str:
    """Return a formula as MathML; as TeX in a `<code>` element when that cannot be done."""
    tex = tex.strip()
    try:
        made = _converted(tex, display)
    except Exception:  # the converter raises whatever its parsing meets, KeyError and RecursionError included
        return _as_text(tex)
    return made or _as_text(tex)


def _converted(tex: str, display: bool) -> str:
    """Return MathML, or "" when a part of it is not to be shown. Raises what the converter raises."""
    if len(tex) > LONGEST or DEFINES.search(tex):
        return ""
    made = convert(tex, display="block" if display else "inline")
    return made if _is_plain(ElementTree.fromstring(made)) else ""


def _is_plain(element: ElementTree.Element, depth: int = 0) -> bool:
    """Return whether there are only known, complete elements and no command left as it stood."""
    name = element.tag.removeprefix(NAMESPACE)
    known = name in TAGS and depth < DEEPEST and len(element) == PARTS.get(name, len(element))
    readable = not (element.text or "").startswith("\\")
    return known and readable and all(_is_plain(child, depth + 1) for child in element)


def _as_text(tex: str) -> str:
    return f"<code>{html.escape(tex)}</code>"
