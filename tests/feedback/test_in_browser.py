"""A page in Chromium: on a desk and a phone, light and dark, with nothing asked of anybody."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from made import checked, every_state, html_of_page, notebook, prose

from utils.feedback.index import write_index
from utils.feedback.parts import graded

LEAST_CONTRAST = 4.5
# Every piece of text that is shown, with its colour and the nearest background that is one.
CONTRASTS = """
() => {
  const lin = v => (v /= 255) <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const lum = ([r, g, b]) => 0.2126 * lin(r) + 0.7152 * lin(g) + 0.0722 * lin(b);
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const ground = node => {
    for (; node; node = node.parentElement) {
      const found = rgb(getComputedStyle(node).backgroundColor);
      if (found.length === 3 || found[3] === 1) return found;
    }
    return [255, 255, 255];
  };
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT), found = [];
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || element.closest("title") || !element.checkVisibility()) continue;
    const style = getComputedStyle(element), svg = element.closest("svg");
    const ink = rgb(svg ? style.fill : style.color);
    const [dark, light] = [lum(ink), lum(ground(svg || element))].sort((a, b) => a - b);
    found.push([(light + 0.05) / (dark + 0.05), walker.currentNode.data.trim().slice(0, 40)]);
  }
  return found;
}
"""
# Whatever is wider than the window and does not scroll in a box of its own.
TOO_WIDE = """
() => [...document.querySelectorAll("body *")]
  .filter(e => e.getBoundingClientRect().right > innerWidth + 1 && e.checkVisibility()
               && !e.parentElement.closest("pre, .wide, .formula"))
  .map(e => e.outerHTML.slice(0, 80))
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pages") / "ada" / "attention"
    folder.mkdir(parents=True)
    (folder / "lesson.html").write_text(html_of_page(every_state()), encoding="utf-8")
    write_index(folder)
    return folder


@pytest.fixture(params=[(390, "light"), (390, "dark"), (1200, "light"), (1200, "dark")], ids=str)
def window(request: pytest.FixtureRequest, browser: Any) -> Iterator[Any]:
    """Give a window of a width and a scheme that writes down what is asked of a network, and complaints."""
    width, scheme = request.param
    window = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    window.asked, window.complaints = [], []
    window.on("request", lambda request: window.asked.append(request.url))
    window.on("console", lambda message: window.complaints.append(message.text))
    window.on("pageerror", lambda error: window.complaints.append(str(error)))
    yield window
    window.close()


@pytest.mark.parametrize("name", ["lesson.html", "index.html"])
def test_a_page_asks_for_nothing_fits_its_window_and_can_be_read(
    window: Any, folder: Path, name: str
) -> None:
    address = (folder / name).as_uri()
    window.goto(address)
    window.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert [url for url in window.asked if url != address and not url.startswith("data:")] == []
    assert window.complaints == []
    assert window.evaluate("document.documentElement.scrollWidth") <= window.viewport_size["width"]
    assert window.evaluate(TOO_WIDE) == []
    contrasts = window.evaluate(CONTRASTS)
    assert len(contrasts) > 15
    assert [found for found in contrasts if found[0] < LEAST_CONTRAST] == []


def test_formulas_are_drawn_and_pictures_shown(window: Any, folder: Path) -> None:
    window.goto((folder / "lesson.html").as_uri())
    window.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    fraction = window.locator("mfrac").bounding_box()
    assert fraction["height"] > 20  # one above the other
    assert fraction["width"] < 40
    assert window.evaluate("[...document.images].every(image => image.complete && image.naturalWidth > 0)")


def test_the_links_lead_from_the_list_to_a_part_and_back(window: Any, folder: Path) -> None:
    window.goto((folder / "index.html").as_uri())
    window.get_by_role("link", name="A lesson with every state").click()
    window.get_by_role("link", name="b_function").click()
    assert window.get_by_role("heading", name="b_function").is_visible()
    assert window.url.endswith("lesson.html#part-2")
    window.get_by_role("link", name="All notebooks").click()
    assert window.url.endswith("index.html")


def test_a_code_box_can_be_reached_and_scrolled_by_the_keyboard(window: Any, folder: Path) -> None:
    window.goto((folder / "lesson.html").as_uri())
    long = window.locator("pre.code", has_text="long long")
    long.focus()
    window.keyboard.press("End")
    for _ in range(5):
        window.keyboard.press("ArrowRight")
    # The page's policy forbids the way in which Playwright would wait for an expression.
    end = time.monotonic() + 30
    while not window.evaluate("document.activeElement.scrollLeft > 0") and time.monotonic() < end:
        window.wait_for_timeout(50)
    assert window.evaluate("document.activeElement.scrollLeft") > 0


# The names that a browser has cut into lines elsewhere than after `_` or `.`.
CUT = """
() => [...document.querySelectorAll("table.parts th a, table.parts th .section")].filter(element => {
  const texts = document.createTreeWalker(element, NodeFilter.SHOW_TEXT), range = document.createRange();
  while (texts.nextNode()) {
    range.selectNodeContents(texts.currentNode);
    if (!texts.currentNode.data.trim().includes(" ") && range.getClientRects().length > 1) return true;
  }
}).map(element => element.textContent)
"""


def test_a_long_name_is_broken_between_its_words(browser: Any, tmp_path: Path) -> None:
    folder = tmp_path / "ada" / "attention"
    folder.mkdir(parents=True)
    name = "scaled_dot_product_attention_with_a_mask"
    about = graded(notebook(prose("# T"), checked(name, 0, 1), checked("m", 1, 1)), name)
    (folder / f"{name}.html").write_text(html_of_page(about), encoding="utf-8")
    write_index(folder)
    window = browser.new_page(viewport={"width": 390, "height": 900})
    for page in (f"{name}.html", "index.html"):
        window.goto((folder / page).as_uri())
        assert window.evaluate(CUT) == []
        assert window.evaluate("document.documentElement.scrollWidth") <= 390
    window.close()


def test_on_paper_a_part_is_whole_and_a_heading_is_not_alone(window: Any, folder: Path) -> None:
    window.goto((folder / "lesson.html").as_uri())
    window.emulate_media(media="print")
    breaks = "e => [getComputedStyle(e).breakInside, getComputedStyle(e).breakAfter]"
    assert window.locator("article.part").first.evaluate(breaks)[0] == "avoid"
    assert window.locator("h2").first.evaluate(breaks)[1] == "avoid"
    assert window.locator("tr.section").first.evaluate(breaks)[1] == "avoid"
