"""A small course with a written answer about a figure, and the pages of Formgrader that a grader walks."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.jupyter_lab import PATIENCE, ROOT, SCREENSHOTS, Server, serving
from tests.grading.scratch_course import ASSIGNMENT, Desk, make_course
from utils.build.release import build_release
from utils.build.source import build_source

LESSON, WRITTEN = "drawing", "written-growth"
SECRET = "2 points: names the square"  # of the mark scheme: for graders only
DRAWING = f"""\
# %% [markdown]
# # Drawing
#
# The curve of $f(x) = \\sqrt{{x}}$ and of $x^2$.

# %% locked="setup"
from coursekit.blanks import BLANK, ____

# %% solution="power"
power = BLANK(2)

# %% graded="power" points=1 spec="S7" kind="number"
print("power was read as", power)
### BEGIN HIDDEN TESTS
assert power == 2, "hidden: power"
### END HIDDEN TESTS

# %% draw="curve"
import matplotlib.pyplot as plt

axes = plt.subplots(figsize=(4, 2))[1]
axes.plot([n**power for n in range(9)])
plt.show()

# %% [markdown] written="growth" points=4 spec="S8" shows="curve"
# ### BEGIN SOLUTION
# It grows as $x^2$ does.
# ### END SOLUTION
# ### BEGIN MARK SCHEME
# {SECRET}.
# 2 points: says $x^2$.
# ### END MARK SCHEME
"""


def make(folder: Path) -> Desk:
    """Build the scratch course with one lesson more; return where its students hand in."""
    root = make_course(folder)
    (root / "lessons" / ASSIGNMENT / f"{LESSON}.py").write_text(DRAWING, encoding="utf-8")
    build_source(root, ASSIGNMENT)
    build_release(root, ASSIGNMENT)
    return Desk(root)


def hand_in(desk: Desk, student: str, **answers: str) -> None:
    """Hand in a solved notebook, with some answers changed, and the time of it."""
    desk.hand_in(student, desk.solved(LESSON, **answers), f"{LESSON}.ipynb")
    (desk.folder(student) / "timestamp.txt").write_text("2026-03-01 12:00:00.000000 UTC")


@contextmanager
def instructors_lab(root: Path) -> Iterator[Server]:
    """Start JupyterLab in a course as `make lab` does, with Jupyter's own files beside it."""
    beside = root.parent
    environment = {
        **os.environ,
        "HOME": str(beside),
        "JUPYTER_CONFIG_DIR": str(beside / "config"),
        "JUPYTER_PLATFORM_DIRS": "0",
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
    }
    with serving([sys.executable, "-m", "utils.formgrader.lab"], root, environment) as running:
        yield running


class Formgrader:
    """The pages of Formgrader in one page of a browser."""

    def __init__(self, page: Page, server: Server) -> None:
        self.page, self.server = page, server
        expect.set_options(timeout=PATIENCE * 1000)  # a machine may be busy with other tests

    def go(self, path: str) -> None:
        """Open one of its pages."""
        self.page.goto(f"{self.server.address}/formgrader/{path}")

    def press(self, icon: str, row: int = 0) -> str:
        """Press an icon of a table's row; return the text of the dialog that says it worked."""
        self.page.locator(f"#main-table .glyphicon-{icon}").nth(row).click()
        dialog = self.page.locator("#success-modal.in, #error-modal.in")
        expect(dialog).to_be_visible()
        expect(dialog).to_have_css("opacity", "1")
        self.picture(f"instructor-{icon}-{row}")
        text = dialog.inner_text()
        assert self.page.locator("#error-modal").count() == 0, text
        dialog.get_by_role("button", name="OK").click()
        expect(self.page.locator(".modal-backdrop")).to_have_count(0)
        return text

    def submissions(self, lesson: str) -> dict[str, str]:
        """Return the ids of the submissions of a lesson, by student."""
        rows = self.server.get(f"/formgrader/api/submitted_notebooks/{ASSIGNMENT}/{lesson}")
        return {row["student"]: row["id"] for row in rows}

    def part(self, submission: str, name: str) -> Any:
        """Return what the gradebook holds of one part of a submission: its grade, or its comment."""
        kind = "comments" if name.endswith("-comment") else "grades"
        rows = self.server.get(f"/formgrader/api/{kind}?submission_id={submission}")
        return next(row for row in rows if row["name"] == name.removesuffix("-comment"))

    def type_and_leave(self, field: str, text: str) -> dict[str, Any]:
        """Type into a field, press Tab, and return what the server saved."""
        with self.page.expect_response(lambda answer: answer.request.method == "PUT") as saved:
            self.page.locator(f"[id='{field}']").fill(text)
            self.page.keyboard.press("Tab")
        assert saved.value.ok
        data: dict[str, Any] = json.loads(saved.value.text())
        return data

    def ready(self) -> None:
        """Wait until the grading page takes the keyboard."""
        expect(self.page.locator("html:not([inert])")).to_have_count(1)

    def picture(self, name: str, *, whole: bool = False) -> None:
        """Keep what the window shows, for people to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=whole)
