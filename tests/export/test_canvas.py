"""What Canvas imports: its own columns, its own ids, and nobody's points in somebody else's row."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest

from utils.export.canvas import canvas_import, read_gradebook
from utils.export.standings import Standing
from utils.grading.scores import Score
from utils.tables import TableError

ROSTER = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Sums (77),Final Score\n"
    "    Points Possible,,,,,20.00,(read only)\n"
    '"Lovelace, Ada",5,4711,ada,A,,\n"Dekker, Ben",6,4712,BEN,A,3,\n'
    '"May, Eve",7,4713,eve,B,,\n"Student, Test",,,,A,,\n'
)


def standing(student: str, points: float = 3.5, penalty: float = 0.0) -> Standing:
    scores = {"adding.add": Score("adding.add", points, 10.0)}
    return Standing(student, "Lovelace", "Ada", scores=scores, penalties={"adding": penalty})


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def roster(tmp_path: Path) -> Path:
    path = tmp_path / "canvas.csv"
    path.write_text(ROSTER, encoding="utf-8")
    return path


def test_students_are_found_by_login_sis_id_canvas_id_and_collected_name(roster: Path) -> None:
    for called, wanted in (("ada", "5"), ("ben", "6"), ("4713", "7"), ("7", "7"), ("mayeve_7", "7")):
        made = canvas_import([standing(called)], "sums", 20, read_gradebook(roster))
        possible, row = rows(made.text)
        assert possible["Student"] == "    Points Possible"
        assert (row["ID"], row["Sums (77)"]) == (wanted, "3.5")
        assert list(row) == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Sums (77)"]
        assert made.unmatched == {}
        assert "2 students of Canvas have no graded hand-in" in made.notes[-1]


@pytest.mark.parametrize(
    ("called", "why"),
    [
        (["zoe"], "not in Canvas's file"),
        (["dekkerben_7"], "not in Canvas's file"),
        (["ada", "4711"], "is ada, 4711"),
    ],
    ids=["nobody", "another's number", "one of two"],
)
def test_who_is_not_one_row_for_certain_is_left_out_by_name(
    roster: Path, called: list[str], why: str
) -> None:
    made = canvas_import(map(standing, called), "sums", 20, read_gradebook(roster))
    assert list(made.unmatched) == called
    assert why in made.unmatched[called[0]]
    assert len(rows(made.text)) == 1


def test_two_students_of_canvas_with_one_login_get_nobodys_points(roster: Path) -> None:
    roster.write_text(ROSTER.replace("BEN", "ada"), encoding="utf-8")
    made = canvas_import([standing("ada")], "sums", 20, read_gradebook(roster))
    assert made.unmatched == {"ada": "Canvas has 2 such students"}


def test_the_points_possible_of_canvas_are_not_changed_silently(roster: Path) -> None:
    made = canvas_import([standing("ada")], "sums", 17, read_gradebook(roster))
    assert rows(made.text)[0]["Sums (77)"] == "20.00"
    assert "Canvas has 20.00 points possible, the course 17." in made.notes


def test_an_assignment_that_canvas_does_not_have_is_said_to_be_new(roster: Path) -> None:
    made = canvas_import([standing("ada")], "other", 17, read_gradebook(roster))
    assert made.column == "other"
    assert "no assignment called 'other' (it has: Sums (77))" in made.notes[0]


def test_without_a_roster_logins_and_collected_numbers_are_what_canvas_looks_for() -> None:
    made = canvas_import([standing("ada"), standing("lovelaceada_5", penalty=1)], "Sums (77)", 17)
    ada, collected = rows(made.text)[1:]
    assert (ada["SIS Login ID"], ada["ID"], ada["Student"]) == ("ada", "", "Lovelace, Ada")
    assert (collected["ID"], collected["SIS Login ID"], collected["Sums (77)"]) == ("5", "", "2.5")


def test_a_login_that_is_a_formula_is_left_out_for_no_changed_one_would_be_found() -> None:
    made = canvas_import([standing("=1+1")], "sums", 17)
    assert made.unmatched == {"=1+1": "its name could be taken for a formula"}
    assert "=1+1" not in made.text


def test_a_file_that_canvas_did_not_export_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "other.csv"
    path.write_text("name,points\nada,1\n", encoding="utf-8")
    with pytest.raises(TableError, match="no column Student, ID, Section"):
        read_gradebook(path)
    path.write_bytes(b"Student,ID,Section\n\xff,1,2\n")
    with pytest.raises(TableError, match="not in UTF-8"):
        read_gradebook(path)
