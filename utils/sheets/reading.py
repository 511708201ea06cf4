r"""From an answer as it was written to what the part's question can read, or the reason why not.

What the question reads as it stands is taken as it stands, exactly as in a notebook's cell. Only then is it
unwrapped: an answer marked as final (`\boxed{}`, "Answer:"), the whole text without markup, the text without
the prose around it, the formulas in it. In each of these steps all that can be read must be read alike;
whether it is right is never asked. Words that may change what is claimed are not dropped.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from coursekit.answers.budget import shared
from coursekit.answers.questions import BigO, Choice, Choices, Einsum, Formula, Number, Question, Vector
from coursekit.answers.verdict import UnreadableAnswer
from coursekit.blanks import EmptyBlank
from utils.checks.check import STEPS_OF_A_JUDGEMENT
from utils.sheets import markup, rewriting

LONGEST_ANSWER = 20_000  # characters of an answer with all its reasoning
MOST_PIECES = 40

MARKED = re.compile(
    r"(?:^|(?<=[\s*_#>(]))(?:[*_#]{0,3})(?:my |the |our )?(?:final |correct |short )?"
    r"(?:answer|result)\b(?![\w-])"
    r"(?:[*_]{0,3})\s*(?:is\b(?! not)|[:=]|->|→)\s*(?:[*_]{0,3})[:\s]*|^\s*#{4}\s+"
    r"|^[ \t]*(?:#{1,6}[ \t]+(?:\*\*)?|\*\*|__)(?:my |the |our )?(?:final |correct |short )?(?:answer|result)"
    r"(?:\*\*|__)?[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
# What stands between two boxes when the second one replaces the first.
CORRECTS = re.compile(
    r"(?:^|[.!?:\n])[\s*_#]*(?:so |therefore |thus |hence )?(?:the |my )?"
    r"(?:corrected|correction|revised|fixed)(?: (?:answer|result|version|value|cost|formula))?"
    r"(?: is| is now)?"
    r"\s*[:.]?[\s*_$\\(\[]*$",
    re.IGNORECASE,
)
TAGGED = re.compile(r"<(answer|final|final_answer)>(.*?)</\1>", re.DOTALL | re.IGNORECASE)
CONCLUSION = re.compile(
    r"^\s*(?:\*\*)?(?:therefore|thus|hence|so|finally|consequently|in conclusion|overall|in total"
    r"|altogether|in summary|total|we get|∴|⇒|=>|\\therefore|\\implies)(?![A-Za-z])[\s,:]*",
    re.IGNORECASE,
)
RETRACTED = re.compile(
    r"\b(?:actually|wait|correction|however|but|alternatively|hmm+|instead|sorry|mistake|scratch|unsure"
    r"|not sure"
    r"|guess|maybe|perhaps|possibly|probably|depends|either|neither|or|unless|if|when|assuming|for large"
    r"|for small"
    r"|otherwise|no longer|wrong|incorrect)\b",
    re.IGNORECASE,
)
EXPLAINS = re.compile(
    r",\s+(?:and )?not\b|\s*(?:[,;:(—–]|\s-)?\s*\b(?:because|since|as|which|i\.e\.?"
    r"|that is|where|so that|(?:by|from) (?:the )?(?!sqrt\b)[a-z]{4,}|due to|here|using|being|meaning"
    r"|thanks to|follows)\b"
    r"|\s*[;—–]\s|\s-\s+(?=[A-Za-z]{2})|\s*\((?=[^()]*[a-z]{3,}\s)|(?<=[^.\d])\.\s+(?=[A-Z$\\(])|\n",
    re.IGNORECASE,
)
# What a symbol stands for, said before or behind it: "the dimension d", "h, the number of heads".
GLOSS = (
    r"(?:the\s+)?(?:(?:vector|head|model|key)\s+)?(?:dimension|dimensionality|width|batch size"
    r"|number\s+of\s+(?:query\s+)?heads)"
)
GLOSS_BEFORE = re.compile(rf"^{GLOSS}\s+(?=[$`*]*\\?[A-Za-z](?:_\w+)?[$`*.\s]*$)", re.IGNORECASE)
GLOSS_BEHIND = re.compile(rf"(?<=[\w$`*]),\s+(?:which is\s+|i\.e\.,?\s+)?{GLOSS}\s*\.?\s*$", re.IGNORECASE)
REASON_FIRST = re.compile(r"^\s*(?:since|because|as)\s[^,.;:\n$\\=<>^*/]{1,120},\s+", re.IGNORECASE)
# A bracket of words, and behind it a sign that goes on with the formula.
GOES_ON = re.compile(
    r"\s*\([^()]*\)[\s$]*(?:[-+*/^·×=]|\\(?:cdot|times|frac)\b|times\b|over\b|plus\b|minus\b)"
)
CHANGED_BY_LABEL = re.compile(
    r"^\W*(?=[A-Za-z])[A-Za-z ]{0,60}\b(?:half|twice|double|triple|inverse|reciprocal|without|except"
    r"|excluding|ignoring)\b[A-Za-z ]{0,40}[:=]",
    re.IGNORECASE,
)
DENIES = re.compile(
    r"\b(?:not|no|never|except|without|ignor\w*|neglect\w*|only|suppos\w*|assum\w*)\b|n't\b", re.IGNORECASE
)
# What a term of a sum counts, in brackets behind it.
COUNTED = re.compile(
    r"\s*\((?:(?:for\s+)?(?:the\s+)?(?:weights?|matri(?:x|ces)|activations?|cache|caches|keys?|values?|quer(?:y|ies)"
    r"|projections?|parameters?|inputs?|outputs?|attention|scores?|softmax|kv|and|/|,|\s)+)\)(?=[\s$]*(?:\+|\.?\s*$))",
    re.IGNORECASE,
)
COMPARES = re.compile(r"[<>≤≥=]|\\[lg]eq?\b|\\approx")
RESTRICTS = re.compile(r"[<>≤≥=]|\\[lg]eq?\b|\\approx|\d")
SENTENCE_END = re.compile(r"\n+|(?<=[.!?])\s+(?=[A-Z∴⇒$\\\\*])")
WORD = re.compile(r"[A-Za-z]+(?:['’-][A-Za-z]+)*")


@dataclass(frozen=True)
class Entered:
    """What goes into the part's cell, how the question reads it, and what was done to the answer before."""

    value: Any
    read_as: str
    how: str = ""


