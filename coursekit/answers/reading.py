"""What an answer says once its wrapping is off: labels, dollar signs, "approximately", units, chains of
equals signs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from .characters import Text, plain
from .denial import refuse_denial
from .notation import first_reading, readings
from .sentence import is_single, without_prose
from .tree import Call, Tree, shown
from .vectors import named, of_squares, pairs, symbols
from .words import Vocabulary

LABEL = re.compile(r"\s*[A-Za-z]\w*(?:\s*\([^()=]*\))?\s*$")
NAMED = re.compile(r"\s*[A-Za-z][A-Za-z ]{0,30}:")
ROUGHLY = re.compile(r"\s*(?:approximately|approx\.?|about|roughly|circa|~)\s*", re.IGNORECASE)
LIBRARY = r"\b(?:np|numpy|math|torch)\.(?=(?:sqrt|log|log2|exp|floor|ceil)\b)"
CLOSING = r"(?<=[^.,;\s])[.,;\s]+$"  # of a sentence, or of a part of one
EQUALS = re.compile(r"(?<![<>!=~:])=(?!=)")


@dataclass(frozen=True)
class Reading:
    """An answer as understood: its sides (several in a chain a = b = c), each with its readings."""

    text: str
    sides: tuple[tuple[Tree, ...], ...]
    notes: tuple[str, ...] = ()
    symbols: Mapping[str, str] = field(default_factory=dict)

    @property
    def tree(self) -> Tree:
        """The most usual reading of the last side."""
        return self.sides[-1][0]

    @property
    def pretty(self) -> str:
        """The answer with Unicode powers and middle dots, without the O( ) around it."""
        inside = (
            self.tree.arguments[0] if isinstance(self.tree, Call) and self.tree.function == "O" else self.tree
        )
        return shown(inside, self.symbols)

    @property
    def echo(self) -> str:
        """The same, with a remark on each place that could have been read in another way."""
        return self.pretty + "".join(f"  ({note})" for note in self.notes)


@dataclass(frozen=True)
class Reader:
    """Reads the answers to one question. A name outside `variables` and `constants` is refused."""

    variables: tuple[str, ...]
    constants: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    vectors: tuple[str, ...] = ()
    aliases: Mapping[str, str] = field(default_factory=dict)
    any_label: bool = True  # whether whatever stands before the first = is a label
    sentences: bool = False  # whether plain words may stand around an O( )

    @property
    def vocabulary(self) -> Vocabulary:
        norms = [f"{vector}2" for vector in self.vectors]
        declared = [*self.variables, *self.constants, *self.vectors, *norms, *self.aliases.values()]
        return Vocabulary(declared, of_squares(self.vectors, self.aliases).values())

    def author(self, text: str) -> Tree:
        """Return the tree of what the author of a question wrote, in its most usual reading."""
        vocabulary = self.vocabulary
        return first_reading(self.stripped(text, vocabulary)[-1][0], vocabulary)

    def read(self, text: str) -> Reading:
        """Return how an answer reads; raises UnreadableAnswer when it has no reading, or too many."""
        vocabulary = self.vocabulary
        sides, notes = [], []
        for side, words in self.stripped(text, vocabulary):
            found = readings(side, vocabulary)
            sides.append(tuple(tree for tree, _ in found))
            notes += [f"read as {made[0]}, not {made[1]}" for made in found[0][1].made]
            notes += [*_implicit(side), *([f"words left out: {words}"] if words else [])]
        return Reading(text, tuple(sides), tuple(dict.fromkeys(notes)), symbols(self.vectors, self.aliases))

    def stripped(self, text: str, vocabulary: Vocabulary) -> list[tuple[Text, str]]:
        """Return the sides of an answer, each as a bare formula and the words that were left out."""
        whole = plain(text).replace(LIBRARY, "").replace(CLOSING, "")
        if label := NAMED.match(whole.plain):
            refuse_denial(label[0], text)
            whole = whole.part(label.end(), len(whole.plain))
        products, literal = pairs(self.vectors, self.aliases)
        sides = self.sides(whole)
        sides = [self.without_unit(side, vocabulary) for side in map(_exactly, sides)]
        squares = of_squares(self.vectors, self.aliases)
        sides = [named(side, products, literal, squares) for side in sides]
        for side in sides:
            if not side.plain.strip():
                raise whole.unreadable(None, "expected a formula after the label")
        in_words = self.sentences and is_single(whole)
        return [without_prose(side, vocabulary) if in_words else (side, "") for side in sides]

    def sides(self, whole: Text) -> list[Text]:
        cuts = [
            match.start() for match in EQUALS.finditer(whole.plain) if _outside(whole.plain, match.start())
        ]
        ends = [*cuts, len(whole.plain)]
        sides = [
            whole.part(start, end) for start, end in zip([0, *(cut + 1 for cut in cuts)], ends, strict=True)
        ]
        labelled = len(sides) > 1 and (self.any_label or LABEL.match(sides[0].plain))
        if labelled:
            refuse_denial(sides[0].plain, whole.plain)
        return sides[1:] if labelled else sides

    def without_unit(self, side: Text, vocabulary: Vocabulary) -> Text:
        for unit in sorted(self.units, key=len, reverse=True):
            spelled = re.escape(unit)
            either = rf"\[\s*{spelled}\s*\]|\(\s*{spelled}\s*\)|(?<![A-Za-z_]){spelled}"
            match = re.search(rf"\s*(?:{either})\s*$", side.plain)
            if match and match.start() and unit not in vocabulary.names:
                return side.part(0, match.start())
        return side


def _outside(text: str, at: int) -> bool:
    """Whether no bracket is open before `at`."""
    return sum(map(text[:at].count, "({[")) == sum(map(text[:at].count, ")}]"))


def _exactly(side: Text) -> Text:
    match = ROUGHLY.match(side.plain)
    return side.part(match.end(), len(side.plain)) if match else side


def _implicit(side: Text) -> list[str]:
    """Return a remark for each run of letters over something: some mean b·n·(d/h), here the same."""
    runs = re.finditer(r"(?<![\w^.*·/])([A-Za-z]{2,6})/([A-Za-z]\w*)(?![\w(])", side.plain)
    return [
        f"{run[0]} read as ({'·'.join(run[1])})/{run[2]}" for run in runs if run[1] not in {"sqrt", "log"}
    ]


def reader_for(
    expected: str | Sequence[str],
    variables: Sequence[str] | None,
    constants: Sequence[str],
    **options: object,
) -> tuple[Reader, list[str]]:
    """Return the reader of a question and its expected answers as a list.

    With `variables` None every letter of the expected answers counts as one.
    """
    answers = [expected] if isinstance(expected, str) else list(expected)
    if not answers:
        raise ValueError("no expected answer given")
    declared = tuple(variables) if variables is not None else tuple(dict.fromkeys(_letters(answers)))
    return Reader(declared, tuple(constants), **options), answers  # type: ignore[arg-type]


def _letters(answers: Sequence[str]) -> list[str]:
    """Return the names in the expected answers: underscored and Greek words whole, others by letter."""
    from .characters import GREEK
    from .words import FUNCTIONS

    found: list[str] = []
    for answer in answers:
        for word in re.findall(r"[A-Za-z]\w*", plain(answer).plain.replace(r"\frac", " ")):
            whole = "_" in word or word in GREEK
            found += [] if word in FUNCTIONS else [word] if whole else [c for c in word if c.isalpha()]
    return found
