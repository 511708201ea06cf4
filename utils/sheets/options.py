"""Choices in prose: which option an answer names, by its letter or by its text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from coursekit.answers import choice
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
OVERTURNS = re.compile(  # what stands behind an answer and may take it back
    r"\b(?:actually|wait|correct(?:ion|ed)|alternatively|hmm+|instead|sorry|mistake|scratch|unsure|not sure"
    r"|guess|maybe|perhaps|possibly|probably|depends|second thought|reconsider\w*|otherwise|unless|either"
    r"|neither|however|wrong|incorrect|false)\b|(?:^|[.!?]\s+)(?:but|no)\b|\?",
    re.IGNORECASE,
)
DENIES_IT = re.compile(
    r"\b(?:this|that|it|which)\s+(?:one\s+)?"
    r"(?:(?:is|was|would be|seems|looks|can(?:not|'t) be)\s+(?:wrong|incorrect|false)"
    r"|(?:is|was|would|can|could|does|do)(?:n't|\s*not)\s+(?:be\s+|seem\s+|look\s+)?"
    r"(?:right|correct|true|valid|it|fit|work|hold|apply|the (?:right|correct|answer|one)))\b",
    re.IGNORECASE,
)
PRAISED = r"(?:correct|right|true|also|too|better|best|answer|valid|equally|holds?|works?|as well|fits?)"
SENTENCE_END = re.compile(r"\n+|(?<=[.!?])\s+")
NEW_SENTENCE = re.compile(r"[A-Z(\[*_`$>#\d-]|because\b|since\b|as\b|for\b")
UNDECIDED = re.compile(r"\b(?:or|either|maybe|unsure|not sure|depends|neither)\b", re.IGNORECASE)


def one_option(text: str, options: Mapping[str, str]) -> str:
    """Return the letter of the only option that a text names. Raises `UnreadableAnswer`."""
    if found := _in_front(text, options):
        return found
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


def _in_front(text: str, options: Mapping[str, str]) -> str:
    """Return the letter of the option that stands alone in the first line; "" for a text that has none there.

    Raises `UnreadableAnswer` when what stands below may take it back.
    """
    first, newline, below = text.strip().partition("\n")
    try:
        letter = choice.read(first.strip("*_ \t"), options)
    except UnreadableAnswer:
        return ""
    below = below.strip()
    if below and (not NEW_SENTENCE.match(below) or _overturned(below, letter, options)):
        raise UnreadableAnswer(f"it names ({letter}) and goes on with what may be another answer.", text)
    return letter if newline else ""


def _overturned(behind: str, letter: str, options: Mapping[str, str]) -> bool:
    """Whether what stands behind an answer may take it back: it doubts it, or speaks for another option."""
    others = "".join(each + each.upper() for each in options if each != letter)
    named = _known([found[1] for found in NAMED.finditer(behind) if not _denied(behind, found)], options)
    if (named | _by_text(behind, options)) - {letter}:
        return True
    other = rf"(?<![\w'’])[(\[]?[{others}][)\]]?(?![\w'’])"
    refuted = rf"{other}\s+(?:is|are|was|would be)\s+(?:wrong|incorrect|false)\b"
    kept = [re.sub(refuted, "", each) for each in SENTENCE_END.split(behind)]
    mine = rf"(?<![\w'’])[(\[]?{letter}[)\]]?(?![\w'’])\s+(?:is|was|are|would be|cannot|can't|isn't)\b"
    return any(
        OVERTURNS.search(each)
        or _known(LEADING.findall(each), options) - {letter}
        or re.search(rf"{other}(?:[\s.!*_]*$|\s+(?:is|are|was|it)\b)", each)
        or DENIES_IT.search(each)
        or (re.search(mine, each) and DENIED.search(each))
        or re.search(rf"\bor\s+{other}", each)
        or (re.search(other, each) and re.search(rf"\b{PRAISED}\b", each, re.IGNORECASE))
        for each in kept
    )


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
            if pattern is LEADING and DENIES_IT.match(text[match.end() :].lstrip()):
                raise UnreadableAnswer(f"it names ({match[1]}) and takes it back.", text)
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