Reads = Callable[[Any], str]


def entered(question: Question, given: Any) -> Entered:
    """Return an answer as it would be typed into the notebook. Raises `EmptyBlank`, `UnreadableAnswer`."""
    if isinstance(given, str):
        given = rewriting.misleading(question, given)
        rewriting.refuse_swapped(question, given)
        _refuse_changed(question, given)
    with shared(STEPS_OF_A_JUDGEMENT):
        first = _several_boxes(given) or _attempt(question, given)
        if isinstance(first, Entered):
            return first
    if not isinstance(given, str) or isinstance(first, EmptyBlank):
        raise first
    if len(given) > LONGEST_ANSWER:
        raise UnreadableAnswer(f"{len(given)} characters; an answer is read up to {LONGEST_ANSWER}.")
    for how, pieces in _steps(question, given):
        found = _alike(question, pieces, how)
        if found:
            return found
    raise first


def _refuse_changed(question: Question, given: str) -> None:
    """Raise `UnreadableAnswer` when the label before a formula or number may make it another one."""
    if isinstance(question, Formula | BigO | Number) and (found := CHANGED_BY_LABEL.match(given)):
        raise UnreadableAnswer(f"what stands behind {found[0]!r} may not be what is asked for.", given)


def _several_boxes(given: Any) -> UnreadableAnswer | None:
    """Return why an answer with several boxes is not read as it stands, where they would be multiplied."""
    found = set(markup.boxed(given)) if isinstance(given, str) else set()
    return UnreadableAnswer("this answer has several boxes.", given) if len(found) > 1 else None


def _attempt(question: Question, value: Any) -> Entered | UnreadableAnswer | EmptyBlank:
    try:
        return Entered(value, question.read(value))
    except (UnreadableAnswer, EmptyBlank) as error:
        return error


def _alike(question: Question, pieces: Sequence[str], how: str) -> Entered | None:
    """Return the only reading of the pieces, None for none. Raises `UnreadableAnswer` for two."""
    found: dict[str, Entered] = {}
    for piece in dict.fromkeys(pieces[:MOST_PIECES]):
        for form in rewriting.forms(question, piece):
            with shared(STEPS_OF_A_JUDGEMENT):
                read = _attempt(question, form)
            if isinstance(read, Entered):
                found.setdefault(_bare(read.read_as), Entered(form, read.read_as, how))
                break
    if len(found) > 1:
        raise UnreadableAnswer(f"this answer says several things: {'; '.join(list(found)[:3])}.")
    return next(iter(found.values()), None)


