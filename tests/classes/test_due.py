"""Dates are nbgrader's own, in UTC, and an extension is there before and after a student hands in."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config

from utils.grading.preprocessors import AUTOGRADE_STEPS, LatePenalties


def stored(klass, student: str = "") -> tuple[datetime | None, timedelta | None]:
    """Return the due date and a student's extension, as nbgrader reads them."""
    with Gradebook(klass.url) as book:
        submission = book.find_submission("sums", student) if student else None
        return book.find_assignment("sums").duedate, submission.extension if submission else None


def test_a_date_with_a_zone_is_stored_in_utc_and_shown(klass) -> None:
    assert "sums is due 2026-12-01 22:59 UTC" in klass.course("due", "sums", "2026-12-01T23:59+01:00")
    assert stored(klass)[0] == datetime(2026, 12, 1, 22, 59)
    assert "sums is due 2026-12-01 22:59 UTC" in klass.course("due", "sums", "--show")
    assert "has no due date" in klass.course("due", "sums", "--none")
    assert stored(klass)[0] is None


def test_a_date_without_a_zone_changes_nothing(klass) -> None:
    klass.course("due", "sums", "2026-12-01T22:59Z")
    assert "does not say in which zone" in klass.course("due", "sums", "2026-12-02T23:59", code=2)
    assert stored(klass)[0] == datetime(2026, 12, 1, 22, 59)


def test_an_extension_is_replaced_not_added_to_and_can_be_taken_back(klass) -> None:
    klass.course("due", "sums", "2026-12-01T12:00Z")
    klass.hand_in("ada")
    klass.grade()
    klass.course("extend", "sums", "ada", "--days", "2", "--hours", "3")
    assert stored(klass, "ada")[1] == timedelta(days=2, hours=3)
    said = klass.course("extend", "sums", "ada", "--until", "2026-12-02T14:00+02:00")
    assert "ada has until 2026-12-02 12:00 UTC" in said
    assert "instead of 2026-12-03 15:00 UTC" in said
    assert stored(klass, "ada")[1] == timedelta(days=1)
    assert "take the extensions of ada back first" in klass.course("due", "sums", "--none", code=2)
    klass.course("extend", "sums", "ada", "--none")
    assert stored(klass, "ada")[1] is None


def test_an_early_extension_waits_and_moves_to_the_submission(klass) -> None:
    klass.course("roster", "import", str(klass.file("class.csv", "id\nada\n")))
    klass.course("due", "sums", "2026-12-01T12:00Z")
    klass.course("extend", "sums", "ada", "--days", "1")
    klass.course("extend", "sums", "ada", "--days", "3")
    assert "ada has until 2026-12-04 12:00 UTC" in klass.course("due", "sums", "--show")
    klass.hand_in("ada")
    klass.grade()
    assert stored(klass, "ada")[1] == timedelta(days=3)
    with klass.book() as book, book.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM course_extensions").scalar() == 0


@pytest.mark.filterwarnings("ignore:Object of type <Submitted")  # nbgrader's way of adding a submission
@pytest.mark.parametrize(("hours", "penalty"), [("24", None), ("22", 1.0)])
def test_nbgraders_own_step_counts_an_early_extension(klass, hours: str, penalty: float | None) -> None:
    klass.course("roster", "import", str(klass.file("class.csv", "id\nada\n")))
    klass.course("due", "sums", "2026-12-01T12:00Z")
    klass.course("extend", "sums", "ada", "--hours", hours)
    with Gradebook(klass.url) as book:  # as nbgrader's converter does, before its steps
        book.update_or_create_submission("sums", "ada", timestamp="2026-12-02 11:00:00 UTC")
        book.find_grade("test-double", "doubling", "sums", "ada").auto_score = 1.0
        book.db.commit()
    config = Config({"LateSubmissionPlugin": {"penalty_method": "zero"}})
    names = {"notebook": "doubling", "assignment": "sums", "student": "ada", "db_url": klass.url}
    LatePenalties(config=config).preprocess(klass.desk.released("doubling"), {"nbgrader": names})
    with Gradebook(klass.url) as book:
        notebook = book.find_submission_notebook("doubling", "sums", "ada")
        assert notebook.late_submission_penalty == penalty


def test_the_step_of_ours_stands_where_nbgraders_stood() -> None:
    assert [step for step in AUTOGRADE_STEPS if issubclass(step, AssignLatePenalties)] == [LatePenalties]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["ada", "--days", "2"], "nothing is due; set a date first"),
        (["ada"], "say how much time in one way"),
        (["ada", "--days", "2", "--none"], "say how much time in one way"),
        (["ada", "--until", "2026-12-01T12:00"], "does not say in which zone"),
    ],
)
def test_an_extension_that_cannot_be_is_refused(klass, words: list[str], why: str) -> None:
    assert why in klass.course("extend", "sums", *words, code=2)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["nobody", "--days", "2"], "no student is called 'nobody'"),
        (["../ada", "--days", "2"], "no student is called '../ada'"),
        (["ada", "--days", "367"], "not longer than 366 days"),
        (["ada", "--until", "2026-12-01T11:00Z"], "longer than nothing"),
    ],
)
def test_an_extension_is_for_a_student_and_ends_after_the_date(klass, words: list[str], why: str) -> None:
    klass.course("due", "sums", "2026-12-01T12:00Z")
    klass.hand_in("ada")
    assert why in klass.course("extend", "sums", *words, code=2)
    assert "ada has" not in klass.course("due", "sums", "--show")


def test_a_moved_date_takes_its_extensions_along(klass) -> None:
    klass.hand_in("ada")
    klass.course("due", "sums", "2026-12-01T12:00Z")
    klass.course("extend", "sums", "ada", "--days", "1")
    assert "ada has until 2026-12-09 12:00 UTC" in klass.course("due", "sums", "2026-12-08T12:00Z")
