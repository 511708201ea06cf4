"""The page as a file: complete in itself, in order for a screen reader, and silent about the tests."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from made import (
    PIXEL,
    box,
    checked,
    error,
    every_state,
    html_of_page,
    notebook,
    printed,
    prose,
    solution,
    written,
)
from nbformat.v4 import new_output

from tests.attacks.active import active_in
from tests.attacks.cases.viewers import ACTIVE, CONTROLS, MARKUP
from utils.feedback.page import POLICY, TEMPLATES, breakable
from utils.feedback.parts import Graded, graded

LEAST_CONTRAST = 4.5  # WCAG 2.2, 1.4.3, level AA
BACKGROUNDS = ("paper", "panel", "hint")
INKS = (
    "ink",
    "faint",
    "link",
    "right",
    "part",
    "wrong",
    "open",
    "waits",
    "keyword",
    "string",
    "number",
    "remark",
)


class Seen(HTMLParser):
    """The elements of a page in order, each with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def named(self, *tags: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag in tags]


@pytest.fixture(scope="module")
def page() -> str:
    return html_of_page(every_state())


@pytest.fixture(scope="module")
def seen(page: str) -> Seen:
    return Seen(page)


def hostile() -> Graded:
    """Return a notebook in which everything that a student, or a careless grader, writes is hostile."""
    outputs = [new_output("display_data", data={"text/html": each, "text/plain": each}) for each in MARKUP]
    outputs += [printed(each) for each in (*MARKUP, CONTROLS)]
    cells = [prose("# Title\n\n" + MARKUP[0])]
    for number, each in enumerate(MARKUP):
        said = [error(f"{each}\n  hint         {each}", name=each), box(each), printed(each)]
        cells += [solution(f"s{number}", f"x = {each!r} {each}", outputs=outputs, comment=each)]
        cells += [checked(f"s{number}", 0, 1, *said), written(f"w{number}", each, 0, 1, comment=each)]
    return graded(notebook(*cells), "lesson")


def test_a_page_holds_nothing_active_whoever_wrote_it() -> None:
    made = html_of_page(hostile())
    assert made.count(ACTIVE) > 100
    assert active_in(made) == []
    allowed = {"a", "img", "meta", "style"}
    assert {tag for tag, _ in Seen(made).elements} & {
        *("script", "iframe", "object", "embed", "form", "button", "link", "base", "input", "template"),
    } == set()
    for tag, attributes in Seen(made).elements:
        assert not [name for name in attributes if name.startswith("on") or name == "style"], tag
        assert tag in allowed or not {"href", "src", "content"} & set(attributes), tag


def test_a_page_holds_no_character_that_moves_a_cursor_or_turns_text_around() -> None:
    made = html_of_page(hostile())
    assert re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]", made) == []


def test_a_page_names_no_address_outside_itself(seen: Seen) -> None:
    links = [str(attributes["href"]) for attributes in seen.named("a")]
    assert {link for link in links if not link.startswith("#")} == {"index.html"}
    assert [attributes["src"] for attributes in seen.named("img")] == [f"data:image/png;base64,{PIXEL}"]


def test_every_link_inside_a_page_leads_somewhere(seen: Seen) -> None:
    places = {attributes.get("id") for _, attributes in seen.elements}
    inside = {str(attributes["href"])[1:] for attributes in seen.named("a") if "#" in str(attributes["href"])}
    assert len(inside) == 7
    assert inside <= places


