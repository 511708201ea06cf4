"""Choices in prose: which option an answer names, by its letter or by its text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from coursekit.answers.verdict import UnreadableAnswer

WRAPPED = r"[(\[{\"'`*]*\s*([A-Za-z])\s*[)\]}\"'`*]*"
NAMED = re.compile(
    rf"\b(?:option|choice|answer|letter|statement|alternative|select|choose|pick)s?\b\s*(?:is|:|=|are)?\s*{WRAPPED}"
    r"(?=$|[\s.,:;!)—–-])",
    re.IGNORECASE,
)
IN_BRACKETS = re.compile(r"(?<![\w\\])[(\[]\s*([A-Za-z])\s*[)\]](?!\w)")
LEADING = re.compile(r"^\s*[\"'`*(\[]*([A-Za-z])[\"'`*]*\s*(?:[)\].:,;—–]|-\s|\s-\s|\s\[|$)")
FINAL = re.compile(
    rf"\b(?:correct|right|final|best|my)\s+(?:option|choice|answer|letter|one)\s*(?:is|:|=)\s*{WRAPPED}(?!\w)",
    re.IGNORECASE,
)
ENDING = re.compile(
    r"(?:\b(?:is|so|hence|thus|therefore)\b|:|=|→|->)\s*[\"'`*(\[]*([A-Za-z])[\"'`*)\]]*\s*[.!]?\s*$"
)
DENIED = re.compile(
    r"\b(?:not|isn't|neither|nor|except|excluding|wrong|incorrect|false|rather than|instead of"
    r"|eliminat\w*|rul\w+ out)\b",
    re.IGNORECASE,
)
DENIED_BEHIND = re.compile(
    r"^[\s,)\].*]*(?:is|are|seems|would be|cannot|can't)?"
    r"\s*(?:not|n't|wrong|incorrect|false|or\b|/|tempting)",
    re.IGNORECASE,
)
SEPARATORS = re.compile(r"\s*(?:[,;&+\n]|\band\b)\s*(?:and\b\s*)?")
UNDECIDED = re.compile(r"\b(?:or|either|maybe|unsure|not sure|depends|neither)\b", re.IGNORECASE)


def one_option(text: str, options: Mapping[str, str]) -> str:
    """Return the letter of the only option that a text names. Raises `UnreadableAnswer`."""
    letters = _letters(text, options)
    texts = _by_text(text, options)
    if len(letters) == 1:
        (letter,) = letters
        if texts and letter not in texts:
            raise UnreadableAnswer(f"it names ({letter}) and writes out ({texts.pop()}).", text)
        return letter
    if not letters and len(texts) == 1 and not UNDECIDED.search(_around(text, options, texts)):
        return texts.pop()
    several = (
        f"names several options: {', '.join(sorted(letters or texts))}" if letters or texts else "names none"
    )
    raise UnreadableAnswer(f"this answer {several}; expected one of the letters {', '.join(options)}.", text)


def several_options(text: str, options: Mapping[str, str]) -> str:
    """Return the letters of all options that a text lists. Raises `UnreadableAnswer`."""
    if DENIED.search(text) or UNDECIDED.search(text):
        raise UnreadableAnswer("this answer says what does not hold; list the letters that hold.", text)
    bracketed = _known(IN_BRACKETS.findall(text), options)
    if bracketed:
        return "".join(sorted(bracketed))
    text = re.sub(
        r"^[^:=]{0,40}[:=]\s*|^\s*(?:the )?(?:options|choices|letters|answers?)\s*(?:are|is)?\s*", "", text
    )
    pieces = [piece for piece in SEPARATORS.split(text.strip(" .{}[]()")) if piece]
    return "".join(sorted({one_option(piece, options) for piece in pieces}))


def _letters(text: str, options: Mapping[str, str]) -> set[str]:
    """Return the options whose letters are named as such; not the letters of words or formulas."""
    bare = re.fullmatch(rf"\s*(?:so|thus|therefore|hence)?[\s,:]*{WRAPPED}\s*[.!]?\s*", text, re.IGNORECASE)
    if bare:
        return _known([bare[1]], options)
    if final := _known([match[1] for match in FINAL.finditer(text) if not _denied(text, match)], options):
        return final
    found = set()
    for pattern in (NAMED, LEADING, ENDING, IN_BRACKETS):
        for match in pattern.finditer(text):
            if not _denied(text, match):
                found |= _known([match[1]], options)
    return found


def _denied(text: str, match: re.Match[str]) -> bool:
    """Whether what is said of a letter is that it is not the answer."""
    before = re.split(r"[.;,\n]", text[: match.start()])[-1]
    return bool(DENIED.search(before) or DENIED_BEHIND.match(text[match.end(1) :]))


def _known(letters: list[str], options: Mapping[str, str]) -> set[str]:
    by_case = {letter.casefold(): letter for letter in options}
    return {by_case[letter.casefold()] for letter in letters if letter.casefold() in by_case}


def _by_text(text: str, options: Mapping[str, str]) -> set[str]:
    """Return the options whose text an answer holds, but not those that are part of a longer one it holds."""
    said = _bare(text)
    held = {letter: _bare(option) for letter, option in options.items() if _holds(said, _bare(option))}
    return {
        letter
        for letter, option in held.items()
        if not any(option != other and option in other for other in held.values())
    }


def _holds(said: str, option: str) -> bool:
    if option.startswith("[") or len(option) < len("xxxx"):
        return option in said
    return re.search(rf"(?<![a-z_]){re.escape(option)}(?![a-z_])", said) is not None


def _around(text: str, options: Mapping[str, str], held: set[str]) -> str:
    said = _bare(text)
    for letter in held:
        said = said.replace(_bare(options[letter]), " ")
    return said + (
        " or "
        if DENIED.search(text.split(".")[0]) and not any(DENIED.search(options[letter]) for letter in held)
        else ""
    )


def _bare(text: str) -> str:
    """Return a text in lower case with one spelling of lists of axes, `[h, d, q]`, and single spaces."""
    text = re.sub(r"\$|\\(?:text|mathrm|left|right)\b|torch\.size|[`\"'*]|[.!]+$", "", text.casefold())
    text = re.sub(r"\s*(?:\\times|×|,)\s*", ",", re.sub(r"\\[,;]", " ", text))
    text = re.sub(r"(?<![a-z])([a-z]) x (?=[a-z](?![a-z]))", r"\1,", text)
    text = re.sub(r"(?<=,)([a-z]) x (?=[a-z](?![a-z]))", r"\1,", text)
    text = re.sub(r"[)\]}]+", "]", re.sub(r"[(\[{]+", "[", re.sub(r"(?<=[(\[{])\s+|\s+(?=[)\]}])", "", text)))
    axes = re.sub(r"(?<![\w,])\[?([a-z](?:,[a-z]){1,3})\]?(?![\w,])", r"[\1]", text)
    return re.sub(r"\s+", " ", axes).strip()
