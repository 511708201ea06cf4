"""Dot products and squared norms, in the many ways people write them, become one name each.

A declared vector mu gets the name mu2 for its squared norm; an alias such as {"q.k": "s"} names the dot
product of q and k. A bare mu^2 stays what it says, a scalar squared, so that a checker can tell the two
apart.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from .characters import GREEK, Text, plain

Pairs = dict[tuple[str, str], str]

BETWEEN = r"\s*[·.@*]?\s*"
DOT = r"\s*[·.@]\s*"
TRANSPOSED = r"\s*(?:\^\s*(?:\{\s*T\s*\}|\(\s*T\s*\)|T)|'|\.T(?![A-Za-z]))"
SQUARED = r"\s*(?:\^|\*\*)\s*(?:2(?![\d.])|\{\s*2\s*\}|\(\s*2\s*\))"
NOT_RAISED = r"(?!\s*(?:\^|\*\*))"
LIBRARY = r"(?:(?:np|numpy|torch)\.(?:linalg\.)?)?"
TO_SUM = r"\.sum\(\s*(?:(?:dim\s*=\s*|axis\s*=\s*)?-?\d*)\s*\)"
OVER = r"sum\s*(?:_\s*(?:\{\s*\w\s*(?:=[^{}]*)?\}|\w(?![A-Za-z0-9])))?\s*(?:\^\s*(?:\{[^{}]*\}|\w))?\s*"
ENTRY = r"(?:_(?:\w(?![A-Za-z0-9]))\s*|\[\w\])"
GREEK_LETTERS = "αβγδεζηθικλμνξοπρστυφχψω"


def pairs(vectors: Sequence[str], aliases: Mapping[str, str]) -> tuple[Pairs, dict[str, str]]:
    """Return the name of each dot product, and the aliases that are not dot products."""
    named = {(vector, vector): f"{vector}2" for vector in map(_spelling, vectors)}
    literal: dict[str, str] = {}
    for written, name in aliases.items():
        match = re.fullmatch(rf"(\w+)(?:{TRANSPOSED}{BETWEEN}|{DOT})(\w+)", _spelling(written))
        if match:
            named[match[1], match[2]] = name
        else:
            literal[written] = name
    return named, literal


def symbols(vectors: Sequence[str]) -> dict[str, str]:
    """Return how the squared norms are shown to people."""
    greek = dict(zip(GREEK, GREEK_LETTERS, strict=True))
    return {f"{v}2": f"‖{greek.get(v, v)}‖²" for v in map(_spelling, vectors)}


def named(text: Text, products: Pairs, aliases: Mapping[str, str]) -> Text:
    """Return `text` with every known product of vectors replaced by its name."""
    for written, name in sorted(aliases.items(), key=lambda item: -len(item[0])):
        text = text.replace(r"\s*".join(map(re.escape, _spelling(written).replace(" ", ""))), f" {name} ")
    for (left, right), name in products.items():
        if left == right:
            text = _norms(text, left, name)
    for (left, right), name in products.items():
        text = _dots(text, left, right, name)
        text = _dots(text, right, left, name) if left != right else text
    return text


def _spelling(text: str) -> str:
    return plain(text).plain.strip()


def _word(vector: str) -> str:
    return rf"(?<![A-Za-z_\\]){vector}(?![A-Za-z0-9_])"


def _maybe_bracketed(pattern: str) -> str:
    return rf"(?:\(\s*{pattern}\s*\)|{pattern})"


def _norms(text: Text, vector: str, name: str) -> Text:
    v = _word(vector)
    norm = rf"(?:\|\|\s*{v}\s*\|\||\|\s*{v}\s*\||{LIBRARY}norm\(\s*{v}\s*\))(?:\s*_\s*(?:2|\{{2\}}))?"
    square = _maybe_bracketed(rf"{v}{SQUARED}")
    entry = rf"{_maybe_bracketed(vector + ENTRY)}{SQUARED}"
    for pattern in (
        rf"{norm}{SQUARED}",
        rf"\(\s*{v}{SQUARED}\s*\){TO_SUM}|{v}\.(?:pow\(\s*2\s*\)|square\(\s*\)){TO_SUM}",
        rf"{LIBRARY}sum\(\s*{square}(?:\s*,[^()]*)?\s*\)",
        rf"{OVER}{_maybe_bracketed(entry)}",
        rf"{vector}_1{SQUARED}(?:\s*\+\s*{vector}_2{SQUARED})?\s*\+\s*\.\.\.\s*\+\s*{vector}_\w+\s*{SQUARED}",
    ):
        text = text.replace(pattern, f" {name} ")
    return text.replace(norm, f" sqrt({name}) ")


def _dots(text: Text, left: str, right: str, name: str) -> Text:
    u, v = _word(left), _word(right)
    product = _maybe_bracketed(rf"{u}\s*[*·]\s*{v}")
    same = rf"(?:_|\[)(?P<at>\w)\]?\s*[*·]?\s*{right}(?:_|\[)(?P=at)(?![A-Za-z0-9])\]?"
    entries = left + same
    for pattern in (
        rf"(?<![A-Za-z_]){left}{TRANSPOSED}{BETWEEN}{right}(?![A-Za-z0-9_]){NOT_RAISED}",
        rf"{LIBRARY}(?:dot|inner|vdot)\(\s*{u}\s*,\s*{v}\s*\)|{u}\.dot\(\s*{v}\s*\)|<\s*{u}\s*,\s*{v}\s*>",
        rf"{LIBRARY}sum\(\s*{product}(?:\s*,[^()]*)?\s*\)|\(\s*{u}\s*\*\s*{v}\s*\){TO_SUM}",
        rf"{OVER}\(\s*{entries}\s*\){NOT_RAISED}",
        rf"{OVER}{entries}",
        rf"{u}{DOT}{v}{NOT_RAISED}",
    ):
        text = text.replace(pattern, f" {name} ")
    return text
