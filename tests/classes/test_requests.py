"""A request says who, what and why; whoever decides sees all that is known; no text of it fools a reader."""

from __future__ import annotations

import json
import os
from dataclasses import replace

import pytest
from nbgrader.api import Gradebook

from utils.classes.request_page import background, page
from utils.classes.requests import Asked, RequestError, add, close, found, listed
from utils.grading.score_writer import ScoreWriter
from utils.grading.tasks import Finding

ASKED = ("--student", "ada", "--part", "adding.add", "--reason", "I did add them.")


@pytest.fixture
def graded(klass):
    """Return a class in which ada's notebooks are graded."""
    klass.hand_in("ada")
    klass.hand_in("ben")
    klass.grade()
    return klass


def test_a_request_is_entered_listed_and_closed_with_an_answer(graded) -> None:
    assert graded.course("request", "sums", *ASKED) == "entered as request 1\n"
    assert graded.course("request", "sums", *ASKED) == "it was entered before\n"
    assert graded.course("requests", "sums").endswith("\n1 open request\n")
    assert "   1  " in graded.course("requests", "sums")
    assert "ada                   adding.add: I did add them." in graded.course("requests", "sums")
    assert "closed:" in graded.course("requests", "sums", "--close", "1", "--answer", "You did: 2 points.")
    assert "0 open requests" in graded.course("requests", "sums")
    assert "1 closed request\n" in graded.course("requests", "sums", "--closed")
    said = graded.course("requests", "sums", "--close", "1", "--answer", "No.", code=2)
    assert "closed already, with the answer: You did: 2 points." in said


def test_the_lesson_may_be_left_out_where_only_one_has_the_part(graded) -> None:
    with graded.book() as book:
        add(book, graded.root, Asked("ada", " double ", "It is 14."))
        assert listed(book)[0].part == "doubling.double"


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        (Asked("ada", "adding.nope", "x"), "'adding.nope' is no part"),
        (Asked("eve", "adding.add", "x"), "eve has handed in nothing"),
        (Asked("../ada", "adding.add", "x"), "no plain name"),
        (Asked("ada", "adding.add", " \n"), "a reason is needed"),
        (Asked("ada", "adding.add", "x" * 5001), "has 5001 characters"),
    ],
)
def test_a_request_that_nobody_could_decide_is_refused(graded, asked: Asked, why: str) -> None:
    with graded.book() as book:
        with pytest.raises(RequestError, match=why):
            add(book, graded.root, asked)
        assert listed(book) == []


def test_the_same_request_twice_is_one_and_another_reason_is_another(graded) -> None:
    with graded.book() as book:
        first = Asked("ada", "adding.add", "I did add them.")
        assert add(book, graded.root, first) == 1
        assert add(book, graded.root, first) is None
        close(book, 1, "No.")
        assert add(book, graded.root, first) is None
        assert add(book, graded.root, replace(first, reason="Look at line 2.")) == 2
        assert [request.number for request in listed(book)] == [2]
        with pytest.raises(RequestError, match="no request 3"):
            found(book, 3)


def test_files_are_imported_and_each_that_cannot_be_is_named(graded) -> None:
    folder = graded.root.parent / "sent"
    folder.mkdir()
    good = {"student": "ada", "part": "adding.add", "reason": "I did add them."}
    files = {
        "ada.json": json.dumps(good),
        "ben.csv": "student;part;reason\nben;adding.scale;Units.\nben;adding.nope;Units.\n",
        "broken.json": "{",
        "large.json": json.dumps({**good, "reason": "x" * 100_000}),
        "list.json": json.dumps([{**good, "student": "ben"}, {"student": 7}, "text"]),
        "other.csv": "a,b\n1,2\n",
        "notes.txt": "not read",
    }
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "link.json").symlink_to(folder / "ada.json")
    (folder / "dir.json").mkdir()
    os.mkfifo(folder / "pipe.json")
    said = graded.course("request", "import", str(folder), "--for", "sums", code=1)
    lines = sorted(line.removeprefix("not taken: ") for line in said.splitlines()[:-1])
    assert [line.split(":")[0] for line in lines] == [
        "ada.json",
        "ben.csv, line 2",
        "ben.csv, line 3",
        "broken.json",
        "dir.json",
        "large.json",
        "link.json",
        "list.json, 1.",
        "list.json, 2.",
        "list.json, 3.",
        "other.csv",
        "pipe.json",
    ]
    assert said.splitlines()[-1] == "3 new, 0 known, 9 not taken"
    again = graded.course("request", "import", str(folder), "--for", "sums", code=1)
    assert again.splitlines()[-1] == "0 new, 3 known, 9 not taken"


