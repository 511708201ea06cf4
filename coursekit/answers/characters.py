"""From what people type (Unicode, LaTeX) to one plain spelling that remembers the places."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from .verdict import UnreadableAnswer

LONGEST = 400  # characters; the longest answer of the course has 130

SUPERSCRIPT = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱᵀ", "0123456789+-()niT", strict=True))
SUBSCRIPT = dict(zip("₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₘₙₕₗᵥ", "0123456789ijkmnhlv", strict=True))
PLAIN_WORDS = ["sqrt", "log", "ln", "lg", "exp", "max", "min", "sum"]
GREEK = [
    "alpha",
    "beta",
    "gamma",
    "delta",
    "epsilon",
    "zeta",
    "eta",
    "theta",
    "iota",
    "kappa",
    "lambda",
    "mu",
    "nu",
    "xi",
    "omicron",
    "pi",
    "rho",
    "sigma",
    "tau",
    "upsilon",
    "phi",
    "chi",
    "psi",
    "omega",
]
LETTERS = dict(zip("αβγδεζηθικλμνξοπρστυφχψω", GREEK, strict=True)) | {"µ": "mu", "ϵ": "epsilon", "ϕ": "phi"}

SYMBOLS = {
    "∗": "*", "×": "*", "⋅": "·", "∙": "·", "•": "·", "⨯": "*", "−": "-", "–": "-", "÷": "/", "⁄": "/",
    "∕": "/",
    "О": "O", "о": "o", "Θ": " Theta ", "𝒪": "O", "Ω": " Omega ", "∑": " sum", "Σ": " sum", "√": " sqrt ",
    "‖": "||", "∥": "||", "⊤": "T", "′": "'", "’": "'", "⟨": "<", "⟩": ">", "〈": "<", "〉": ">", "…": "...",
    "⌊": " floor(", "⌋": ")", "⌈": " ceil(", "⌉": ")", "½": "(1/2)", "¼": "(1/4)", "¾": "(3/4)",
    "≤": "<=", "≥": ">=", "≈": "~", "∼": "~", "≍": "~", "≃": "~",
}  # fmt: skip

COMMANDS = {
    "cdot": "·", "times": "*", "ast": "*", "left": "", "right": "", "quad": " ", "qquad": " ",
    "displaystyle": " ",
    "dfrac": r"\frac", "tfrac": r"\frac", "lfloor": " floor(", "rfloor": ")", "lceil": " ceil(", "rceil": ")",
    "langle": "<", "rangle": ">", "Vert": "||", "lVert": "||", "rVert": "||", "vert": "|", "lvert": "|",
    "rvert": "|",
    "mid": "|", "top": "T", "intercal": "T", "dots": "...", "ldots": "...", "cdots": "...", "approx": "~",
    "sim": "~",
    "le": "<=", "leq": "<=", "ge": ">=", "geq": ">=", "div": "/", "boxed": "", "Theta": " Theta ",
    "Omega": " Omega ",
    "varepsilon": " epsilon", "varphi": " phi", "big": "", "Big": "", "bigl": "", "bigr": "", "Bigl": "",
    "Bigr": "",
    "limits": "", "lbrace": "(", "rbrace": ")",
} | {word: f" {word}" for word in [*PLAIN_WORDS, *GREEK]}  # fmt: skip

INVISIBLE = {"Cf", "Cc", "Mn"}


@dataclass(frozen=True)
class Text:
    """A plain spelling, and for each of its characters the place in the original it came from."""

    plain: str
    places: tuple[int, ...]
    original: str

    def replace(self, pattern: str | re.Pattern[str], by: str | Callable[[re.Match[str]], str]) -> Text:
        """Return the text with each match replaced; the new characters point to where the match began."""
        if not re.search(pattern, self.plain):
            return self
        plain, places, end = [], list[int](), 0
        for match in re.finditer(pattern, self.plain):
            new = by(match) if callable(by) else match.expand(by)
            plain += [self.plain[end : match.start()], new]
            places += self.places[end : match.start()] + (
                self.places[min(match.start(), len(self.places) - 1)],
            ) * len(new)
            end = match.end()
        return Text("".join([*plain, self.plain[end:]]), tuple(places) + self.places[end:], self.original)

    def part(self, start: int, end: int) -> Text:
        """Return the piece from `start` to `end` of the plain spelling, without blanks around it."""
        piece = self.plain[start:end]
        start += len(piece) - len(piece.lstrip())
        end -= len(piece) - len(piece.rstrip())
        return Text(self.plain[start:end], self.places[start:end], self.original)

    def unreadable(self, at: int | None, problem: str) -> UnreadableAnswer:
        """Return the exception to raise: what is wrong, quoting the original around plain character `at`."""
        if at is None or not self.places:
            return UnreadableAnswer(f"cannot read {shorten(self.original)!r}: {problem}", self.original)
        place = self.places[at] if at < len(self.places) else len(self.original.rstrip())
        quoted = shorten(self.original[place:], 20)
        where = f"at {quoted!r} (character {place + 1})" if quoted else "at its end"
        message = f"cannot read {shorten(self.original)!r} {where}: {problem}"
        return UnreadableAnswer(message, self.original, place)


def shorten(text: str, longest: int = 60) -> str:
    """Return `text`, cut with three dots when longer than `longest`."""
    return text if len(text) <= longest else text[:longest] + "..."


def plain(text: str) -> Text:
    """Return the plain spelling of `text`; raises UnreadableAnswer when it is empty or too long."""
    if not isinstance(text, str):
        raise UnreadableAnswer(f"the answer is a {type(text).__name__}, expected text in quotes")
    if len(text) > LONGEST:
        place = f"cannot read {shorten(text)!r} at {shorten(text[LONGEST:], 20)!r}"
        raise UnreadableAnswer(f"{place}: {len(text)} characters, expected at most {LONGEST}", text, LONGEST)
    spelled = _without_latex(_characters(text))
    if not spelled.plain.strip():
        raise UnreadableAnswer("the answer is empty, expected a formula", text)
    return spelled


def _characters(text: str) -> Text:
    pieces, places = [], list[int]()
    for place, (kind, char) in enumerate(map(_spelled, text)):
        before = _spelled(text[place - 1])[0] if place else ""
        opening = {"^": "^{", "_": "_"}.get(kind, "") if kind != before else ""
        after = _spelled(text[place + 1])[0] if place + 1 < len(text) else ""
        closing = {"^": "}", "_": " "}.get(kind, "") if kind != after else ""
        new = opening + char + closing
        pieces.append(new)
        places += [place] * len(new)
    return Text("".join(pieces), tuple(places), text)


def _spelled(char: str) -> tuple[str, str]:
    """Return ("^" or "_" or "", plain spelling). Superscripts come first: NFKC would turn n² into n2."""
    if char in SUPERSCRIPT:
        return "^", SUPERSCRIPT[char]
    if char in SUBSCRIPT:
        return "_", SUBSCRIPT[char]
    if char in LETTERS:
        return "", f" {LETTERS[char]} "
    if char in SYMBOLS:
        return "", SYMBOLS[char]
    if char.isspace():
        return "", " "
    return "", "" if unicodedata.category(char) in INVISIBLE else unicodedata.normalize("NFKC", char)


def _without_latex(text: Text) -> Text:
    text = text.replace(r"\$|\\\(|\\\)|\\\[|\\\]", " ")
    wrapper = (
        r"\\(?:text|textrm|textbf|mathrm|mathit|mathbf|mathsf|mathcal|mathbb|operatorname|boldsymbol|bm|vec)"
    )
    text = text.replace(rf"_\s*\{{?\s*{wrapper}\s*\{{([^{{}}]*)\}}\s*\}}?", r"_{\1}")
    text = text.replace(rf"{wrapper}\s*\{{([^{{}}]*)\}}", r" \1 ")
    text = text.replace(r"\\\|", "||").replace(r"\\\{", "(").replace(r"\\\}", ")").replace(r"\\[,;:! ]", " ")
    text = text.replace(r"\\([A-Za-z]+)", lambda match: COMMANDS.get(match[1], match[0]))
    return text.replace(r"\s+(?=_)|(?<=_)\s+", "").replace(r"_\{\s*(\w+)\s*\}", r"_\1 ")
