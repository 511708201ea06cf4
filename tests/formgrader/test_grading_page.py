"""What a person grades on: nbgrader's page, made from notebooks that students could have handed in."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbconvert.exporters import HTMLExporter
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output
from traitlets.config import Config

from tests.attacks.active import active_in
from tests.attacks.cases.viewers import ACTIVE
from utils.formgrader.inert import HANDLERS
from utils.formgrader.pages import show_offline

PIXEL = base64.b64encode(b"a picture").decode()
FIGURE = new_output("display_data", {"image/png": PIXEL}, metadata={"image/png": {"alt": "two curves"}})
SCHEME = """### BEGIN SOLUTION
The order $a+b$ does not matter.
### END SOLUTION
### BEGIN MARK SCHEME
1 point: names the order.
1 point: says $\\sqrt{2}$.
### END MARK SCHEME"""
WRITTEN = {"grade_id": "written-why", "grade": True, "solution": True, "points": 2, "locked": False}

Page = Callable[..., str]


def written(text: str, **course: str) -> Any:
    return new_markdown_cell(text, metadata={"nbgrader": WRITTEN, "course": course})


@pytest.fixture
def page(tmp_path: Path) -> Page:
    """Return a function that makes the page of some cells, with the settings of the course in `tmp_path`."""
    source = tmp_path / "source" / "sums"
    source.mkdir(parents=True)
    nbformat.write(new_notebook(cells=[written(SCHEME)]), source / "adding.ipynb")

    def make(*cells: Any, **names: str) -> str:
        config = Config()
        show_offline(config, tmp_path)
        config.HTMLExporter.template_name = "formgrade"  # what Formgrader asks for
        resources = {
            "assignment_id": "sums",
            "notebook_id": "adding",
            "submission_id": "0123abcd",
            "index": 0,
            "total": 1,
            "base_url": "",
            "student": "ada",
            **names,
        }
        notebook = new_notebook(cells=list(cells))
        html: str = HTMLExporter(config=config).from_notebook_node(notebook, resources=resources)[0]
        return html

    return make


def test_a_written_answer_stands_beside_its_mark_scheme_and_its_figure(page: Page) -> None:
    drawing = new_code_cell("draw()", id="draw-curves", outputs=[FIGURE])
    html = page(drawing, new_markdown_cell("Why?"), written("Because.", shows="curves"))
    panel = html[html.index('class="marking-figure"') :]
    assert f'src="data:image/png;base64,{PIXEL}"' in panel
    assert 'alt="two curves"' in panel
    assert panel.index("Because.") < panel.index("1 point: names the order.") < panel.index("does not matter")
    assert "<p>1 point: says" in panel, "every tariff is a paragraph"


def test_tariffs_that_follow_each_other_in_a_line_are_paragraphs_too(page: Page, tmp_path: Path) -> None:
    scheme = (
        "1 point: reads once, 2 points less. 1 point: every\ncache; 1 point: names it. No point for 1 word."
    )
    cell = written(f"### BEGIN MARK SCHEME\n{scheme}\n### END MARK SCHEME")
    nbformat.write(new_notebook(cells=[cell]), tmp_path / "source" / "sums" / "adding.ipynb")
    html = page(written("Because."))
    starts = re.findall(r"<p>(1 point: \w+)", html)
    assert starts == ["1 point: reads", "1 point: every", "1 point: names"]


def test_formulas_of_answers_and_mark_schemes_are_mathml_and_no_mathjax_is_loaded(page: Page) -> None:
    html = page(written("Since $x^2$ grows."))
    assert html.count("<math") == 3
    assert "$" not in html[html.index('class="marking"') : html.index("</aside>")]
    assert "cdnjs" not in html
    assert not re.search(r"""(?:src|href)\s*=\s*["']?(?:https?:)?//""", html)


def test_only_marked_scripts_may_run(page: Page) -> None:
    html = page(written("Because."))
    policy = re.search(r'http-equiv="Content-Security-Policy"', html)
    assert policy
    scripts = re.findall(r"<script[^>]*>", html)
    assert policy.start() < html.index("<script")
    nonces = set(re.findall(r'nonce="([^"]+)"', html))
    assert len(nonces) == 1
    assert len(scripts) > 10
    assert all("nonce=" in script for script in scripts)
    assert f"script-src 'nonce-{nonces.pop()}' 'unsafe-hashes'" in html.replace("&#39;", "'")
    assert set(re.findall(r'onclick="([^"]*)"', html)) == set(HANDLERS)


def test_every_page_has_a_mark_of_its_own(page: Page) -> None:
    nonces = {re.findall(r'nonce="([^"]+)"', page(written("Because.")))[0] for _ in range(3)}
    assert len(nonces) == 3


