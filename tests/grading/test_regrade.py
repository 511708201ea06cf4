"""A regrade shows every score that would change before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fake_worker import RIGHT, team
from gradebook_rows import rows, url_of
from nbgrader.api import Gradebook
from scratch_course import ASSIGNMENT, Desk

from utils.grading import digests
from utils.grading.class_run import grade_class
from utils.grading.line_desk import LineDesk
from utils.grading.regrade import changes
from utils.grading.tasks import Course
from utils.grading.workers import LocalWorkers, Workers


@pytest.fixture(autouse=True)
def _code_at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code may be worked on while the tests run; scores do not depend on it here."""
    monkeypatch.setattr(digests, "CODE_THAT_DECIDES", ())


@pytest.fixture
def graded(desk: Desk) -> Desk:
    """Return a desk with two students graded as wrong in their lesson `adding`."""
    for student in ("ada", "ben"):
        desk.hand_in(student, desk.solved(add="def add(a, b):\n    return b + a"))
        desk.hand_in(student, desk.solved("doubling"), "doubling.ipynb")
    grade_class(desk.root, ASSIGNMENT, ["ada", "ben"], open_workers=team())
    return desk


def files(root: Path) -> dict[str, bytes]:
    """Return what lies in the course, but for the log of the fake workers and SQLite's own files."""
    paths = (
        path
        for path in root.rglob("*")
        if path.is_file() and path.suffix not in (".log", ".db-shm", ".db-wal")
    )
    return {str(path): path.read_bytes() for path in paths if path.name != "gradebook.db"}


def test_a_dry_run_shows_old_and_new_points_with_the_reason_and_writes_nothing(graded: Desk) -> None:
    graded.hand_in("ben", graded.solved(add=f"def add(a, b):\n    {RIGHT}"))
    before = files(graded.root), rows(url_of(graded.root))
    found = changes(graded.root, ASSIGNMENT, ["ada", "ben"], open_workers=team())
    assert {(c.student, c.part, c.old, c.new) for c in found} == {
        ("ben", "adding.add", 0.0, 2.0),
        ("ben", "adding.add_more", 0.0, 1.0),
        ("ben", "adding.scale", 0.0, 3.0),
        ("ben", "adding.share", 0.0, 4.0),
        ("ben", "adding.total", 0.0, 1.0),
    }
    assert str(found[0]) == "ben  adding.add  0 -> 2  another submission; now without an error"
    assert (files(graded.root), rows(url_of(graded.root))) == before


def test_a_task_without_a_verdict_is_shown_as_losing_its_points(graded: Desk) -> None:
    @contextmanager
    def broken(course: Course, jobs: int) -> Iterator[Workers]:
        workers = LocalWorkers(LineDesk(course, ["-c", "raise SystemExit('out of order')"]), jobs)
        yield workers
        workers.close()

    found = changes(graded.root, ASSIGNMENT, ["ada"], open_workers=broken)
    double = next(change for change in found if change.part == "doubling.double")
    assert (double.old, double.new) == (1.0, None)
    assert double.why == "no verdict: the grading process ended (exit code 1): out of order"


def test_points_of_a_person_are_said_to_stay(graded: Desk) -> None:
    with Gradebook(url_of(graded.root)) as book:
        book.find_grade("test-add", "adding", ASSIGNMENT, "ada").manual_score = 1.0
        book.db.commit()
    graded.hand_in("ada", graded.solved())
    found = {c.part: c for c in changes(graded.root, ASSIGNMENT, ["ada"], open_workers=team())}
    assert "0 -> 2 (the 1 given by hand stay)" in str(found["adding.add"])
    assert "by hand" not in str(found["adding.scale"])


def test_unchanged_scores_are_not_shown(graded: Desk) -> None:
    assert changes(graded.root, ASSIGNMENT, ["ada", "ben"], open_workers=team()) == []