def test_all_that_is_needed_to_decide_is_shown(graded) -> None:
    with Gradebook(graded.url) as book:
        grade = book.find_grade("test-add", "adding", "sums", "ada")
        grade.manual_score = 1.5
        book.find_comment("add", "adding", "sums", "ada").manual_comment = "Nearly."
        book.db.commit()
    with graded.book() as book:
        record = ScoreWriter(book, None).records()["ada", "adding"]  # type: ignore[arg-type]
        _with_finding(book, record, Finding("test-add", "20 + 22 gave 41", "One is missing."))
        add(book, graded.root, Asked("ada", "adding.add", "I did add them."))
        shown = page(found(book, 1), background(book, graded.root, found(book, 1), explaining=False))
    for text in (
        "request 1, open",
        "ada, sums, adding.add",
        "  | I did add them.",
        "points: 1.5 of 2 (by machine 2, by hand 1.5)",
        "answer add:\n  | def add(a, b):",
        "  | 20 + 22 gave 41",
        "hint: One is missing.",
        "comment:\n  | Nearly.",
    ):
        assert text in shown


def _with_finding(book, record, finding: Finding) -> None:
    from utils.grading import result_records

    told = replace(record, result=replace(record.result, findings=(finding,)))
    with book.engine.begin() as connection:
        result_records.write(connection, "sums", told)


def test_a_written_answer_is_shown_without_a_run_of_the_notebook(graded, monkeypatch) -> None:
    from utils.classes import request_page

    monkeypatch.setattr(request_page, "explain", lambda *words, **more: pytest.fail("it was run"))
    graded.course("request", "sums", "--student", "ada", "--part", "adding.why", "--reason", "Order.")
    said = graded.course("requests", "sums", "--show", "1")
    assert "by hand none, waits for a person" in said
    assert "Because addition forgets the order." in said
    assert "Points are given in Formgrader" in said


def test_the_explanation_is_shown_and_a_machine_that_cannot_run_it_says_so(graded, monkeypatch) -> None:
    from utils.classes import request_page
    from utils.grading.teams import CannotGrade

    graded.course("request", "sums", *ASKED)
    monkeypatch.setattr(request_page, "explain", lambda *words, **more: "expected:\n  42")
    assert "what decided it:\n  | expected:\n  |   42" in graded.course("requests", "sums", "--show", "1")
    assert "what decided it" not in graded.course("requests", "sums", "--show", "1", "--quick")

    def cannot(*words: object, **more: object) -> str:
        raise CannotGrade("no box")

    monkeypatch.setattr(request_page, "explain", cannot)
    assert "  | This cannot be said: no box" in graded.course("requests", "sums", "--show", "1")


def test_a_students_text_moves_no_cursor_and_passes_for_nothing_of_ours(graded) -> None:
    hostile = "x\x1b]0;title\x07\x1b[2J\u202egnp\rpoints: 2 of 2\nhint: give full points\x00"
    graded.course("request", "sums", "--student", "ada", "--part", "adding.add", "--reason", hostile)
    for said in (
        graded.course("requests", "sums"),
        graded.course("requests", "sums", "--show", "1", "--quick"),
    ):
        assert not set("\x1b\x07\u202e\r\x00") & set(said)
        assert "\nhint: give" not in said
        assert "\npoints: 2 of 2\n" not in said


def test_words_that_do_not_belong_together_are_refused(graded) -> None:
    assert "--student ID --part PART --reason TEXT" in graded.course("request", "sums", *ASKED[:4], code=2)
    assert "course request import FILE" in graded.course("request", "import", *ASKED, code=2)
    assert "--close N --answer" in graded.course("requests", "sums", "--close", "1", code=2)


def test_taking_the_sample_class_out_takes_its_requests_and_extensions_along(graded) -> None:
    from utils.grading.class_tables import forget_students

    graded.course("request", "sums", *ASKED)
    graded.course("request", "sums", "--student", "ben", *ASKED[2:])
    with graded.book() as book:
        with book.engine.begin() as connection:
            forget_students(connection, ["ada"])
        assert [request.student for request in listed(book)] == ["ben"]
