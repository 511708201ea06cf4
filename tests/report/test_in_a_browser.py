"""The page on a phone and on paper: nothing is cut without a sign, no name is broken within a word."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

from made_class import fill
from test_page import html, made

PHONE = {"width": 390, "height": 844}
# The part of a figure that is to be seen is as wide as the figure.
CUT = "() => [...document.images].filter(i => i.getBoundingClientRect().right > innerWidth).length"
SHADOWED = "() => getComputedStyle(document.querySelector('.wide')).backgroundImage"
# Widths of all pieces of a name: a piece that is broken within has two boxes.
BROKEN = """() => [...document.querySelectorAll('#mistakes td.name, #parts td.name')]
    .flatMap(cell => [...cell.childNodes].filter(node =>
        node.nodeType === Node.TEXT_NODE && node.data.trim()).filter(node => {
        const range = document.createRange(); range.selectNodeContents(node);
        return range.getClientRects().length > 1;
    })).map(node => node.data)"""
SIZES = """() => ['td.name', 'td.short'].map(
    kind => parseFloat(getComputedStyle(document.querySelector('#parts ' + kind)).fontSize))"""


def opened(browser: Any, course: Path, **options: Any) -> Any:
    fill(course, made(course))
    shown = browser.new_context(**options).new_page()
    shown.goto("data:text/html;base64," + base64.b64encode(html(course).encode()).decode())
    return shown


def test_on_a_phone_figures_fit_tables_show_that_they_go_on_and_names_break_after_signs(
    browser: Any, course: Path
) -> None:
    shown = opened(browser, course, viewport=PHONE)
    shown.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert shown.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
    assert shown.evaluate(CUT) == 0
    assert shown.evaluate("document.images[0].naturalWidth") < 2 * PHONE["width"]
    assert shown.evaluate(SHADOWED).count("linear-gradient") == 4
    assert shown.evaluate(BROKEN) == []
    shown.context.close()


def test_on_paper_the_names_of_parts_are_no_larger_than_the_rest_of_their_table(
    browser: Any, course: Path
) -> None:
    shown = opened(browser, course)
    shown.emulate_media(media="print")
    names, rest = shown.evaluate(SIZES)
    assert names <= rest
    shown.context.close()
