r"""Other spellings of one answer, for each kind of question: LaTeX, library calls and labels taken off.

The spellings are tried in their order until the question reads one of them. None changes what is claimed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping

from coursekit.answers.questions import BigO, Choice, Choices, Einsum, Formula, Number, Question, Vector
from coursekit.answers.verdict import UnreadableAnswer
from utils.sheets import markup, options

Forms = Callable[[Question, str], Iterator[str]]


def forms(question: Question, text: str) -> Iterator[str]:
    """Yield a text and its other spellings, each once, the plainest last."""
    seen = set()
    for kind, spell in SPELLINGS.items():
        if isinstance(question, kind):
            for form in spell(question, text.strip()):
                if form and form not in seen:
                    seen.add(form)
                    yield form


BULLET = re.compile(r"^\s*[-*•–]\s+(?=[A-Za-z\\\\$`(\[𝒪Θ])")
MIXED = re.compile(r",\s|;|\band\b|\s\d")


def misleading(question: Question, text: str) -> str:
    """Return a text without the signs that would be read as another answer: a bullet, a comma in 5,050."""
    if isinstance(question, BigO | Einsum | Choice):
        return BULLET.sub("", text)
    if isinstance(question, Vector) and MIXED.search(text):
        return re.sub(r"(?<![\d.])(\d{1,3}),(\d{3})(?![\d])", r"\1\2", text)
    return text


# --- numbers and vectors ---

UP_TO_TEN = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
SMALL = {word: number for number, word in enumerate(UP_TO_TEN)}
IN_ORDER = (("without", "with"), ("multi-head", "grouped", "multi-query"))  # what the questions ask for
WITHOUT_WITH = re.compile(
    r"^\W*(?P<first>\d[\d,]*)\s*\(?without(?: (?:a |the )?cache)?\)?\s*(?:[,;]|,?\s*and\b)\s*"
    r"(?P<second>\d[\d,]*)\s*\(?with(?: (?:a |the |it)?(?:cache)?)?\)?\W*$",
    re.IGNORECASE,
)


def refuse_swapped(question: Question, text: str) -> None:
    """Raise `UnreadableAnswer` when a row of numbers is labelled, and not in the order that was asked for."""
    if not isinstance(question, Vector):
        return
    for names in IN_ORDER:
        places = [
            found.start() for name in names if (found := re.search(rf"\b{name}\b", text, re.IGNORECASE))
        ]
        if places != sorted(places):
            raise UnreadableAnswer(f"the numbers stand in another order than {', '.join(names)}.", text)


ORDINAL = re.compile(r"(?<=\d)(?:st|nd|rd|th)\b")
COUNTED = re.compile(
    r"^(?:position|index|entry|key|value|length|token|number|N|no\.?|#)\s*(?=[-+.\d])|(?<=[\d.])\s+(?:numbers?|entries|positions?"
    r"|tokens?|elements?|values?|floats?|scalars?|multiply-adds?|multiplications?|operations?|keys?)$",
    re.IGNORECASE,
)
AROUND_NUMBER = re.compile(
    r"^(?:(?:from|at|the|a|starting|first|for|is)\b\s*)+|\s+(?:on|onwards?|upwards?|and above)$",
    re.IGNORECASE,
)
COMPARED = re.compile(r"[<>≤≥]|\\[lg]eq?\b")
LAST_EQUAL = re.compile(r"^.*(?:=|≈|\\approx|\\equiv|→|\\to\b|:)", re.DOTALL)
VECTOR_CALL = re.compile(
    r"^(?:(?:np|numpy|torch|jnp|tf)\.)?(?:array|tensor|asarray|FloatTensor|Tensor|constant|vector)\((.*?)(?:,\s*\w+\s*=[^()\[\]]*)*\)$",
    re.DOTALL,
)
TRANSPOSED = re.compile(
    r"\s*(?:\^\s*\{?\s*(?:T|\\top|\\mathsf\{?T\}?|\\intercal|\\prime|')\s*\}?|ᵀ|\.T|'|ᐪ|⊤)\s*$"
)
MATRIX = re.compile(
    r"\\begin\{(?:[bpvBV]?(?:small)?matrix|array)\}(?:\{[lcr|]*\})?(.*?)\\end\{[a-zA-Z]+\}", re.DOTALL
)


def numbers(question: Question, text: str) -> Iterator[str]:
    """Yield spellings of a number."""
    yield text
    if COMPARED.search(text):
        return
    text = markup.grouped_digits(text.strip("`\"'()[] ").rstrip("."))
    yield text
    plain = markup.plain_latex(re.sub(r"\\\(|\\\)|\\\[|\\\]|\$", " ", text)).strip()
    plain = re.sub(r"\\frac\s*\{([^{}]+)\}\s*\{([^{}]+)\}", r"(\1)/(\2)", plain)
    plain = re.sub(r"\\cdot|\\times", "*", plain).replace("{", "(").replace("}", ")")
    plain = AROUND_NUMBER.sub("", plain)
    for form in (plain, LAST_EQUAL.sub("", plain, count=1).strip()):
        form = COUNTED.sub("", ORDINAL.sub("", COUNTED.sub("", form.strip(" ()[]"))))
        yield str(SMALL.get(form.lower(), form))
        yield re.sub(r"\^\s*\(([^()]*)\)", r"^\1", form)


def vectors(question: Question, text: str) -> Iterator[str]:
    """Yield spellings of a row of numbers."""
    yield text
    if named := WITHOUT_WITH.match(text):
        yield f"{named['first'].replace(',', '')}, {named['second'].replace(',', '')}"
    text = (
        markup.grouped_digits(text.strip("`\"' $").rstrip("."))
        if "," not in text.replace("{,}", "")
        else text
    )
    text = text.strip("`\"' $").rstrip(".")
    matrix = MATRIX.search(text)
    if matrix:
        yield rf"\begin{{matrix}}{matrix[1].strip()}\end{{matrix}}"
    plain = TRANSPOSED.sub("", re.sub(r"\\\(|\\\)|\\\[|\\\]|\$", " ", markup.plain_latex(text)).strip())
    plain = re.sub(r"\\[{}]|[{}⟨⟩<>]|\\[lr]angle", " ", plain)
    plain = re.sub(r"\\(?:quad|qquad)\b|\s+and\s+|\s*,\s*and\s+", " , ", plain)
    for form in (plain, *([plain.rpartition("=")[2]] if plain.count("=") == 1 else [])):
        form = TRANSPOSED.sub("", form.strip())
        called = VECTOR_CALL.match(form)
        form = called[1].strip() if called else form
        form = re.sub(r"\s*,\s*(?=,)", "", form)
        yield form
        yield form.strip("()[] ")
        yield re.sub(r"\]\s*,?\s*\[", ", ", form.strip("()[] "))  # a column
    labelled = [LABELLED.match(piece) for piece in re.split(r"[,;\n]", plain.strip("()[] "))]
    if len(labelled) > 1 and all(labelled):
        yield ", ".join(found[1].strip() for found in labelled if found)


LABELLED = re.compile(r"^[^=:\d]*[^=:]{0,40}[=:]\s*([-+]?[\d.,]+(?:e[-+]?\d+)?(?:\s?[A-Za-z]{1,4})?)\s*\.?$")


# --- formulas and costs ---

LAST_AXIS = r"(?:,\s*(?:dim|axis)=-1)?"
CALLS: Mapping[str, str] = {
    r"\b(?:np|numpy|torch|jnp)\.(?:linalg\.)?norm\(\s*(\w+)\s*(?:,\s*(?:p=|ord=)?2)?"
    rf"{LAST_AXIS}\)": r"||\1||",
    r"\b(\w+)\.norm\((?:\s*(?:dim|axis)=-1\s*)?\)": r"||\1||",
    rf"\b(?:(?:np|numpy|torch|jnp)\.)?sum\(\s*(\w+)\s*(?:\*\*|\^)\s*2\s*{LAST_AXIS}\)": r"||\1||^2",
    r"\(\s*(\w+)\s*(?:\*\*|\^)\s*2\s*\)\.sum\([^()]*\)": r"||\1||^2",
    r"\b(\w+)\.(?:pow|square)\(2?\)\.sum\([^()]*\)": r"||\1||^2",
    r"\b(?:np|numpy|torch|jnp)\.(?:dot|inner|vdot)\(\s*(\w+)\s*,\s*\1\s*\)": r"||\1||^2",
    r"\b(\w+)(?:\.T)?\s*@\s*\1\b": r"||\1||^2",
    r"\b(?:np|numpy|torch|math|jnp)\.": "",
    r"\bpow\(\s*(\w+)\s*,\s*(\d+)\s*\)": r"(\1)^\2",
    r"\blog2\(": "log_2(",
    r"\b(?:comb|binom|binomial|C)\(\s*([^(),]+)\s*,\s*2\s*\)": r"((\1)((\1) - 1)/2)",
}


def formulas(question: Question, text: str) -> Iterator[str]:
    """Yield spellings of a formula."""
    yield text
    text = re.sub(r"^[`\"']+|[`\"']+$", "", text).strip().rstrip(".,;").strip()
    yield text
    text = _limit(question, _without_its_unit(question, text))
    yield text
    plain = markup.plain_latex(text)
    yield plain
    yield re.sub(r"(?<=\w)\s*(?::=|\\coloneqq|\\equiv|≡|≜|\\triangleq)", " =", plain)
    called = plain
    for call, ours in CALLS.items():
        called = re.sub(call, ours, called)
    yield called
    yield re.sub(r"#.*$", "", called).strip()
    yield _last_side(called)


TENDS = re.compile(
    r"^[\s$]*(?:approaches\b|(?:tends|converges|goes) to\b|→|->|\\(?:to|rightarrow)\b)", re.IGNORECASE
)


def _limit(question: Question, text: str) -> str:
    """Return what is approached, where a limit is asked for."""
    return TENDS.sub("", text).strip("$ ") if question.variable.startswith("limit") else text


def _without_its_unit(question: Question, text: str) -> str:
    """Return a formula without the unit that the part's own name asks for, as in `cache_bytes`."""
    unit = question.variable.lower().rpartition("_")[2]
    return re.sub(rf"(?<=[\w)}}$])\s+{unit}$", "", text) if unit == "bytes" else text