def _bare(read_as: str) -> str:
    """Return a reading without the remarks behind it."""
    return read_as.split("  (")[0]


def _steps(question: Question, given: str) -> Iterator[tuple[str, list[str]]]:
    """Yield what may be the answer, the likeliest first: how it was found, and the pieces of this kind."""
    said = markup.plain_text(markup.without_thoughts(given)).strip()
    final = _marked_as_final(said)
    if final:
        yield from _parts_of(question, final, "what was marked as the answer")
    else:
        yield from _parts_of(question, [said], "the answer without its wrapping")


def _marked_as_final(said: str) -> list[str]:
    tagged = [found[2] for found in TAGGED.finditer(said)]
    if tagged or (found := markup.boxed(said)):
        return tagged or ([corrected] if (corrected := _corrected(said)) else found)
    marks = list(MARKED.finditer(said))
    if not marks:
        return []
    behind = said[marks[-1].end() :].strip()
    return [behind] if behind else []


def _corrected(said: str) -> str:
    """Return what the last box holds, if it is said to correct another and nothing follows; else ""."""
    before, _, behind = said.rpartition("\\boxed")
    between = before.rpartition("\\boxed")[2]
    if "\\boxed" not in before or not CORRECTS.search(between):
        return ""
    last = markup.boxed(said)[-1]
    return last if not behind.replace(last, "", 1).strip("{}$ \t\n.*_])\\") else ""


def _parts_of(question: Question, texts: Sequence[str], how: str) -> Iterator[tuple[str, list[str]]]:
    plain = [markup.without_markdown(text).strip() for text in texts]
    yield how, list(texts)
    yield how, plain
    blocks = [block.strip() for text in texts for _, block in markup.fences(text)]
    yield "what stands in its code block", blocks
    if not isinstance(question, Choice | Choices):
        trimmed = [shorter for text in plain if (shorter := _without_prose(question, text))]
        yield "the answer without the words around it", trimmed
        yield "the sum without the words in brackets", [s for text in plain if (s := _uncounted(text))]
        yield "what stands behind its colon", [s for text in plain if (s := _behind_colon(question, text))]
        yield "the formula in its sentence", [s for text in texts for s in _spans(question, text)]
    yield "its conclusion", [piece for text in plain for piece in _concluded(question, text)]


def _concluded(question: Question, text: str) -> list[str]:
    """Return the last sentence, if it begins with a word such as "therefore", as it is and without prose."""
    sentences = [sentence for sentence in SENTENCE_END.split(text) if sentence.strip()]
    if len(sentences) < 2 or not CONCLUSION.match(sentences[-1]):  # noqa: PLR2004 - a conclusion of something
        return []
    bare = CONCLUSION.sub("", sentences[-1]).strip()
    found = [bare, _without_prose(question, bare)]
    return [piece for piece in found if piece] + _spans(question, bare)


def _without_prose(question: Question, text: str) -> str:
    """Return a text without the words before and the explanation behind it; "" when they may matter."""
    core, tail = _without_explanation(question, _without_reason(CONCLUSION.sub("", text)))
    if tail is None:
        return ""
    core = GLOSS_BEHIND.sub("", core)
    head = HEAD.match(core)
    if head and head.end() < len(core):
        if not _droppable(question, head[0]):
            return ""
        core = GLOSS_BEFORE.sub("", core[head.end() :])
    return core.strip().rstrip(".,;").strip()


def _without_reason(text: str) -> str:
    """Return a text without a "since ..., " in front of it, unless that may change what is claimed."""
    reason = REASON_FIRST.match(text)
    if not reason or RETRACTED.search(reason[0]) or DENIES.search(reason[0]):
        return text
    return text[reason.end() :]


def _uncounted(text: str) -> str:
    """Return a sum without the words in brackets behind its terms, "" for one that has none."""
    bare = COUNTED.sub("", text)
    return bare.rstrip(". ") if bare != text and "+" in bare else ""


def _behind_colon(question: Question, text: str) -> str:
    """Return what stands behind the colon of a single sentence; "" when words before it may matter."""
    head, colon, claim = text.rpartition(":")
    named = re.sub(r"\([^()]*\)", " ", head)
    if not colon or re.search(r"\n|[.!?]\s", head) or RESTRICTS.search(named) or COMPARES.search(head):
        return ""
    return claim.strip().rstrip(".").strip() if _droppable(question, named.replace("$", " ")) else ""


