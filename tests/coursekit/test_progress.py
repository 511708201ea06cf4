"""The last cell of a notebook: inert HTML, plain text, what this kernel's cells said, nothing when graded."""

import atexit
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from coursekit import display, run_record
from coursekit.handed_out import Part, handed_out
from coursekit.part_states import NOT_STARTED, PASSED, READ, STARTED, WRONG, State
from coursekit.progress import TONES, Report, progress, report_of_kernel
from coursekit.run_record import Record, Run
from tests.coursekit.handed import cell_of, released, solved

STATES = [
    State(Part("a", 1, ("a",), "test-a"), PASSED, "7 more checks run when graded"),
    State(Part("mean", 2, ("mean",), "test-mean"), WRONG, "x < y & <script>alert(1)</script>\n  hint  Look."),
    State(Part("last", 2, ("last",), "test-last"), NOT_STARTED),
    State(Part("why", 3, ("written-why",)), STARTED, "read by a person"),
]


def test_a_report_counts_parts_and_points_and_never_says_that_all_is_right() -> None:
    report = Report("means", STATES)
    assert report.summary == "Visible checks passed: 1 of 3 parts with code. Written answers started: 1 of 1."
    assert "decided when the notebook is graded" in repr(report)
    assert "all passed" not in repr(report) + report._repr_html_()


def test_a_typed_answer_that_was_only_read_is_neither_counted_as_passed_nor_green() -> None:
    read = State(Part("b", 3, ("b",), "test-b", 1, True), READ, "read as A; judged when graded")
    empty = State(Part("c", 3, ("c",), "test-c", 1, True), NOT_STARTED, "1 more check runs when graded")
    report = Report("means", [*STATES[:1], read, empty])
    assert report.summary == (
        "Visible checks passed: 1 of 1 part with code. Typed answers that can be read: 1 of 2; "
        "whether they are right is said when the notebook is graded."
    )
    assert "point" not in report.summary
    assert TONES[READ] != TONES[PASSED]
    row = report._repr_html_().split("<tr>")[3]
    assert "<strong>read</strong>" in row
    assert display.COLOURS["ok"][0] not in row
    assert display.COLOURS["ok"] not in [tone for word, tone in TONES.items() if word != PASSED]


def test_a_notebook_shows_a_table_without_script_style_sheet_or_markup_of_a_student() -> None:
    shown = Report("<i>means</i>", STATES, ["The check of <b> was changed."])._repr_html_()
    assert not re.search(r"<(script|style|i|b|img)\b|javascript|\bon\w+=", shown)
    assert "x &lt; y &amp; &lt;script&gt;" in shown
    for words in ("passed", "7 more checks run when graded", "not started", "wrong so far", "started"):
        assert words in shown
    assert shown.count("<tr>") == 1 + len(STATES)


def test_a_terminal_shows_the_same_words_in_columns() -> None:
    lines = repr(Report("means", STATES, ["The check of (a) was changed."])).splitlines()
    assert lines[3] == "!  The check of (a) was changed."
    assert lines[5] == "(a)     1 point  passed: 7 more checks run when graded"
    assert lines[6:8] == [
        "mean   2 points  wrong so far: x < y & <script>alert(1)</script>",
        "                   hint  Look.",
    ]
    assert lines[8] == "last   2 points  not started"


@pytest.fixture
def shell(monkeypatch: pytest.MonkeyPatch) -> Iterator[InteractiveShell]:
    """Return an IPython shell whose cells are followed, in a record of its own."""
    own = Record()
    monkeypatch.setattr(run_record, "record", own)
    made = InteractiveShell(config=Config({"HistoryManager": {"enabled": False}}))
    monkeypatch.setattr(run_record, "_shell", lambda: made)
    before = sys.stderr
    run_record.begin()
    yield made
    sys.stderr = before
    atexit.unregister(made.atexit_operations)


def ran(shell: InteractiveShell, notebook: object, *names: str, with_ids: bool = True) -> None:
    for name in names:
        source = cell_of(notebook, name).source
        shell.run_cell(source, cell_id=name if with_ids else None)