def _last_side(text: str) -> str:
    """Return what stands behind the last sign of equality; "" when words before it may change the claim."""
    *before, last = re.split(r"(?<![<>!=:])=(?!=)", text)
    words = [word for side in before for word in re.findall(r"(?<![\\\\A-Za-z])[A-Za-z]{3,}", side)]
    return last.strip() if before and all(word.lower() in QUANTITIES for word in words) else ""


QUANTITIES = {
    "var",
    "sum",
    "cov",
    "sim",
    "rank",
    "mean",
    "exp",
    "dim",
    "score",
    "scores",
    "variance",
    "prod",
    "tr",
}
BIG_O_WORDS = re.compile(r"^\s*(?:big[- ]?o(?:h)?|order)\s*(?:of)?\s*:?\s*(?=[({\[])", re.IGNORECASE)


def costs(question: Question, text: str) -> Iterator[str]:
    """Yield spellings of a cost."""
    yield text
    yield BIG_O_WORDS.sub("O", text)
    yield from formulas(question, BIG_O_WORDS.sub("O", text))


# --- equations of einsum ---

EINSUM_CALL = re.compile(r"(?:\b[\w.]*)?\beinsum\s*\(")
KEYWORDS = re.compile(r",\s*(?:optimize|out|precision|preferred_element_type|device)\s*=[^,()]*(?=[,)])")


