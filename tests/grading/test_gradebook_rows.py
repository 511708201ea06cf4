"""What a class run leaves in the gradebook: what nbgrader would; what a person gave is not touched."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sql
from fake_worker import team
from gradebook_rows import rows, url_of
from nbgrader.api import Gradebook
from scratch_course import ASSIGNMENT, FULL, Desk
from test_stock_nbgrader import nbgrader

from utils.grading import digests
from utils.grading.class_run import grade_class
from utils.grading.gradebook import address
from utils.grading.scores import scores_of

ON_TIME, LATE = "2026-01-30 15:00:00 UTC", "2026-02-01 15:00:00 UTC"
LATE_POLICY = '\nc.LateSubmissionPlugin.penalty_method = "zero"\n'
HOST, PORT = "127.0.0.1", 5432
# nbgrader's way of adding a submission warns; its settings file silences that for a command, not for a test.
pytestmark = pytest.mark.filterwarnings("ignore:Object of type <Submitted")


@pytest.fixture(autouse=True)
def _code_at_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    """The code may be worked on while the tests run; scores do not depend on it here."""
    monkeypatch.setattr(digests, "CODE_THAT_DECIDES", ())


def late_class(desk: Desk) -> list[str]:
    """Hand in a class with a due date: on time, late, late with an extension, half, and without a time."""
    config = desk.root / "nbgrader_config.py"
    config.write_text(
        config.read_text(encoding="utf-8") + LATE_POLICY + "\nc.SplitRun.trusted = True\n", encoding="utf-8"
    )
    with Gradebook(url_of(desk.root)) as book:
        book.update_or_create_assignment(ASSIGNMENT, duedate="2026-01-31 15:00:00 UTC")
        book.add_student("extended")
        book.add_submission(ASSIGNMENT, "extended")
        book.grant_extension(ASSIGNMENT, "extended", days=3)
    for student, when in {
        "on-time": ON_TIME,
        "late": LATE,
        "extended": LATE,
        "half": LATE,
        "no-time": "",
    }.items():
        desk.hand_in(student, desk.solved() if student != "half" else desk.released())
        desk.hand_in(student, desk.solved("doubling"), "doubling.ipynb")
        desk.hand_in_bytes(student, when.encode(), "timestamp.txt")
    return ["extended", "half", "late", "no-time", "on-time"]


def test_a_class_run_writes_the_rows_that_nbgrader_autograde_writes(built: Path, tmp_path: Path) -> None:
    ours, stock = (Desk(shutil.copytree(built, tmp_path / name)) for name in ("ours", "stock"))
    names = [late_class(desk) for desk in (ours, stock)][0]
    grade_class(ours.root, ASSIGNMENT, names, mode="trusted")
    nbgrader(stock.root, "autograde", ASSIGNMENT)
    found = rows(url_of(ours.root))
    assert found == rows(url_of(stock.root))
    penalties = {row[0]: row[4] for row in found["notebooks"] if row[2] == "doubling"}
    assert penalties == {"extended": None, "half": 1.0, "late": 1.0, "no-time": None, "on-time": None}


def graded_by_hand(desk: Desk, url: str) -> None:
    """Grade a student, then give points, extra credit and a comment as Formgrader does."""
    desk.hand_in("ada", desk.solved())
    grade_class(desk.root, ASSIGNMENT, ["ada"], open_workers=team(), db=url)
    with Gradebook(address(url)) as book:
        for name in ("written-why", "test-add"):
            grade = book.find_grade(name, "adding", ASSIGNMENT, "ada")
            grade.manual_score, grade.extra_credit, grade.needs_manual_grade = 1.5, 0.5, False
        book.find_comment("add", "adding", ASSIGNMENT, "ada").manual_comment = "well done"
        book.db.commit()


def by_hand(url: str) -> list[tuple[object, ...]]:
    """Return what a person gave, and whether it waits for a person again."""
    found = rows(url)
    given = [row[3:] for row in found["grades"] if row[5] is not None]
    return given + [row[3:] for row in found["comments"] if row[5] is not None]


def test_hand_scores_and_comments_survive_a_regrade_of_the_same_answers_unflagged(desk: Desk) -> None:
    url = url_of(desk.root)
    graded_by_hand(desk, url)
    before = by_hand(url)
    assert len(before) == 3
    notebook = desk.solved()
    notebook.metadata["saved"] = "again"
    desk.hand_in("ada", notebook)
    grade_class(desk.root, ASSIGNMENT, ["ada"], open_workers=team(), force=True)
    assert by_hand(url) == before


def test_new_answers_flag_the_hand_scores_of_their_notebook_and_change_none(desk: Desk) -> None:
    url = url_of(desk.root)
    graded_by_hand(desk, url)
    desk.hand_in("ada", desk.solved(scale="def scale(n):\n    return n * unit"))
    grade_class(desk.root, ASSIGNMENT, ["ada"], open_workers=team(), db=url)
    assert {(row[0], row[2], row[3], row[4]) for row in by_hand(url)[:2]} == {
        ("test-add", 1.5, 0.5, True),
        ("written-why", 1.5, 0.5, True),
    }
    assert by_hand(url)[2][-1] == "well done"


def test_a_resubmission_clears_the_machines_scores_of_the_older_one(desk: Desk) -> None:
    desk.hand_in("ada", desk.solved())
    grade_class(desk.root, ASSIGNMENT, ["ada"], open_workers=team())
    desk.hand_in("ada", desk.released())
    grade_class(desk.root, ASSIGNMENT, ["ada"], open_workers=team())
    assert {score.auto for score in scores_of(desk.root, ASSIGNMENT, "ada").values()} == {0.0, None}


# PostgreSQL


@contextmanager
def scratch_database() -> Iterator[str]:
    """Give the address of an empty database, dropped afterwards; skip where there is no server."""
    with socket.socket() as probe:
        if probe.connect_ex((HOST, PORT)) != 0:
            pytest.skip(f"no PostgreSQL server listens at {HOST}:{PORT}")
    name = f"course_{uuid4().hex[:12]}"
    user = os.environ.get("PGUSER", "postgres")
    admin = sql.create_engine(
        f"postgresql+psycopg://{user}@{HOST}:{PORT}/postgres", isolation_level="AUTOCOMMIT"
    )
    with admin.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    try:
        yield f"postgresql://{user}@{HOST}:{PORT}/{name}"
    finally:
        with admin.connect() as connection:
            connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")
        admin.dispose()


def test_an_empty_postgresql_database_becomes_the_same_gradebook(built: Path, tmp_path: Path) -> None:
    ours, other = (Desk(shutil.copytree(built, tmp_path / name)) for name in ("file", "server"))
    with scratch_database() as url:
        for desk, db in ((ours, None), (other, url)):
            for student in ("ada", "ben [x]"):
                desk.hand_in(student, desk.solved())
            grade_class(desk.root, ASSIGNMENT, ["ada", "ben [x]"], open_workers=team(), db=db)
        assert rows(address(url)) == rows(url_of(ours.root))
        again = grade_class(other.root, ASSIGNMENT, ["ada"], open_workers=team(), db=url)
        assert again[0].state == "skipped"
        scores = scores_of(other.root, ASSIGNMENT, "ada", db=url)
        assert {part.split(".")[1]: score.points for part, score in scores.items()} == {**FULL, "double": 0.0}
        graded_by_hand(other, url)
        assert len(by_hand(address(url))) == 3
