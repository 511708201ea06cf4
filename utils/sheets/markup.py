r"""From how people and models write (Markdown, HTML, LaTeX with its wrappings) to what the readers know.

Nothing here knows a question: only spelling changes, never meaning.
"""

from __future__ import annotations

import html
import re

THOUGHT = re.compile(r"<(think|thinking|reasoning)>.*?(?:</\1>|\Z)", re.DOTALL | re.IGNORECASE)
BOLD = re.compile(r"(?<![\w*)\]}^])(\*\*\*?|__)(?=[^\s*_])([^\n]+?)(?<=[^\s*])\1(?![\w*({\[])")
BULLET = re.compile(r"^[ \t]*(?:>[ \t]?)*(?:[-*+•][ \t]+(?![\d.])|#{1,6}[ \t]+)?", re.MULTILINE)
QUOTES = str.maketrans("“”„‘’‚\u00a0\u202f\u2009", "\"\"\"'''   ")
UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad\x00-\x08\x0b-\x1f\x7f]")
SCRIPTS = re.compile(r"<(su[bp])>([^<>]{1,40})</\1>", re.IGNORECASE)
TAG = re.compile(r"</?(?:b|i|em|strong|p|br|span|div|code|math|u|center)\b[^<>]{0,80}>", re.IGNORECASE)

ENVIRONMENT = re.compile(
    r"\\(?:begin|end)\s*\{(?:equation|align|aligned|gather|gathered|split|math|displaymath|multline)\*?\}"
)
FONT = r"\\(?:text|math|operatorname)[a-z]*\*?"
FONT_WORD = re.compile(r"\\(?:rm|it|bf|cal|sf|tt|mathop|mathrm|mathcal|mathbf|mathit|mathscr|mathsf)\b\s*")
MUTE = re.compile(
    r"\\(?:bigg?|Bigg?|bigg?[lrm]|Bigg?[lrm]|left|right|middle|limits|nolimits|displaystyle|textstyle"
    r"|scriptstyle|nonumber|notag|strut|allowbreak)\b\.?|\\(?:hspace|vspace|tag|label|phantom)\*?\{[^{}]*\}"
)
RENAMED = {
    r"\\(?:dfrac|tfrac|cfrac|sfrac|nicefrac|flatfrac)(?![A-Za-z])": r"\\frac",
    r"\\(?:geqslant)(?![A-Za-z])": r"\\geq",
    r"\\(?:leqslant)(?![A-Za-z])": r"\\leq",
    r"\\(?:cdotp|centerdot)(?![A-Za-z])": r"\\cdot",
    r"\\(?:lparen)(?![A-Za-z])": "(",
    r"\\(?:rparen)(?![A-Za-z])": ")",
    r"\\(?:lbrack)(?![A-Za-z])": "[",
    r"\\(?:rbrack)(?![A-Za-z])": "]",
    r"\\(?:prime)(?![A-Za-z])": "'",
    r"\\(?:Vert|lVert|rVert)(?![A-Za-z])": r"\\|",
    r"\\(?:thinspace|enspace|space|medspace|negthinspace)(?![A-Za-z])": " ",
}
LETTER_FRACTION = re.compile(r"\\frac\s*(\\?[A-Za-z]+|\d)\s*(\\[A-Za-z]+|[A-Za-z0-9])(?![A-Za-z{])")
HALF_BRACED = re.compile(r"\\frac\s*\{([^{}]*)\}\s*(\\[A-Za-z]+|[A-Za-z0-9])(?![A-Za-z{])")
BRACED_HALF = re.compile(r"\\frac\s*(\\[A-Za-z]+|[A-Za-z0-9])\s*\{([^{}]*)\}")
BINOMIAL = re.compile(r"\\[dt]?binom\s*\{([^{}]+)\}\s*\{?2\}?")
OVER = re.compile(r"\{([^{}]{1,80})\\over\b([^{}]{1,80})\}")
THOUSANDS = re.compile(r"(?<=\d)(?:\{,\}|\\,|\\ |[ \u2009'](?=\d{3}(?!\d)))(?=\d{3}(?!\d))")
MATH = re.compile(r"\$\$(.+?)\$\$|\$([^$\n]+?)\$|\\\[(.+?)\\\]|\\\((.+?)\\\)", re.DOTALL)
FENCE = re.compile(
    r"^[ \t]*(```+|~~~+)[ \t]*([\w+.#-]*)[^\n]*\n(.*?)(?:^[ \t]*\1[ \t]*$|\Z)", re.DOTALL | re.MULTILINE
)
INLINE_CODE = re.compile(r"(?<!`)(`{1,2})(?!`)([^`\n]+?)(?<!`)\1(?!`)")


