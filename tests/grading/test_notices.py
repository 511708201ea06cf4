"""What a run prints of submissions: first what is unusual, then one line a student for what is missing."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from utils.grading import demo
from utils.grading.class_run import Outcome
from utils.grading.notices import apart
from utils.grading.reading import submitted_notebook

LESSONS = ("adding", "doubling", "tripling")


def test_missing_notebooks_are_one_line_a_student_below_what_is_unusual(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "submitted" / "ada" / "sums").mkdir(parents=True)
    taken = [submitted_notebook(tmp_path / "submitted" / "ada" / "sums", name, LESSONS) for name in LESSONS]
    notes = [note for one in taken for note in one.notes]
    ben = Outcome("ben", "graded", notes=["The cell `x` is missing.", notes[0]])
    monkeypatch.setattr(demo, "score_table", lambda *given: Table())
    monkeypatch.setattr(demo, "lesson_paths", lambda *given: [])
    console = Console(file=io.StringIO(), width=150)
    demo.report(tmp_path, "sums", [Outcome("ada", "graded", notes=notes), ben], console)
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().splitlines()[-3:] == [
        "ben: The cell `x` is missing.",
        "ada: 3 notebooks were not handed in: adding, doubling, tripling",
        "ben: a notebook was not handed in: adding",
    ]


def test_a_note_that_only_begins_like_that_is_kept() -> None:
    kept = "adding.ipynb was not handed in, so its parts get no points. Or was it?"
    assert apart([kept]) == ([], [kept])
