"""Make every picture of the two `docs/first_ten_minutes_*.md`, by doing what they tell.

    make demo
    python -m docs.screenshots [--course FOLDER] [PICTURE ...]

FOLDER is a course in which the demo has run; it is copied first, so grading for a picture changes nothing
there. Names of pictures make only those. Needed: Chromium, and Pillow, which matplotlib brings along.
"""

from __future__ import annotations

import argparse
import io
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from tests.browser.formgrader_course import Formgrader, instructors_lab
from tests.browser.jupyter_lab import PATIENCE, ROOT, Notebook, expect, serving
from tests.chromium import chromium
from utils.build.lessons import load
from utils.build.seat import take_seat
from utils.build.solved import answers

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

PICTURES = ROOT / "docs" / "pictures"
ASSIGNMENT = "attention"
WRITER = "sample-perfect"  # the one of the sample class that wrote sentences
WRONG = "sample-deepseek-1"  # the cost that it gave for (g) lacks a letter
BESIDE = (".git", ".venv", ".cache", ".student", "__pycache__", "tests", "docs")  # not needed in the copy
WINDOW = {"width": 1200, "height": 860}
MARGIN = 8  # pixels around what is shown
COLOURS = 128  # enough for letters with soft edges and for our figures, in a third of the bytes
# Nothing that earns points is to be read in a student's picture.
ONE_OF_THREE = 'shape_W_q = "A"'
FIRST_TRY = """\
def multi_query_step(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    \"\"\"Return y `b d`, new_K `b n+1 k` and new_V `b n+1 v`.\"\"\"
    return x, prev_K, prev_V"""


