"""Pages as they are made: by `course feedback`, by nbgrader's own command, and by a list of them."""

from __future__ import annotations

import html
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ASSIGNMENT, LESSON, ROOT
from made import checked, error, every_state, html_of_page, notebook
from nbgrader.api import Gradebook

from utils.feedback.index import write_index
from utils.feedback.parts import graded
from utils.grading.feedback_run import Page, write_feedback


def pages(course: Path) -> dict[str, bytes]:
    folder = course / "feedback" / "ada" / ASSIGNMENT
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.html"))}


def run(course: Path) -> Page:
    (page,) = write_feedback(course, ASSIGNMENT, ["ada"])
    return page


def test_a_real_lesson_says_the_mistake_the_picture_and_what_waits(course: Path) -> None:
    assert run(course).state == "written"
    page = html.unescape(pages(course)[f"{LESSON}.html"].decode())
    for words in (
        "The size of a coincidence",
        "30 January 2026, 15:00 UTC",
        "shape (2, 1), expected (2,)",
        "Your result has 2 axes; asked for: 1 axis.",
        "waiting for a person to read it",
    ):
        assert words in page


def test_nbgraders_own_command_writes_the_same_bytes(course: Path) -> None:
    assert run(course).state == "written"
    ours = pages(course)
    for path in (course / "feedback").rglob("*.html"):
        path.unlink()
    command = [sys.executable, "-m", "nbgrader", "generate_feedback", ASSIGNMENT, "--force"]
    quiet = {**os.environ, "PYTHONPATH": str(ROOT), "JUPYTER_PLATFORM_DIRS": "1"}
    subprocess.run(command, cwd=course, env=quiet, check=True, capture_output=True)
    assert pages(course) == ours
    assert set(ours) == {"index.html", f"{LESSON}.html"}


def test_what_was_handed_out_beside_the_notebooks_is_not_among_the_pages(course: Path) -> None:
    beside = {path.name for path in (course / "autograded" / "ada" / ASSIGNMENT).iterdir()}
    assert {"README.md", "requirements.txt"} <= beside
    assert run(course).state == "written"
    left = {path.name for path in (course / "feedback" / "ada" / ASSIGNMENT).iterdir()}
    assert left == {"index.html", f"{LESSON}.html", "timestamp.txt"}


def test_pages_are_written_again_when_a_person_has_read_an_answer(course: Path) -> None:
    assert run(course).state == "written"
    assert run(course).state == "skipped"
    with Gradebook(f"sqlite:///{course}/gradebook.db") as gradebook:
        grade = gradebook.find_grade("written-saturation", LESSON, ASSIGNMENT, "ada")
        assert grade.needs_manual_grade
        grade.manual_score, grade.needs_manual_grade = 0.0, False
        gradebook.db.commit()
    assert run(course).state == "written"
    page = pages(course)[f"{LESSON}.html"].decode()
    assert "waiting for a person" not in page
    assert "A person has given these points." in page


def test_a_list_that_is_gone_is_written_again(course: Path) -> None:
    run(course)
    (course / "feedback" / "ada" / ASSIGNMENT / "index.html").unlink()
    assert run(course).state == "written"
    assert "index.html" in pages(course)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "ada" / "attention"
    folder.mkdir(parents=True)
    (folder / "lesson.html").write_text(html_of_page(every_state()), encoding="utf-8")
    return folder


def test_the_list_adds_up_what_the_pages_say(folder: Path) -> None:
    (folder / "second.html").write_text(html_of_page(every_state()), encoding="utf-8")
    write_index(folder)
    index = (folder / "index.html").read_text(encoding="utf-8")
    assert "<strong>7</strong> of 30 points so far" in index
    assert "6 more points wait" in index
    assert index.count("A lesson with every state</a>") == 2


def test_the_list_says_why_nothing_of_a_notebook_was_graded(folder: Path) -> None:
    why = "two_words.ipynb was not handed in, so its parts get no points."
    about = graded(notebook(checked("a", 0, 2, error(why, "NotRun"))), "two_words")
    (folder / "two_words.html").write_text(html_of_page(about), encoding="utf-8")
    write_index(folder)
    row = (folder / "index.html").read_text(encoding="utf-8").split('href="two_words.html"')[1]
    assert "two_<wbr>words.<wbr>ipynb was not handed in, so its parts get no points." in row
    assert "not answered" not in row


def test_the_list_names_a_page_that_says_nothing_of_itself(folder: Path) -> None:
    old = '<html><head></head><body><meta name="feedback-summary" content="{&quot;points&quot;: 98765}">'
    (folder / "old page.html").write_text(old, encoding="utf-8")
    write_index(folder)
    index = (folder / "index.html").read_text(encoding="utf-8")
    assert '<a href="old%20page.html">old page</a>' in index
    assert "98765" not in index


def test_the_list_says_when_the_work_was_handed_in(folder: Path) -> None:
    write_index(folder)
    assert "When it was handed in is not known." in (folder / "index.html").read_text(encoding="utf-8")
    (folder / "timestamp.txt").write_text("2026-01-30 15:00:00.000000 UTC", encoding="utf-8")
    write_index(folder)
    assert "30 January 2026, 15:00 UTC" in (folder / "index.html").read_text(encoding="utf-8")