@pytest.mark.parametrize("with_ids", [True, False], ids=["with cell ids", "by head lines"])
def test_it_tells_what_the_cells_of_this_kernel_said_when_they_last_ran(
    shell: InteractiveShell, with_ids: bool
) -> None:
    notebook = solved()
    cell_of(notebook, "last").source = cell_of(notebook, "last").source.replace("-1", "0")
    ran(
        shell,
        notebook,
        "given-setup",
        "a",
        "test-a",
        "mean",
        "test-mean",
        "last",
        "test-last",
        with_ids=with_ids,
    )
    handed = handed_out(notebook)
    assert handed is not None
    report = report_of_kernel(notebook, handed, run_record.record.runs)
    assert [(s.word, s.detail) for s in report.states] == [
        ("read", "read as 3; judged when graded"),
        ("passed", "7 more checks run when graded"),
        ("wrong so far", "AssertionError"),
        ("started", "read by a person"),
    ]
    ran(shell, solved(), "last", with_ids=with_ids)
    assert report_of_kernel(notebook, handed, run_record.record.runs).states[2].word == "not run yet"
    ran(shell, solved(), "test-last", with_ids=with_ids)
    assert report_of_kernel(notebook, handed, run_record.record.runs).states[2].word == "passed"


@pytest.mark.parametrize("with_ids", [True, False], ids=["with cell ids", "by head lines"])
def test_an_answer_that_needs_a_cell_of_ones_own_which_this_kernel_ran_is_not_done(
    shell: InteractiveShell, with_ids: bool
) -> None:
    notebook = solved()
    handed = handed_out(notebook)
    assert handed is not None
    mean = cell_of(notebook, "mean")
    mean.source = mean.source.replace("sum(", "added(")
    shell.run_cell("added = sum", cell_id="0f3a9c1e" if with_ids else None)
    ran(shell, notebook, "given-setup", "mean", "test-mean", with_ids=with_ids)
    state = report_of_kernel(notebook, handed, run_record.record.runs).states[1]
    assert state.word == "unfinished"
    assert state.detail.startswith("`mean` uses `added`, which is defined only in a cell of your own.")
    ran(shell, solved(), "mean", "test-mean", with_ids=with_ids)
    assert report_of_kernel(solved(), handed, run_record.record.runs).states[1].word == "passed"


def test_an_error_that_cannot_be_shown_is_told_by_its_name(shell: InteractiveShell) -> None:
    shell.run_cell("class Rude(Exception):\n    def __str__(self):\n        raise ValueError\nraise Rude")
    (run,) = run_record.record.runs.values()
    assert run.error == "Rude"


def test_following_the_cells_twice_counts_them_once(shell: InteractiveShell) -> None:
    run_record.begin()
    shell.run_cell("1")
    assert [run.number for run in run_record.record.runs.values()] == [1]


def test_a_warning_is_no_failure_while_nbgrader_validates(
    monkeypatch: pytest.MonkeyPatch, shell: InteractiveShell
) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    monkeypatch.setattr(run_record, "_begun", [])
    run_record.begin()
    assert sys.stderr is sys.stdout


def test_nothing_is_followed_and_nothing_is_shown_when_a_class_is_graded(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], shell: InteractiveShell
) -> None:
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setattr(run_record, "_begun", [])
    run_record.begin()
    progress("means")
    assert run_record._begun == []
    assert capsys.readouterr().out == ""


def saved(folder: Path, name: str) -> None:
    (folder / name).parent.mkdir(exist_ok=True)
    (folder / name).write_text(json.dumps(released()), encoding="utf-8")


@pytest.mark.parametrize("name", ["means.ipynb", "means (1).ipynb", "small/means.ipynb"])
def test_it_finds_the_notebook_in_its_folder_or_the_one_below(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(tmp_path, name)
    monkeypatch.chdir(tmp_path)
    progress("means")
    assert "means: where you stand" in capsys.readouterr().out


def test_it_finds_the_notebook_that_jupyter_names_wherever_the_kernel_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    saved(tmp_path, "mine.ipynb")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "mine.ipynb"))
    progress("means")
    assert "not started" in capsys.readouterr().out


def test_without_a_notebook_or_with_a_broken_one_it_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "means.ipynb").write_bytes(b'{"cells": [\xff')
    monkeypatch.chdir(tmp_path)
    progress("means")
    assert "python -m coursekit.selfcheck means.ipynb" in capsys.readouterr().out


def test_a_box_remembers_how_many_checks_it_announced(capsys: pytest.CaptureFixture[str]) -> None:
    display.announced.clear()
    display.show("ok", "passed", more=4)
    assert [box.more for box in display.announced] == [4]
    assert Run("x").more is None