class Album:
    """Takes pictures of one page of a browser, and keeps those that were asked for."""

    def __init__(self, page: Page, wanted: Sequence[str]) -> None:
        self.page, self.wanted = page, wanted

    def window(self, name: str) -> None:
        """Keep what the window shows."""
        self._keep(name, self.page.screenshot())

    def around(self, name: str, *shown: Locator) -> None:
        """Keep the part of the window that holds all of these; the window has to be tall enough."""
        shown[0].scroll_into_view_if_needed()
        boxes: list[Any] = [one.bounding_box() for one in shown]
        size = self.page.viewport_size or WINDOW
        left, top = (max(0, min(box[side] for box in boxes) - MARGIN) for side in ("x", "y"))
        right = min(size["width"], max(box["x"] + box["width"] for box in boxes) + MARGIN)
        bottom = min(size["height"], max(box["y"] + box["height"] for box in boxes) + MARGIN)
        clip = {"x": left, "y": top, "width": right - left, "height": bottom - top}
        self._keep(name, self.page.screenshot(clip=clip))  # type: ignore[arg-type]  # a plain dict will do

    def _keep(self, name: str, png: bytes) -> None:
        if self.wanted and name not in self.wanted:
            return
        from PIL import Image

        PICTURES.mkdir(exist_ok=True)
        few = Image.open(io.BytesIO(png)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
        few.save(PICTURES / f"{name}.png", optimize=True)
        print(f"{name}: {few.width} x {few.height}, {(PICTURES / f'{name}.png').stat().st_size:,} bytes")


@contextmanager
def a_page() -> Iterator[Page]:
    """Start a browser and give an empty page of it. Raises `NoBrowser`."""
    with chromium() as browser:
        page = browser.new_page(viewport=WINDOW)
        page.set_default_timeout(PATIENCE * 1000)
        yield page


# A student


def of_a_student(album: Album, folder: Path) -> None:
    """Take a student's pictures, in a download unpacked in `folder`."""
    seat = take_seat(ROOT, ASSIGNMENT, folder / "student")
    with serving([seat.python, "-m", "coursekit.lab"], seat.work, seat.environment) as server:
        notebook = Notebook(album.page, server, seat.work / "decoding.ipynb").open()
        album.window("student-opened")
        gives_all_room_to_the_notebook(album.page)
        works(album, notebook, Cells(notebook.path))


class Cells:
    """What a student types into a notebook, below the line that says which part it is."""

    def __init__(self, path: Path) -> None:
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        self.heads = {cell["id"]: "".join(cell["source"]).split("\n")[0] for cell in cells}
        self.right = answers(load(ROOT / "lessons" / ASSIGNMENT / f"{path.stem}.py"))

    def of(self, part: str, text: str = "") -> str:
        """Return the cell of a part with a text, with the right answer if none is given."""
        return f"{self.heads[part]}\n{text or self.right[part]}"


def gives_all_room_to_the_notebook(page: Page) -> None:
    """Close the list of files, and make the window tall, so that cells with their outputs fit into it."""
    page.keyboard.press("Control+b")
    expect(page.locator("#filebrowser")).to_be_hidden()
    page.set_viewport_size({"width": 1000, "height": 1500})


def works(album: Album, notebook: Notebook, cells: Cells) -> None:
    """Fill in the first blanks, make a mistake and mend it, turn a slider, and look at the last cell."""
    for given in ("given-setup", "given-multi_head_step", "given-numbers"):
        notebook.run(given)
    answered(notebook, "a", cells.of("a", ONE_OF_THREE))
    album.around("student-first-blank", notebook.cell("a"), notebook.cell("test-a"))
    for part in ("b", "c"):
        answered(notebook, part, cells.of(part))
    step = "multi_query_step"
    answered(notebook, step, cells.of(step, FIRST_TRY))
    album.around("student-wrong", notebook.cell(step), notebook.cell(f"test-{step}"))
    answered(notebook, step, cells.of(step))
    album.around("student-mended", notebook.cell(f"test-{step}"))
    answered(notebook, "cache_formula", cells.of("cache_formula"))
    turns_the_slider(album, notebook)
    last = notebook.ids[-1]
    notebook.run(last)
    album.around("student-progress", notebook.cell(last).locator(".jp-RenderedHTMLCommon > div"))


def answered(notebook: Notebook, part: str, text: str) -> None:
    """Type an answer, run it, and run its check."""
    notebook.write(part, text)
    notebook.run(part)
    notebook.run(f"test-{part}")


def turns_the_slider(album: Album, notebook: Notebook) -> None:
    """Draw the figure with a slider, and move it two steps to the left."""
    notebook.run("draw-cache-by-key-heads")
    cell = notebook.cell("draw-cache-by-key-heads")
    slider = cell.locator(".noUi-handle")
    slider.focus()
    for _ in range(2):
        slider.press("ArrowLeft")
    expect(cell.locator("img")).to_have_attribute("alt", re.compile("^g = 8:"))
    album.around("student-slider", cell.locator(".widget-inline-hbox"), cell.locator("img"))


# An instructor


def of_an_instructor(album: Album, folder: Path, course: Path) -> None:
    """Take an instructor's pictures, in a copy of a graded course."""
    if not (course / "feedback" / WRITER / ASSIGNMENT / "index.html").is_file():
        raise RuntimeError(f"{course} holds no graded sample class: run 'make demo' there, or name another")
    copy = folder / "course"
    shutil.copytree(course, copy, ignore=shutil.ignore_patterns(*BESIDE))
    album.page.set_viewport_size({"width": 1200, "height": 1500})
    with instructors_lab(copy) as server:
        album.page.goto(f"{server.address}/lab?token={server.token}")
        grades(album, Formgrader(album.page, server))
    files(album, copy)


def grades(album: Album, formgrader: Formgrader) -> None:
    """Look at who handed in, open a written answer, and give it points and a comment."""
    page = formgrader.page
    formgrader.go(f"manage_submissions/{ASSIGNMENT}")
    expect(page.locator("#main-table .glyphicon-flash")).to_have_count(9)
    album.around("instructor-submissions", page.locator("body"))
    rows = formgrader.server.get(f"/formgrader/api/submitted_notebooks/{ASSIGNMENT}/argmax_attention")
    submission = next(row["id"] for row in rows if row["student"] == WRITER)
    page.get_by_role("link", name="Manual Grading").click()
    for name in (ASSIGNMENT, "argmax_attention"):
        page.locator("#main-table").get_by_role("link", name=name, exact=True).click()
    page.locator(f"#main-table a[href*='{submission}']").first.click()
    formgrader.ready()
    panel = page.locator(".nbgrader_cell", has=page.locator(".marking"))
    panel.locator(".score").fill("3")
    for _ in range(2):
        page.keyboard.press("Tab")
    page.keyboard.type("Clear, and each cost is true. What would a falling temperature buy?")
    album.around("instructor-written", panel)


def files(album: Album, course: Path) -> None:
    """Look at a lost part on a page of feedback, and at the report, as the files that they are."""
    page = album.page
    page.goto((course / "feedback" / WRONG / ASSIGNMENT / "decoding.html").as_uri())
    album.around("instructor-feedback", page.locator("article.wrong").first)
    subprocess.run(
        [sys.executable, "-m", "utils.cli", "report", ASSIGNMENT], cwd=course, check=True, capture_output=True
    )
    page.goto((course / "reports" / f"{ASSIGNMENT}.html").as_uri())
    album.around("instructor-report", page.locator("#mistakes"))


def main() -> int:
    """Make the pictures; return 0, or 1 with the reason where they cannot be made."""
    parser = argparse.ArgumentParser(prog="python -m docs.screenshots", description="Make the pictures.")
    parser.add_argument("--course", type=Path, default=ROOT, help="where `make demo` has run")
    parser.add_argument("pictures", nargs="*", metavar="PICTURE", help="only these, such as student-wrong")
    asked = parser.parse_args()
    try:
        with TemporaryDirectory() as folder, a_page() as page:
            album = Album(page, asked.pictures)
            for who in ("student", "instructor"):
                if asked.pictures and not any(name.startswith(who) for name in asked.pictures):
                    continue
                if who == "student":
                    of_a_student(album, Path(folder))
                else:
                    of_an_instructor(album, Path(folder), asked.course.resolve())
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
