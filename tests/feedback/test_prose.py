"""Markdown of lessons, students and graders as HTML: formulas that are drawn, and nothing that acts."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.attacks.active import active_in
from tests.attacks.cases.viewers import ACTIVE, MARKUP
from utils.build.lessons import load
from utils.feedback import prose
from utils.feedback.formulas import mathml
from utils.feedback.prose import LONGEST, html_of

LESSONS = sorted((Path(__file__).resolve().parents[2] / "lessons" / "attention").glob("*.py"))
FORMULA = re.compile(r"\$\$(.+?)\$\$|\$([^$]+?)\$", re.DOTALL)
FENCED = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


class Elements(HTMLParser):
    """The names of all elements and attributes of a text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}


def formulas_of(path: Path) -> list[str]:
    texts = [cell.source for cell in load(path).cells if not cell.is_code]
    return [found[1] or found[2] for text in texts for found in FORMULA.finditer(FENCED.sub("", text))]


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_every_formula_of_a_lesson_is_drawn_by_the_browser_itself(path: Path) -> None:
    formulas = formulas_of(path)
    assert len(formulas) > 5
    assert [tex for tex in formulas if not mathml(tex).startswith("<math")] == []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_no_formula_of_a_lesson_is_left_as_text_among_the_prose(path: Path) -> None:
    for cell in load(path).cells:
        if cell.role == "prose":
            shown = re.sub(r"(?s)<(pre|code)>.*?</\1>", "", html_of(cell.source))
            assert "$" not in shown
            assert "\\" not in shown


@pytest.mark.parametrize(
    ("text", "display"),
    [
        ("so $x^2$.", "inline"),
        (r"so \(x^2\).", "inline"),
        (r"so \\(x^2\\).", "inline"),
        ("$$x^2$$", "block"),
        ("$$\nx^2\n$$", "block"),
        (r"\[x^2\]", "block"),
        ("- so\n  $$x^2$$", "block"),
        ("> $$x^2$$", "block"),
    ],
)
def test_a_formula_is_found_between_all_four_kinds_of_marks(text: str, display: str) -> None:
    made = html_of(text)
    assert f'display="{display}"' in made
    assert "<msup><mi>x</mi><mn>2</mn></msup>" in made
    assert "$" not in made
    assert "\\" not in made


def test_sums_of_money_and_code_are_no_formulas() -> None:
    assert html_of("from $5 to $10, or `$x$`") == "<p>from $5 to $10, or <code>$x$</code></p>\n"


def test_underscores_and_stars_in_a_formula_are_no_emphasis() -> None:
    assert "<em>" not in html_of("$a_1 * b_2 * c_1$ and $a_b$, $c_d$")


@pytest.mark.parametrize(
    "tex",
    [
        r"\unknown x", "{", r"\frac{1}", r"\text{<b>x</b>}", r"\text{</math><img src=x>}",
        r"\href{javascript:x}{y}",
        r"\newcommand{\a}{bb}\a", r"\def\a{\b\b}", r"\renewcommand{\a}{b}", "x" * 2000, "{" * 300 + "}" * 300,
    ],
)  # fmt: skip
def test_what_cannot_be_drawn_stays_readable_as_code(tex: str) -> None:
    made = mathml(tex)
    assert made.startswith("<code>")
    assert made.count("<") == 2


@pytest.mark.parametrize("markup", MARKUP)
def test_markup_of_a_student_is_shown_as_text(markup: str) -> None:
    made = html_of(f"{markup}\n\na {markup} b\n\n- {markup}\n\n$\\text{{{markup}}}$")
    assert active_in(made) == []
    assert Elements(made).tags <= {"p", "ul", "li", "code", "pre"}
    assert made.count(ACTIVE) >= 3 * markup.count(ACTIVE)


@pytest.mark.parametrize(
    "text",
    [
        f"[x](javascript:{ACTIVE})", f"![x](http://far.away/{ACTIVE})", f"<http://far.away/{ACTIVE}>",
        f"[x]\n\n[x]: javascript:{ACTIVE}", f"[x](data:text/html,{ACTIVE})",
        f"![x](data:image/svg+xml,{ACTIVE})",
    ],
)  # fmt: skip
def test_no_link_and_no_picture_is_left(text: str) -> None:
    assert Elements(html_of(text)).attributes == set()


def test_what_a_fault_of_the_parser_lets_through_is_cleaned_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        prose, "_MARKDOWN", lambda text: f"<p onclick='x'>a</p><script>{text}</script>{MARKUP[1]}"
    )
    assert html_of("x") == "<p>a</p>"


def test_a_heading_in_a_text_does_not_disturb_the_headings_of_the_page() -> None:
    assert Elements(html_of("# One\n\nTwo\n===\n\n### Three")).tags == {"p", "strong"}


def test_header_cells_of_a_table_say_that_they_head_a_column() -> None:
    assert '<th scope="col">a</th>' in html_of("| a |\n|---|\n| b |")


@pytest.mark.parametrize("part", ["$", "\\(", "[", "![a](", "> ", "$$ a\n", "*a **b ", "`a", "$x$ ", "<!--"])
def test_no_text_takes_long(part: str) -> None:
    text = part * (LONGEST // len(part))
    started = time.process_time()
    assert html_of(text)
    assert time.process_time() - started < 3


def test_a_longer_text_is_shown_whole_and_as_it_stands() -> None:
    text = "<b>*a*</b> " * LONGEST
    assert html_of(text) == "<pre>" + text.replace("<", "&lt;").replace(">", "&gt;") + "</pre>"