def test_the_policy_allows_a_style_and_pictures_inside_the_page_and_nothing_else(seen: Seen) -> None:
    (policy,) = [a for a in seen.named("meta") if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy["content"] == POLICY == "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert seen.named("meta").index(policy) <= 1  # what comes before it would not obey it


def test_neither_a_test_nor_its_place_is_on_a_page(page: str) -> None:
    for secret in ("HIDDEN", "the key", "utils", "secret.py", "Traceback"):
        assert secret not in page


def test_a_page_shows_what_a_cell_printed_and_not_what_it_printed_while_it_was_checked(page: str) -> None:
    assert "from f" in page
    assert "seen meanwhile" not in page
    told = "printed something while it was checked; it is not shown here, since it could show hidden inputs."
    assert page.count(told) == 1


def test_an_answer_that_waits_says_so_and_shows_no_zero(page: str) -> None:
    row = page.split('<a href="#part-5">', 1)[1].split("</tr>", 1)[0]
    assert "waiting for a person to read it" in row
    assert "– / 3" in row
    assert "3 more points wait for a person" in page


def test_the_total_counts_what_is_earned_less_lateness(page: str) -> None:
    assert "<strong>3.5</strong> of 15 points so far" in page
    assert "1 point was taken off because the notebook came late." in page


def test_a_page_says_which_submission_and_which_version_it_is_about(page: str) -> None:
    for words in ("30 January 2026, 15:00 UTC", "aaaa1111", "bbbb2222"):
        assert words in page


def test_a_lost_point_comes_with_what_was_called_the_first_wrong_thing_and_a_hint(page: str) -> None:
    part = page.split('id="part-2"', 1)[1].split("</article>", 1)[0]
    for words in ("f differs from the reference.", "x (3, 5)", "shape (3, 1)", "The summed axis", "<svg"):
        assert words in part


def test_an_error_of_ones_own_code_says_what_it_means_and_where_it_arose() -> None:
    raised = error("division by zero", "ZeroDivisionError")
    place = "line 3: return 1 / <n>"
    cells = [solution("f", "def f(n): return 1 / n"), checked("f", 0, 1, raised, place=place)]
    made = html_of_page(graded(notebook(*cells), "lesson"))
    assert "ZeroDivisionError: division by zero" in made
    assert "Your code raised this when a check called it." in made
    assert "<dt>in your cell</dt><dd><code>line 3: return 1 / &lt;n&gt;</code>" in made
    assert "HIDDEN" not in made
    assert "Your code raised this" not in html_of_page(every_state())


def test_a_name_may_be_broken_where_its_words_end_and_nowhere_else() -> None:
    assert breakable("multi_query_step.ipynb") == "multi_<wbr>query_<wbr>step.<wbr>ipynb"
    assert breakable("<b>_x.") == "&lt;b&gt;_<wbr>x."


def test_a_comment_of_a_person_is_on_the_page(page: str) -> None:
    assert "I <em>read</em> this" in page
    assert "Half of it." in page
    assert "A person has given these points." in page


def test_a_page_is_in_order_for_a_screen_reader(seen: Seen, page: str) -> None:
    assert '<html lang="en">' in page
    levels = [int(tag[1]) for tag, _ in seen.elements if re.fullmatch("h[1-6]", tag)]
    assert levels.count(1) == 1 == levels[0]
    assert all(after <= before + 1 for before, after in zip(levels, levels[1:], strict=False))
    assert all(attributes.get("alt") for attributes in seen.named("img"))
    assert all(a.get("aria-label") or a.get("aria-hidden") for a in seen.named("svg"))
    assert all(attributes.get("scope") for attributes in seen.named("th"))
    assert len(seen.named("main")) == 1
    identifiers = [a["id"] for _, a in seen.elements if "id" in a]
    assert len(identifiers) == len(set(identifiers))


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
@pytest.mark.parametrize("ink", INKS)
def test_every_ink_can_be_read_on_every_background(scheme: str, ink: str) -> None:
    colours = colours_of(scheme)
    assert min(contrast(colours[ink], colours[ground]) for ground in BACKGROUNDS) >= LEAST_CONTRAST


def colours_of(scheme: str) -> dict[str, str]:
    """Return the colours by name that the style gives for light, dark or print."""
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    block = blocks[("light", "dark", "print").index(scheme)]
    return dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", block))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours, as WCAG 2 defines it."""
    dark, light = sorted(luminance(colour) for colour in (one, other))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
