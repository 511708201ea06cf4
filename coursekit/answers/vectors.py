"""Dot products and squared norms, in the many ways people write them, become one name each.

A declared vector mu gets the name mu2 for its squared norm; an alias such as {"q.k": "s"} names the dot
product of q and k. A bare mu^2 stays what it says, a scalar squared, so that a checker can tell the two
apart; likewise the sum of squared products, sum_i (q_i k_i)^2, is no s^2 but a quantity of its own.
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
ENTRYWISE = r"\s*(?:\*|⊙|\\odot)\s*"
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


def of_squares(vectors: Sequence[str], aliases: Mapping[str, str]) -> Pairs:
    """Return the name of sum_i q_i^2 k_i^2 for each dot product of two vectors that has a name."""
    products, _ = pairs(vectors, aliases)
    found: Pairs = {}
    for one, other in products:
        if one != other and (other, one) not in found and "_" not in one + other:
            found[one, other] = f"sum_{one}2_{other}2"
    return found


def symbols(vectors: Sequence[str], aliases: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return how the squared norms, and the sums of squared products, are shown to people."""
    greek = dict(zip(GREEK, GREEK_LETTERS, strict=True))
    sums = of_squares(vectors, aliases or {})
    return {f"{v}2": f"‖{greek.get(v, v)}‖²" for v in map(_spelling, vectors)} | {
        name: f"Σᵢ {greek.get(u, u)}ᵢ²{greek.get(v, v)}ᵢ²" for (u, v), name in sums.items()
    }


def named(text: Text, products: Pairs, aliases: Mapping[str, str], squares: Pairs) -> Text:
    """Return `text` with every known product of vectors replaced by its name."""
    for (left, right), name in squares.items():
        text = _squares(_squares(text, left, right, name), right, left, name)
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


def _squares(text: Text, left: str, right: str, name: str) -> Text:
    """Replace each form of sum_i (q_i k_i)^2: the products are squared first and added then."""
    u, v = _word(left), _word(right)
    raised = rf"\(\s*{u}{ENTRYWISE}{v}\s*\){SQUARED}"
    both = rf"{_maybe_bracketed(u + SQUARED)}{ENTRYWISE}{_maybe_bracketed(v + SQUARED)}"
    power = r"\.(?:pow\(\s*2\s*\)|square\(\s*\))"
    end = rf"\(\s*{left}_\w+\s*{right}_\w+\s*\){SQUARED}"
    apart = rf"{left}_\w+{SQUARED}\s*{right}_\w+{SQUARED}"
    for pattern in (
        rf"{OVER}\(\s*{_entries(left, right)}\s*\){SQUARED}",
        rf"{OVER}{_entries(left, right, SQUARED)}",
        rf"{LIBRARY}sum\(\s*(?:{raised}|{both})(?:\s*,[^()]*)?\s*\)",
        rf"\(\s*(?:{raised}|{both})\s*\){TO_SUM}|\(\s*{u}{ENTRYWISE}{v}\s*\){power}{TO_SUM}",
        rf"{LIBRARY}(?:dot|inner|vdot)\(\s*{u}{SQUARED}\s*,\s*{v}{SQUARED}\s*\)",
        rf"\|\|\s*{u}\s*(?:⊙|\\odot)\s*{v}\s*\|\|(?:\s*_\s*(?:2|\{{2\}}))?{SQUARED}",
        *(rf"{term}(?:\s*\+\s*{term})?\s*\+\s*\.\.\.\s*\+\s*{term}" for term in (end, apart)),
    ):
        text = text.replace(pattern, f" {name} ")
    return text


def _entries(left: str, right: str, power: str = "") -> str:
    """Return the pattern of q_i k_i with one index, each entry raised to `power`."""
    first = rf"(?P<one>\(\s*)?{left}(?:_|\[)(?P<at>\w)\]?{power}(?(one)\s*\))"
    second = rf"(?P<two>\(\s*)?{right}(?:_|\[)(?P=at)(?![A-Za-z0-9])\]?{power}(?(two)\s*\))"
    return rf"{first}\s*[*·]?\s*{second}"


def _dots(text: Text, left: str, right: str, name: str) -> Text:
    u, v = _word(left), _word(right)
    product = _maybe_bracketed(rf"{u}\s*[*·]\s*{v}")
    entries = _entries(left, right)
    for pattern in (
        rf"(?<![A-Za-z_]){left}{TRANSPOSED}{BETWEEN}{right}(?![A-Za-z0-9_]){NOT_RAISED}",
        rf"{LIBRARY}(?:dot|inner|vdot)\(\s*{u}\s*,\s*{v}\s*\)|{u}\.dot\(\s*{v}\s*\)|<\s*{u}\s*,\s*{v}\s*>",
        rf"{LIBRARY}sum\(\s*{product}(?:\s*,[^()]*)?\s*\)|\(\s*{u}\s*\*\s*{v}\s*\){TO_SUM}",
        rf"{OVER}\(\s*{entries}\s*\){NOT_RAISED}",
        rf"{OVER}{entries}{NOT_RAISED}",
        rf"{u}{DOT}{v}{NOT_RAISED}",
    ):
        text = text.replace(pattern, f" {name} ")
    return text
