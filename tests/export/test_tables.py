"""Scores as a table: a row per student, nothing that a spreadsheet computes, the gradebook's own sums."""

from __future__ import annotations

import csv
import stat
from pathlib import Path

import pytest
from export_class import ADA, EVE, HOSTILE
from scratch_course import ASSIGNMENT, Desk

from utils.cli import main
from utils.export.tables import csv_text, harmless, number


@pytest.fixture
def exported(graded: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> dict[str, dict[str, str]]:
    """Return the exported table by student and column."""
    monkeypatch.chdir(graded.root)
    out = tmp_path / "scores.csv"
    assert main(["export", ASSIGNMENT, "--to", "csv", "--out", str(out)]) == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    with out.open(encoding="utf-8-sig", newline="") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def test_every_part_lesson_and_total_is_what_the_gradebook_holds(exported: dict[str, dict[str, str]]) -> None:
    ada = exported[ADA]
    parts = {
        "adding.total (1)": "1",
        "adding.add (2)": "0",
        "adding.add_more (1)": "1",
        "adding.scale (3)": "3",
        "adding.share (4)": "4",
        "adding.why (5)": "",
        "doubling.double (1)": "1",
    }
    assert {name: ada[name] for name in parts} == parts
    assert [ada[name] for name in ("adding (16)", "doubling (1)", "total (17)")] == ["9", "1", "10"]
    assert ada["answers to be read"] == "1"
    assert (ada["first name"], ada["last name"], ada["email"]) == ("Ada", "Lovelace", ADA)


def test_what_lateness_costs_is_taken_off_the_total(exported: dict[str, dict[str, str]]) -> None:
    eve = exported[EVE]
    assert (eve["before penalty"], eve["late penalty"], eve["total (17)"]) == ("1", "0.25", "0.75")


def test_a_name_that_is_a_formula_is_shown_and_not_computed(exported: dict[str, dict[str, str]]) -> None:
    assert exported[EVE]["first name"] == f"'{HOSTILE}"


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", " =1"])
def test_no_text_begins_like_a_formula(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert csv_text([[text]]).lstrip('"').startswith("'")


def test_ordinary_names_stay_as_they_are() -> None:
    assert [harmless(name) for name in ("Ada", "O'Neil", "A=B", "José")] == ["Ada", "O'Neil", "A=B", "José"]


@pytest.mark.parametrize(
    ("value", "shown"), [(10.0, "10"), (0.1 + 0.2, "0.3"), (1e-9, "0"), (217, "217"), (0.25, "0.25")]
)
def test_points_have_no_exponents_and_no_digits_that_nobody_earned(value: float, shown: str) -> None:
    assert number(value) == shown


def test_an_export_of_what_was_never_graded_is_refused(
    graded: Desk, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(graded.root)
    empty = f"sqlite:///{tmp_path / 'empty.db'}"
    assert main(["export", ASSIGNMENT, "--to", "csv", "--db", empty]) == 2
    assert "nothing of sums has been graded: run 'course grade' first" in capsys.readouterr().err


def test_the_default_place_is_one_that_git_ignores(
    graded: Desk, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(graded.root)
    assert main(["export", ASSIGNMENT, "--to", "csv"]) == 0
    path = Path(capsys.readouterr().out.splitlines()[0])
    assert path == graded.root / "exports" / "sums.csv"
    assert (path.parent / ".gitignore").read_text(encoding="utf-8") == "*\n"