# Words that say what is asked for, and how sentences about it go. Every other word may change the claim.
SAID_OF_IT = (
    "a an the this that it its we our i is are was be being becomes become equals equal to get gets gives "
    "give given yields have has obtain obtains find so thus therefore hence then now finally here overall "
    "again simply just exactly precisely indeed of for in at on and under total answer result value "
    "vector scores score output outputs mean means expectation expected variance var cost costs "
    "complexity compute computation computational work memory space storage time runtime number numbers "
    "amount access accesses traffic as takes needs requires required use uses step token call "
    "model attention layer dot product q k mu d dimension width rank count parameters parameter bytes "
    "size cache equation einsum shape tensor query queries key keys values head heads projection feature "
    "features map kernel weights weight scale divisor position index length crossover first "
    "minimal least formula expression following should must will would can written write as reads "
    "computed choose tends roughly approximately about big o final "
    "dominated activations limit intensity "
    "correct by per linear softmax causal recurrence chunked multi grouped directions direction "
)
HARMLESS = frozenset(SAID_OF_IT.split())
# A question about one of the two is not answered by a sentence about the other.
OPPOSED = {"vari": {"mean", "means", "expectation", "expected"}, "mean": {"variance", "var"}}
HEAD = re.compile(
    r"^\s*(?:[A-Za-z][A-Za-z'’-]*[,:]?\s+){0,14}?(?:is|are|equals?|becomes?|gives?|get|yields?|be|to|as|costs?"
    r"|takes?|needs?|by|was|approaches|converges to|tends to|(?=:))"
    r"(?![A-Za-z])\s*(?:simply|just|exactly|therefore|thus|then|now|given by"
    r"|equal to|of|to be|the vector|:)?\s*:?\s*(?=\S)",
    re.IGNORECASE,
)


def _droppable(question: Question, words: str) -> bool:
    """Whether a text without these words claims the same."""
    own = {piece[:4] for piece in question.variable.lower().split("_") if len(piece) > len("key")}
    others = {word for stem, words in OPPOSED.items() if stem in own for word in words}
    limits = {"approaches", "converges"} if "limi" in own else set()
    return all(
        word in HARMLESS - others or word in limits or word[:4] in own
        for word in map(str.lower, _words(words))
    )


def _words(text: str) -> list[str]:
    return [piece for word in WORD.findall(text) for piece in re.split("[-'’]", word)]


def _without_explanation(question: Question, text: str) -> tuple[str, str | None]:
    """Return the text up to its explanation, and that; None for one that may change what is claimed."""
    cut = next((found for found in EXPLAINS.finditer(text) if text[: found.start()].strip()), None)
    if cut is None:
        return text, ""
    core, tail = text[: cut.start()], text[cut.start() :]
    where = re.match(r"\W*where\b", tail, re.IGNORECASE)
    clause = _without_known(question, re.split(r"(?<=[^.\d])\.\s|\n", tail.strip())[0])
    if (where and RESTRICTS.search(clause)) or GOES_ON.match(tail) or RETRACTED.search(tail):
        return text, None
    return core, tail


def _without_known(question: Question, clause: str) -> str:
    """Return a clause without the equalities that the question itself states, such as k = d/h."""
    plain = re.sub(r"\\[dt]?frac\s*\{(\w+)\}\s*\{(\w+)\}", r"\1/\2", clause.replace("$", " "))
    for constraint in getattr(question, "constraints", ()):
        left, sign, right = re.sub(r"\s", "", constraint).partition("~")
        if sign:
            spelled = r"\s*".join(map(re.escape, right))
            plain = re.sub(rf"(?<!\w){re.escape(left)}\s*=\s*{spelled}(?![\w^*/+-])(?!\s*[*/^+-])", "", plain)
    return plain


def _spans(question: Question, text: str) -> list[str]:
    """Return the formulas of a sentence that may be its answer, if no word of it changes what they say."""
    core, tail = _without_explanation(question, text)
    if tail is None:
        return []
    found = [*markup.formulas(core), *markup.code_spans(core)]
    prose = markup.INLINE_CODE.sub(" ", markup.MATH.sub(" ", core))
    if not _droppable(question, prose):
        return []
    return [span for span in found if _substantial(question, span)]


def _substantial(question: Question, span: str) -> bool:
    """Whether a formula in a sentence could be more than a name that the sentence mentions."""
    if isinstance(question, BigO):
        return bool(re.search(r"O|Theta|𝒪|Θ", span))
    if isinstance(question, Einsum):
        return "," in span or "einsum" in span or "@" in span
    if isinstance(question, Number | Vector):
        return bool(re.search(r"\d", span))
    return True
