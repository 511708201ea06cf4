"""From plain spelling to tokens. A run of letters such as bnd is split into declared names."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from .characters import Text, plain, shorten

FUNCTIONS = {
    "sqrt": "sqrt", "log": "log", "ln": "ln", "lg": "lg", "exp": "exp", "max": "max", "min": "min",
    "floor": "floor",
    "ceil": "ceil", "O": "O", "Theta": "O", "o": "little o", "Omega": "Omega",
}  # fmt: skip
MOST_TOKENS = 200
MOST_READINGS = 8
TOKEN = re.compile(
    r"(?P<space> +)|(?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+(?![\w.]))?|\.\d+)"
    r"|(?P<word>[A-Za-z][A-Za-z0-9]*(?:_[A-Za-z0-9]+)*)"
    r"|(?P<frac>\\frac)|(?P<sign>\*\*|\|\||//|<=|>=|[-+*/^·(){}\[\],=<>|~])"
)


@dataclass(frozen=True)
class Token:
    """One token: number, name, constant, function, frac, sign or end; and where it stands."""

    kind: str
    value: str
    start: int
    spaced: bool  # whether a blank stands before it
    subscript: str = ""  # the base of a logarithm


@dataclass
class Choices:
    """Which of several readings to take at each ambiguous place; replays `preset`, then takes the first."""

    preset: tuple[int, ...] = ()
    made: list[tuple[str, ...]] = field(default_factory=list)

    def pick(self, *readings: str) -> int:
        """Return the number of the reading to take here."""
        self.made.append(readings)
        return self.preset[len(self.made) - 1] if len(self.made) <= len(self.preset) else 0

    def others(self) -> list[tuple[int, ...]]:
        """Return the presets that deviate from this run at one place after its own preset."""
        first = len(self.preset)
        taken = self.preset + (0,) * (len(self.made) - first)
        return [
            taken[:at] + (i,) for at in range(first, len(self.made)) for i in range(1, len(self.made[at]))
        ]


class Vocabulary:
    """The declared names, and the spellings that count as them.

    A name is found as declared; else without regard to case or underscore, where that meets one name only.
    Greek names may be declared in any spelling: σ, `\\sigma` and `sigma` are the same name. The `quiet` ones
    stand for whole expressions: nobody types them, so no message lists them.
    """

    def __init__(self, declared: Iterable[str], quiet: Iterable[str] = ()) -> None:
        self.listed = tuple(dict.fromkeys(plain(name).plain.strip() for name in declared))
        self.names = (*self.listed, *quiet)
        bad = [name for name in self.names if not re.fullmatch(r"[A-Za-z]\w*", name)]
        if bad:
            raise ValueError(
                f"cannot declare {bad[0]!r} as a variable, expected a letter, then letters and digits"
            )
        self.folded = self._unique(str.casefold)
        self.bare = self._unique(lambda name: name.casefold().replace("_", ""))
        self.bare_exact = {
            name.replace("_", ""): name
            for name in self.names
            if self.bare.get(name.casefold().replace("_", ""))
        }

    def _unique(self, form: Callable[[str], str]) -> dict[str, str]:
        forms = [form(name) for name in self.names]
        return {form(name): name for name in self.names if forms.count(form(name)) == 1}

    def find(self, word: str) -> str | None:
        """Return the declared name that `word` spells, or None; the underscore must be there."""
        return word if word in self.names else self.folded.get(word.casefold())

    def split(self, word: str) -> list[str] | None:
        """Return the fewest declared names and functions that spell `word`, exact case first, or None."""
        return self._fewest(word, exact=True) or self._fewest(word, exact=False)

    def _fewest(self, word: str, exact: bool) -> list[str] | None:
        best: list[list[str] | None] = [[]]
        for end in range(1, len(word) + 1):
            options = [
                [*before, piece]
                for start in range(max(0, end - 20), end)
                if (before := best[start]) is not None
                and (piece := self._piece(word[start:end], exact)) is not None
            ]
            best.append(min(options, key=len, default=None))
        return best[-1]

    def _piece(self, word: str, exact: bool) -> str | None:
        if word in self.names or (word in FUNCTIONS and word not in {"O", "o"}):
            return word
        return self.bare_exact.get(word) if exact else (self.find(word) or self.bare.get(word.casefold()))


def tokens(text: Text, vocabulary: Vocabulary, choices: Choices) -> list[Token]:
    """Return the tokens of `text`, ending in one of kind "end"; raises UnreadableAnswer with the place."""
    found: list[Token] = []
    at, spaced = 0, False
    while at < len(text.plain):
        match = TOKEN.match(text.plain, at)
        if not match:
            odd = re.sub(r"(\\[A-Za-z]+|.).*", r"\1", text.plain[at:], flags=re.DOTALL)
            raise text.unreadable(at, f"{odd} has no meaning here")
        kind = str(match.lastgroup)
        if kind == "word":
            found += _word(text, match[0], at, spaced, vocabulary, choices, found)
        elif kind != "space":
            found.append(Token(kind, match[0], at, spaced))
        spaced, at = kind == "space", match.end()
        if len(found) > MOST_TOKENS:
            raise text.unreadable(
                found[MOST_TOKENS].start, f"more than {MOST_TOKENS} numbers, names and signs"
            )
    return [*found, Token("end", "", len(text.plain), spaced)]


def _word(
    text: Text,
    word: str,
    at: int,
    spaced: bool,
    vocabulary: Vocabulary,
    choices: Choices,
    before: Sequence[Token],
) -> list[Token]:
    if name := vocabulary.find(word):
        if name != word and word in FUNCTIONS and text.plain[at + len(word) :].lstrip().startswith("("):
            return [Token("function", FUNCTIONS[word], at, spaced)]
        return [Token("name", name, at, spaced)]
    if word in FUNCTIONS:
        return [Token("function", FUNCTIONS[word], at, spaced)]
    if word in {"e", "pi"}:
        return [Token("constant", word, at, spaced)]
    if logarithm := re.fullmatch(r"(.*?)log(?:_(\d+)([A-Za-z]\w*)?|(\d+))", word):
        front, base, rest, glued_base = logarithm.groups()
        start, end = at + len(front), at + len(word) - len(rest or "")
        function = Token("function", "log", start, spaced and not front, base or glued_base)
        before_it = _pieces(text, front, at, spaced, vocabulary) if front else []
        return [*before_it, function, *(_pieces(text, rest, end, False, vocabulary) if rest else [])]
    if word in {"x", "X"} and before and spaced:
        return [Token("sign", "*", at, spaced)]
    whole = vocabulary.bare.get(word.casefold())
    letters = vocabulary.split(word)
    if whole and letters and len(letters) == 1:
        letters = _letters(word, vocabulary)
    if whole and letters and choices.pick(f"{word} as {whole}", f"{word} as {'·'.join(letters)}") == 0:
        letters = None
    if whole and not letters:
        return [Token("name", whole, at, spaced)]
    if letters and whole:
        return [Token("name", letter, at + i, spaced and not i) for i, letter in enumerate(letters)]
    return _pieces(text, word, at, spaced, vocabulary)


def _letters(word: str, vocabulary: Vocabulary) -> list[str] | None:
    """Return the letters of `word` if each is a declared name, as written."""
    return list(word) if all(letter in vocabulary.names for letter in word) else None


def _pieces(text: Text, word: str, at: int, spaced: bool, vocabulary: Vocabulary) -> list[Token]:
    pieces = vocabulary.split(word)
    if pieces is None:
        raise text.unreadable(at, _unknown(word, vocabulary))
    found, place = [], at
    for piece in pieces:
        kind, value = (
            ("function", FUNCTIONS[piece])
            if piece in FUNCTIONS and piece not in vocabulary.names
            else ("name", piece)
        )
        found.append(Token(kind, value, place, spaced and place == at))
        place = min(place + len(piece), at + len(word) - 1)
    return found


def _unknown(word: str, vocabulary: Vocabulary) -> str:
    known = ", ".join(vocabulary.listed) or "none"
    return f"{shorten(word, 20)!r} is not a name of this question (its names: {known}), nor a known function"
