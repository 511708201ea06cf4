"""An instructor hands out an assignment, grades what comes in, reads a written answer, and gives feedback."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

from tests.browser.formgrader_course import (
    LESSON,
    SECRET,
    WRITTEN,
    Formgrader,
    hand_in,
    instructors_lab,
    make,
)
from tests.browser.jupyter_lab import PATIENCE, SCREENSHOTS, Server, Watch
from tests.grading.scratch_course import ASSIGNMENT, Desk

HOSTILE = """It grows as $x^2$. <img src=x onerror="window.stolen=1"><script>window.stolen=1</script>"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return make(tmp_path_factory.mktemp("instructor") / "course")


@pytest.fixture(scope="module")
def server(desk: Desk) -> Iterator[Server]:
    with instructors_lab(desk.root) as running:
        yield running


def test_an_instructor_grades_and_gives_feedback(page: Page, server: Server, desk: Desk) -> None:
    watch = Watch().over(page)
    formgrader = Formgrader(page, server)
    logs_in(page, server)
    generates(formgrader, desk)
    hand_in(desk, "ada")
    hand_in(desk, "bob", **{"power": "power = 3", WRITTEN: HOSTILE})
    autogrades(formgrader)
    reads_and_marks_a_written_answer(formgrader)
    goes_on_by_the_keyboard(formgrader)
    writes_feedback(formgrader)
    opens_the_feedback(page, desk.root / "feedback" / "ada" / ASSIGNMENT / f"{LESSON}.html")
    assert watch.errors == []
    assert watch.elsewhere == []
    assert watch.requests > 100


def logs_in(page: Page, server: Server) -> None:
    """The link that the server prints lands on JupyterLab, and there is no question about news."""
    page.goto(f"{server.address}/lab?token={server.token}")
    expect(page.locator("#jupyterlab-splash")).to_have_count(0, timeout=PATIENCE * 1000)
    expect(page.locator(".jp-DirListing-item", has_text="submitted")).to_be_visible()
    assert urlsplit(page.url).path.startswith("/lab")
    assert page.locator(".Toastify__toast").count() == 0


def generates(formgrader: Formgrader, desk: Desk) -> None:
    release = desk.root / "release" / ASSIGNMENT / f"{LESSON}.ipynb"
    before = release.read_bytes()
    formgrader.go("")
    expect(formgrader.page.locator("#main-table")).to_contain_text(ASSIGNMENT)
    assert "Sorry" not in formgrader.page.locator("body").inner_text()
    # Both warn that handing out and collecting is impossible.
    assert formgrader.page.locator("#warning-exchange, #warning-course-id").count() == 0
    expect(formgrader.page.locator(".glyphicon-cloud-upload")).to_have_count(1)
    formgrader.picture("instructor-assignments")
    formgrader.press("education")
    assert release.read_bytes() == before


def autogrades(formgrader: Formgrader) -> None:
    formgrader.go(f"manage_submissions/{ASSIGNMENT}")
    expect(formgrader.page.locator("#main-table .glyphicon-flash")).to_have_count(2)
    logs = [formgrader.press("flash", row) for row in (0, 1)]
    assert all("DEBUG" not in log and "has changed" not in log for log in logs), logs
    expect(formgrader.page.locator("#main-table .status", has_text="needs manual grading")).to_have_count(2)
    formgrader.picture("instructor-submissions")


def reads_and_marks_a_written_answer(formgrader: Formgrader) -> None:
    page, submission = formgrader.page, formgrader.submissions(LESSON)["bob"]
    formgrader.go(f"gradebook/{ASSIGNMENT}/{LESSON}")
    expect(page.locator("#main-table tr")).to_have_count(2)
    formgrader.picture("instructor-list")
    formgrader.go(f"submissions/{submission}/")
    formgrader.ready()
    panel = page.locator(".nbgrader_cell", has=page.locator(".marking"))
    expect(panel).to_be_in_viewport()
    expect(panel.locator(".marking-scheme")).to_contain_text(SECRET)
    expect(panel.locator("math")).to_have_count(3)
    expect(panel.locator(".score")).to_be_focused()
    figure = panel.locator(".marking-figure img")
    assert figure.evaluate("image => image.complete && image.naturalWidth") > 100
    assert figure.evaluate("image => getComputedStyle(image).borderTopWidth") == "0px"
    assert page.evaluate("window.stolen") is None
    formgrader.picture("instructor-written")
    assert formgrader.type_and_leave(WRITTEN, "3")["manual_score"] == 3
    comment = "Which square? $x^2$"
    assert formgrader.type_and_leave(f"{WRITTEN}-comment", comment)["manual_comment"] == comment
    assert formgrader.part(submission, WRITTEN)["needs_manual_grade"] is False
    formgrader.picture("instructor-grading", whole=True)


def goes_on_by_the_keyboard(formgrader: Formgrader) -> None:
    """Tab reaches the next field, and Control with the dot the same field of the other student."""
    page, both = formgrader.page, formgrader.submissions(LESSON)
    page.locator(f"[id='{WRITTEN}']").focus()
    page.keyboard.press("Tab")
    expect(page.locator(f"[id='{WRITTEN}_extra_credit']")).to_be_focused()
    page.keyboard.press("Shift+Tab")
    expect(page.locator(f"[id='{WRITTEN}']")).to_be_focused()
    back = sorted(both.values()).index(both["bob"]) == 1  # nbgrader goes through them by their ids
    page.keyboard.press("Control+," if back else "Control+.")
    page.wait_for_url(f"**/submissions/{both['ada']}/**")
    formgrader.ready()
    expect(page.locator(f"[id='{WRITTEN}']")).to_be_focused()
    assert formgrader.type_and_leave(WRITTEN, "4")["manual_score"] == 4
    comment = "Well said: $x^2$"
    assert formgrader.type_and_leave(f"{WRITTEN}-comment", comment)["manual_comment"] == comment


def writes_feedback(formgrader: Formgrader) -> None:
    formgrader.go(f"manage_submissions/{ASSIGNMENT}")
    rows = formgrader.page.locator("#main-table tr")
    expect(rows).to_have_count(2)
    for row in (0, 1):
        expect(rows.nth(row).locator(".status")).to_have_text("graded")
        formgrader.press("comment", row)


def opens_the_feedback(page: Page, path: Path) -> None:
    """The page is a file: it loads nothing but itself, says what the grader said, and keeps her notes."""
    other = page.context.new_page()
    watch = Watch().over(other)
    other.goto(path.as_uri())
    expect(other.locator("body")).to_contain_text("Well said")
    assert SECRET not in other.content()
    assert watch.errors == []
    assert watch.elsewhere == [path.as_uri()]
    other.screenshot(path=SCREENSHOTS / "instructor-feedback.png", full_page=True)
