"""What is missing, could not be read, or was read otherwise than handed in is on the page, by student."""

from __future__ import annotations

import copy
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sql
from made_class import Made, fill, url_of
from nbgrader.api import Assignment, Gradebook
from test_page import NOW, PARTS, html, words

from utils.grading import digests
from utils.grading.box.host import what_this_machine_can_do
from utils.grading.class_run import grade_class, students_of
from utils.grading.result_records import RESULTS
from utils.report import page
from utils.report.class_data import class_data
from utils.report.reading import read_as

sys.path.append(str(Path(__file__).parents[1] / "grading"))

from scratch_course import ASSIGNMENT, Desk, cell_named, make_course, without  # noqa: E402

EMPTY = "adding.ipynb is empty. Open it in JupyterLab, save it, and hand it in again."
NO_TIME = "timestamp.txt holds no date and time, so it is not known when this was handed in."
SPLIT = "The cell `add` occurs 2 times; the pieces were joined in their order."


def split(desk: Desk) -> None:
    """Hand in a notebook of ben's in which a cell was split, and no time."""
    notebook = desk.solved()
    here = cell_named(notebook, "add")
    first, _, second = here.source.rpartition("\n")
    half = copy.deepcopy(here)
    here.source, half.source, half.id = first, second, "half"
    notebook.cells.insert(notebook.cells.index(here) + 1, half)
    desk.hand_in("ben", notebook)
    desk.hand_in_bytes("ben", b"yesterday", "timestamp.txt")
    desk.hand_in("ben", desk.solved("doubling"), "doubling.ipynb")


def test_the_page_tells_of_every_submission_that_failed_or_was_read_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = what_this_machine_can_do()
    if not machine.can_sandbox:
        pytest.skip(machine.why_not)
    monkeypatch.setattr(digests, "CODE_THAT_DECIDES", ())  # the code may be worked on meanwhile
    desk = Desk(make_course(tmp_path / "course"))
    desk.hand_in_bytes("ada", b"")
    split(desk)
    desk.hand_in("cleo", without(desk.solved(), "scale"))
    desk.hand_in("cleo", desk.solved("doubling"), "doubling.ipynb")
    desk.folder("dora")
    with Gradebook(url_of(desk.root)) as book:
        book.add_student("eve")
    grade_class(desk.root, ASSIGNMENT, students_of(desk.root, ASSIGNMENT), mode="split")
    url = f"{url_of(desk.root)}?timeout=60"
    for recorded in (True, False):  # nbgrader's own command leaves executed notebooks and no record
        if not recorded:
            engine = sql.create_engine(url)
            with engine.begin() as connection:
                connection.execute(RESULTS.delete())
            engine.dispose()
        said = page.report(class_data(desk.root, ASSIGNMENT), made=NOW)
        text = words(page.html(said))
        assert said.unread == [("ada", "adding", EMPTY)]
        assert said.missing == [("ada", ["doubling"]), ("dora", ["adding", "doubling"])]
        assert ("ben", "", NO_TIME) in said.unusual
        assert ("ben", "adding", SPLIT) in said.unusual
        assert ("cleo", "adding", "The cell `scale` is missing; it counts as not answered.") in said.unusual
        assert "Handed in nothing: eve." in text
        assert f"ada, adding: {EMPTY}" in text
        assert "ada: doubling dora: nothing at all" in text
        assert "ben, adding: The cell `add` occurs 2 times" in text
        quiet = words(page.html(page.report(said.data, anonymous=True, made=NOW)))
        assert "1 notebook could not be read, so its parts got no points." in quiet
        assert "2 students did not hand in every notebook." in quiet
        assert not {"ada", "ben", "cleo", "dora", "eve"} & set(quiet.replace(":", " ").split())


def test_a_note_that_is_no_reason_is_not_told_as_one() -> None:
    note = "The cell `add` is missing; it counts as not answered."
    found = read_as("ada", {"adding": [note]}, {"adding": "no verdict: the box was ended"})
    assert found is not None
    assert (found.unread, found.unusual) == ({}, [("adding", note)])


def test_a_class_in_which_nothing_is_missing_is_told_so(course: Path) -> None:
    fill(course, [Made(f"s{n}", dict.fromkeys(PARTS, 0.0)) for n in range(3)])
    text = words(html(course))
    assert "handed in every notebook, and each could be read and graded." in text
    assert "None: no cell was missing, copied, split or changed" in text


@pytest.mark.parametrize(
    ("due", "said"),
    [
        (datetime(2026, 3, 1, 12), "Nobody handed in after 2026-03-01 12:00 UTC"),
        (None, "No due date is set, so nothing is late: course due attention WHEN"),
    ],
)
def test_nobody_late_and_no_due_date_are_two_things(course: Path, due: datetime | None, said: str) -> None:
    fill(course, [Made(f"s{n}", dict.fromkeys(PARTS, 0.0), late=timedelta(0)) for n in range(3)])
    engine = sql.create_engine(url_of(course))
    with engine.begin() as connection:
        connection.execute(sql.update(Assignment.__table__).values(duedate=due))
    engine.dispose()
    assert said in words(html(course))


def test_the_time_at_which_the_page_was_made_has_its_zone(course: Path) -> None:
    fill(course, [Made(f"s{n}", dict.fromkeys(PARTS, 0.0)) for n in range(3)])
    made = datetime.fromisoformat("2026-11-22T21:03+00:00")
    said = page.report(class_data(course, "attention"), made=made)
    assert "made 2026-11-22 21:03 UTC." in words(page.html(said))
