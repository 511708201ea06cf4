"""A student opens a notebook, gets a part wrong, mends it, turns a slider, validates, and hands in."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browser.jupyter_lab import ROOT, Notebook, Server, Watch, expect, serving
from utils.build.lessons import load
from utils.build.seat import Seat, take_seat
from utils.build.solved import answers

if TYPE_CHECKING:
    from playwright.sync_api import Page

LESSON = "decoding"
ANSWERS = answers(load(ROOT / "lessons" / "attention" / f"{LESSON}.py"))
FORGOTTEN = ("    return y, new_K, new_V", "    return y")  # the caches


@pytest.fixture(scope="module")
def seat(tmp_path_factory: pytest.TempPathFactory) -> Seat:
    return take_seat(ROOT, "attention", tmp_path_factory.mktemp("student"))


@pytest.fixture(scope="module")
def server(seat: Seat) -> Iterator[Server]:
    with serving([seat.python, "-m", "coursekit.lab"], seat.work, seat.environment) as running:
        yield running


@pytest.fixture
def watch(page: "Page") -> Watch:
    return Watch().over(page)


@pytest.fixture
def notebook(page: "Page", watch: Watch, server: Server, seat: Seat) -> Notebook:
    return Notebook(page, server, seat.work / f"{LESSON}.ipynb").open()


def test_a_student_works_through_a_notebook(notebook: Notebook, page: "Page", watch: Watch) -> None:
    notebook.picture("student-1-opened")
    sees_which_cells_are_read_only(notebook)
    gets_a_part_wrong_and_mends_it(notebook)
    solves_the_rest_and_runs_all(notebook)
    turns_the_slider(notebook)
    validates(notebook)
    looks_at_the_progress_and_saves(notebook)
    assert nothing_for_instructors_is_shown(page)
    assert page.locator(".Toastify__toast").count() == 0
    assert watch.errors == []
    assert watch.requests > 100
    assert watch.elsewhere == []


def sees_which_cells_are_read_only(notebook: Notebook) -> None:
    looks = {name: look(notebook, name) for name in ("given-setup", "a", "test-a", "multi_query_step")}
    assert looks["given-setup"] == looks["test-a"] == ("rgb(240, 240, 240)", "1px")
    assert looks["a"] == looks["multi_query_step"] == ("rgb(255, 255, 255)", "5px")


def look(notebook: Notebook, name: str) -> tuple[str, str]:
    """Return the ground of a code cell, and the width of the bar at its left."""
    editor = notebook.cell(name).locator(".jp-InputArea-editor")
    ground, bar = editor.evaluate(
        "box => [getComputedStyle(box).backgroundColor, getComputedStyle(box).borderLeftWidth]"
    )
    return ground, bar


def gets_a_part_wrong_and_mends_it(notebook: Notebook) -> None:
    right, part = ANSWERS["multi_query_step"], "multi_query_step"
    for given in ("given-setup", "given-multi_head_step"):
        notebook.run(given)
    notebook.write(part, right.replace(*FORGOTTEN))
    notebook.run(part)
    said = notebook.run(f"test-{part}")
    expect(said).to_contain_text("multi_query_step does not return three results")
    expect(said).to_contain_text("It returns the output and both new caches")
    notebook.picture("student-2-wrong")
    notebook.write(part, right)
    notebook.run(part)
    box = notebook.run(f"test-{part}").locator("div[role=status]")
    expect(box).to_contain_text("visible checks passed; 4 more checks run when the notebook is graded")
    assert "rgb(230, 244, 234)" in box.evaluate("box => getComputedStyle(box).backgroundColor")
    notebook.picture("student-3-mended")


def solves_the_rest_and_runs_all(notebook: Notebook) -> None:
    for name, text in ANSWERS.items():
        notebook.write(name, text)
    notebook.run_all(notebook.ids[-1])
    figures = [name for name in notebook.ids if notebook.cell(name).locator(".jp-OutputArea img").count()]
    assert len(figures) == 6, figures
    notebook.cell(figures[0]).locator("img").scroll_into_view_if_needed()
    notebook.picture("student-4-figure")


def turns_the_slider(notebook: Notebook) -> None:
    cell = notebook.cell("draw-cache-by-key-heads")
    figure, slider = cell.locator("img"), cell.locator(".noUi-handle")
    expect(figure).to_have_attribute("alt", "g = 32: larger than the weights at 32,768 positions")
    before = figure.get_attribute("src")
    slider.focus()
    for _ in range(2):
        slider.press("ArrowLeft")
    expect(cell.locator(".widget-readout")).to_have_text("8")
    expect(figure).to_have_attribute("alt", "g = 8: larger than the weights at 131,072 positions")
    assert figure.get_attribute("src") != before
    notebook.picture("student-5-slider")


def validates(notebook: Notebook) -> None:
    page = notebook.page
    page.get_by_role("button", name="Validate").click()
    dialog = page.locator(".jp-Dialog")
    expect(dialog).to_contain_text("Success! Your notebook passes all the tests.")
    notebook.picture("student-6-validated")
    dialog.locator("button").last.click()
    expect(dialog).to_have_count(0)


def looks_at_the_progress_and_saves(notebook: Notebook) -> None:
    last = notebook.run(notebook.ids[-1])
    expect(last).to_contain_text("passed")
    expect(last).to_contain_text("more checks run when graded")
    expect(last).to_contain_text("judged when graded")
    last.scroll_into_view_if_needed()
    notebook.picture("student-7-progress")
    cells = {cell["id"]: cell for cell in notebook.saved()["cells"]}
    assert "".join(cells["multi_query_step"]["source"]) == ANSWERS["multi_query_step"]
    assert cells[notebook.ids[-1]]["outputs"]


def nothing_for_instructors_is_shown(page: "Page") -> bool:
    """Whether nothing that students have no use for is named: in a menu, a tab, or a tab's tool tip."""
    menus = [item.inner_text() for item in page.locator(".lm-MenuBar-item").all()]
    tips = [tab.get_attribute("title") or "" for tab in page.locator(".lm-TabBar-tab").all()]
    named = " ".join([*menus, *tips, page.locator("body").inner_text()]).lower()
    assert "validate" in named  # nbgrader itself is there
    others = ("nbgrader", "formgrader", "create assignment", "extension manager")
    return not any(word in named for word in others)
