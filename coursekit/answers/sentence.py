"""A Big-O inside a sentence, "The cost is O(n^2) per step.": the words around it are left out.

Only plain words are, and only around a single O( ): a word that may change what is claimed ("not", "or",
"per head", "for large n") or that could be part of the formula leaves the text as it is, to be refused.
"""

from __future__ import annotations

import re
from itertools import pairwise

from .characters import Text
from .words import FUNCTIONS, Vocabulary

GROUP = re.compile(r"(?<![A-Za-z0-9_])(?:O|Theta)\s*(?=[({\[])")
BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}
BETWEEN = re.compile(r"[\s,:;.!]+")
WORD = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")
MEASURES = {"step", "token", "call"}  # "per step" says which cost is meant, "per head" changes it

# Each of these joins two claims, denies or limits one, or does arithmetic in words.
MEANT = re.compile(
    """
    or|and|not|nor|no|never|neither|either|cannot|but|wrong|false|incorrect
    |plus|minus|times|over|by|divided|multiplied|product|sum|squared?|squares|cubed|root|twice|double|half
    |when|if|unless|until|where|while|whereas|otherwise|else|except|without|only|for|with|assuming|given|once
    |less|more|than|least|most|greater|smaller|larger|fewer|bigger|lower|higher|below|above|under|between
    |to|each|every|all|both|instead|rather|versus|vs|worse|better|beyond|exceeds|strictly
    |linear|quadratic|cubic|constant|logarithmic|polynomial|exponential|sublinear|subquadratic
    |ignoring|excluding|neglecting|besides|apart|omega|o
    """,
    re.VERBOSE | re.IGNORECASE,
)


def is_single(whole: Text) -> bool:
    """Whether there is just one O( ) in an answer."""
    return len(GROUP.findall(whole.plain)) == 1


def without_prose(text: Text, vocabulary: Vocabulary) -> tuple[Text, str]:
    """Return the O( ) of a sentence and the words left out, or the text as it is and no words."""
    group = GROUP.search(text.plain)
    if not group or "O" in vocabulary.names:
        return text, ""
    end = _end(text.plain, group.end())
    around = [text.plain[: group.start()], text.plain[end:]]
    words = [[word for word in BETWEEN.split(part) if word] for part in around]
    if not all(_is_prose(part, vocabulary) for part in words):
        return text, ""
    return text.part(group.start(), end), " … ".join(" ".join(part) for part in words if part)


def _end(text: str, start: int) -> int:
    """Return where the bracket that opens at `start` has closed; the end of the text when it never does."""
    depth = 0
    for at in range(start, len(text)):
        depth += BRACKETS.get(text[at], 0)
        if depth == 0:
            return at + 1
    return len(text)


def _is_prose(words: list[str], vocabulary: Vocabulary) -> bool:
    measures = [after for word, after in pairwise([*words, ""]) if word.lower() == "per"]
    pieces = [piece for word in words for piece in word.split("-")]
    return (
        all(map(WORD.fullmatch, words))
        and all(measure in MEASURES for measure in measures)
        and not any(_matters(piece, vocabulary) for piece in pieces)
    )


def _matters(word: str, vocabulary: Vocabulary) -> bool:
    """Whether a word may be a part of the formula, or of another claim."""
    known = word in {*FUNCTIONS, "e", "x", "pi"} or vocabulary.find(word) or vocabulary.split(word)
    return bool(known) or bool(MEANT.fullmatch(word))