def equations(question: Question, text: str) -> Iterator[str]:
    """Yield spellings of an einsum equation or call."""
    yield text
    text = re.sub(r"#.*$", "", text, flags=re.MULTILINE).strip().strip("`$;. ").strip()
    text = re.sub(r"\\(?:rightarrow|to|longrightarrow|Rightarrow|mapsto)\b|→|⟶|⇒|=>", "->", text)
    text = re.sub(r"\s+", " ", markup.plain_latex(text)).replace("{-}{>}", "->").strip(" '\"")
    yield text
    yield re.sub(r"^[\w ,]*?=(?!=)\s*", "", text)
    found = EINSUM_CALL.search(text)
    if found:
        call = KEYWORDS.sub("", _balanced(text, found.start(), found.end() - 1))
        call = re.sub(r"^[\w.]*einsum", "torch.einsum", call)
        call = re.sub(r"\b(?:self|params|model|layer|cls)\.(?=\w)", "", call)
        yield call
        yield re.sub(r",\s*[\[(](.*)[\])]\s*\)$", r", \1)", call)
        yield from _pattern_last(call)
    yield re.sub(r"[\[\]]", "", text)
    product = re.sub(r"\b(?:self|params|model|layer)\.(?=\w)", "", text)
    yield re.sub(r"\b(?:np|jnp|numpy|tf|torch)\.(?:matmul|mm|bmm|dot)\(", "torch.matmul(", product)


def _balanced(text: str, start: int, opening: int) -> str:
    """Return a call up to the bracket that closes it."""
    depth = 0
    for at in range(opening, len(text)):
        depth += {"(": 1, ")": -1}.get(text[at], 0)
        if not depth:
            return text[start : at + 1]
    return text[start:]


def _pattern_last(call: str) -> Iterator[str]:
    """Yield einops' order of arguments, tensors first, with one letter for each of its axes."""
    found = re.fullmatch(r"torch\.einsum\((.+),\s*(['\"])([\w ,]+->[\w ]*)\2\s*\)", call)
    if found:
        axes = list(dict.fromkeys(re.findall(r"[A-Za-z_]\w*", found[3])))
        letters = dict(zip(axes, "abcdefghijklmnopqrstuvwxyz", strict=False))
        pattern = re.sub(r"[A-Za-z_]\w*", lambda axis: letters.get(axis[0], "?"), found[3])
        yield f'torch.einsum("{pattern.replace(" ", "")}", {found[1]})'


# --- choices ---


def letters(question: Question, text: str) -> Iterator[str]:
    """Yield a text, and the letter of the option that it names."""
    yield text
    assert isinstance(question, Choice | Choices)
    choose = options.one_option if isinstance(question, Choice) else options.several_options
    for form in (text, markup.plain_latex(text)):
        try:
            yield choose(form.replace("$", ""), question.options)
        except UnreadableAnswer:
            continue


SPELLINGS: Mapping[type[Question], Forms] = {
    Number: numbers,
    Vector: vectors,
    Formula: formulas,
    BigO: costs,
    Einsum: equations,
    Choice: letters,
    Choices: letters,
}