HOSTILE = f"""
<script>{ACTIVE}</script><img src="x" onerror="{ACTIVE}"><a href="javascript:{ACTIVE}">go</a>
<iframe srcdoc="{ACTIVE}"></iframe><form action="/{ACTIVE}"><button>go</button></form>
<style>{ACTIVE}</style><svg onload="{ACTIVE}"></svg><img src="https://a.example/{ACTIVE}">
<img src="/logout?{ACTIVE}"><div style="background:url({ACTIVE})">"""
SVG = f"<svg onload='{ACTIVE}'><script>{ACTIVE}</script></svg>"
WIDGET = {"application/vnd.jupyter.widget-view+json": {"model_id": ACTIVE}, "text/html": HOSTILE}
WIDE = {"image/png": {"width": f"1 onload={ACTIVE}"}}


@pytest.mark.parametrize(
    "output",
    [
        new_output("display_data", {"text/html": HOSTILE}),
        new_output("display_data", {"text/html": HOSTILE}, metadata={"text/html": {"isolated": True}}),
        new_output("display_data", {"text/markdown": HOSTILE}),
        new_output("display_data", {"application/javascript": ACTIVE}),
        new_output("display_data", WIDGET),
        new_output("display_data", {"image/svg+xml": SVG}),
        new_output("display_data", {"image/png": PIXEL}, metadata=WIDE),
        new_output("stream", name="stdout", text=HOSTILE),
        new_output("error", ename="E", evalue="v", traceback=[HOSTILE]),
    ],
    ids=["html", "isolated", "markdown", "javascript", "widget", "svg", "png", "stdout", "error"],
)
def test_what_code_prints_cannot_act(page: Page, output: Any) -> None:
    html = page(new_code_cell("1", outputs=[output]))
    assert active_in(html) == []
    assert "<iframe" not in html


def test_what_students_write_cannot_act(page: Page) -> None:
    html = page(new_markdown_cell(HOSTILE), written(HOSTILE), new_code_cell(HOSTILE))
    assert active_in(html) == []


def test_names_of_people_and_files_cannot_end_a_tag(page: Page) -> None:
    name = f'"><script>{ACTIVE}()</script>'
    html = page(written("Because."), student=name, notebook_path=name, last_name=name, first_name=name)
    assert active_in(html) == []


def test_colours_of_the_courses_own_boxes_are_kept(page: Page) -> None:
    box = '<div style="background-color: #e6f4ea; border-left: 4px solid green">passed</div>'
    html = page(new_code_cell("1", outputs=[new_output("display_data", {"text/html": box})]))
    assert re.search(
        r'<div style="background-color:\s?#e6f4ea;\s?border-left:\s?4px solid green;?">passed', html
    )


def test_an_output_cannot_lie_over_the_page(page: Page) -> None:
    over = '<div class="modal-backdrop in output_x" style="position: fixed; top: 0; color: red">gone</div>'
    html = page(new_code_cell("1", outputs=[new_output("display_data", {"text/html": over})]))
    assert re.search(r'<div class="output_x" style="color:\s?red;?">gone</div>', html)


def without_source(tmp_path: Path) -> str:
    (tmp_path / "source" / "sums" / "adding.ipynb").unlink()
    return "No such file or directory"


def without_the_cell(tmp_path: Path) -> str:
    nbformat.write(new_notebook(), tmp_path / "source" / "sums" / "adding.ipynb")
    return "there is no cell &#x27;written-why&#x27;"


def with_an_open_region(tmp_path: Path) -> str:
    cell = written("### BEGIN MARK SCHEME\n1 point")
    nbformat.write(new_notebook(cells=[cell]), tmp_path / "source" / "sums" / "adding.ipynb")
    return "### BEGIN MARK SCHEME has no ### END MARK SCHEME (line 1 of the cell)"


def with_no_scheme(tmp_path: Path) -> str:
    nbformat.write(new_notebook(cells=[written("")]), tmp_path / "source" / "sums" / "adding.ipynb")
    return "There is no mark scheme for this answer."


def damaged(tmp_path: Path) -> str:
    (tmp_path / "source" / "sums" / "adding.ipynb").write_text("{")
    return "source/sums/adding.ipynb: "


@pytest.mark.parametrize(
    "spoil",
    [without_source, without_the_cell, with_an_open_region, with_no_scheme, damaged],
    ids=lambda f: f.__name__,
)
def test_a_mark_scheme_that_cannot_be_shown_is_said_to_be_missing(
    page: Page, tmp_path: Path, spoil: Callable[[Path], str]
) -> None:
    said = spoil(tmp_path)
    html = page(written("Because."))
    assert said.replace("&#x27;", "'") in html.replace("&#x27;", "'")
    assert "Because." in html