def without_thoughts(text: str) -> str:
    """Return what a reasoning model said after it had thought; an unfinished thought is no answer."""
    return THOUGHT.sub(" ", text)


def plain_text(text: str) -> str:
    """Return the text without invisible characters, with plain quotes, spaces and line ends."""
    return UNSEEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n")).translate(QUOTES)


def without_markdown(text: str) -> str:
    r"""Return the text without emphasis, bullets, headings, HTML tags and `\_`."""
    text = html.unescape(text)
    text = SCRIPTS.sub(lambda found: f"{'_' if found[1].lower() == 'sub' else '^'}{{{found[2]}}}", text)
    text = BULLET.sub("", TAG.sub(" ", text))
    return BOLD.sub(r"\2", BOLD.sub(r"\2", text)).replace(r"\_", "_").replace(r"\*", "*")


def plain_latex(text: str) -> str:
    """Return LaTeX with one spelling for each thing: `\\frac{a}{b}`, no sizes, no spacing, no alignment."""
    if "\\" not in text:
        return text
    text = MUTE.sub("", ENVIRONMENT.sub(" ", text))
    for spelling, ours in RENAMED.items():
        text = re.sub(spelling, ours, text)
    text = OVER.sub(r"\\frac{\1}{\2}", text)
    text = re.sub(rf"{FONT}\s*\{{([^{{}}]*)\}}", _upright, text)
    text = LETTER_FRACTION.sub(_braced, FONT_WORD.sub("", text))
    text = HALF_BRACED.sub(r"\\frac{\1}{\2}", BRACED_HALF.sub(r"\\frac{\1}{\2}", text))
    text = BINOMIAL.sub(r"((\1)((\1) - 1)/2)", text)
    return re.sub(r"\\\\(?:\[[^\]]*\])?", " ", text.replace("&=", "=").replace("&", " "))


def _upright(found: re.Match[str]) -> str:
    r"""Return what stands in `\text{...}`: a word after a letter keeps its distance."""
    return f" {found[1]} " if len(found[1].strip()) > 1 else found[1].strip()


def _braced(found: re.Match[str]) -> str:
    above, below = found[1], found[2]
    if above.startswith("\\") or len(above) == 1:
        return rf"\frac{{{above}}}{{{below}}}"
    return found[0]


def grouped_digits(text: str) -> str:
    """Return the text with 2{,}179 and 2 179 written as 2179."""
    return THOUSANDS.sub("", text)


def boxed(text: str) -> list[str]:
    r"""Return what stands in each `\boxed{...}`, in order; a brace that never closes ends with the text."""
    found = []
    for start in re.finditer(r"\\(?:boxed|fbox|framebox|bbox)\s*\{", text):
        depth, end = 1, start.end()
        while end < len(text) and depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0) if text[end - 1] != "\\" else 0
            end += 1
        found.append(text[start.end() : end - (depth == 0)].strip())
    return found


def formulas(text: str) -> list[str]:
    """Return what stands between dollar signs and the like, in order."""
    return [next(filter(None, found)).strip() for found in MATH.findall(text)]


def fences(text: str) -> list[tuple[str, str]]:
    """Return language and text of each fenced block, in order."""
    return [(found[2].lower(), found[3]) for found in FENCE.finditer(text)]


def code_spans(text: str) -> list[str]:
    """Return what stands between backticks within a line, in order."""
    return [found[2].strip() for found in INLINE_CODE.finditer(text)]
