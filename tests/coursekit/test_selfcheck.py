"""The report on a file: the notebook runs in a kernel of its own, under limits, and agrees with Validate."""

import json
import re
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

from coursekit import selfcheck
from coursekit.selfcheck import NothingToCheck, report
from tests.coursekit.handed import answered, cell_of, released, solved


def written(notebook: NotebookNode, folder: Path) -> Path:
    path = folder / "means.ipynb"
    nbformat.write(notebook, path)
    return path


def words(path: Path, **limits: int) -> dict[str, str]:
    return {state.part.name: state.word for state in report(path, **limits).states}


def test_each_part_is_told_by_itself_and_the_file_is_left_as_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(answered(a="three = 3", mean="def mean(numbers):\n    return 0"), tmp_path)
    before = path.read_bytes()
    assert selfcheck.main([str(path)]) == 1
    said = capsys.readouterr().out
    assert "(a)     1 point  read: read as 3; judged when graded" in said
    assert "mean   2 points  wrong so far: AssertionError: the mean of 2 and 4 is 3" in said
    assert "last   2 points  not started\n" in said
    assert "why    3 points  not started: read by a person" in said
    assert path.read_bytes() == before


def test_a_cell_that_does_not_end_is_stopped_and_the_others_run(tmp_path: Path) -> None:
    notebook = answered(a="three = 3", mean="while True:\n    pass", last="def last(n): return n[-1]")
    path = written(notebook, tmp_path)
    found = report(path, cell_seconds=2)
    assert [state.word for state in found.states[:3]] == ["read", "wrong so far", "passed"]
    assert found.states[1].detail == "this cell did not end within 2 seconds and was stopped"


def test_a_kernel_that_dies_is_named_with_its_cell(tmp_path: Path) -> None:
    notebook = answered(a="three = 3", mean="import os\nos._exit(1)", last="def last(n): return n[-1]")
    found = report(written(notebook, tmp_path))
    assert [state.word for state in found.states[:3]] == ["read", "wrong so far", "not run yet"]
    assert "the kernel died in this cell" in found.states[1].detail
    assert found.states[2].detail == "the kernel died in an earlier cell: # YOUR TURN: mean, 2 points"


def validated(path: Path) -> set[str]:
    """Return the parts that nbgrader's Validate lists as failed, read off their heads."""
    from nbgrader.validator import Validator

    result = Validator().validate(str(path))
    assert set(result) <= {"failed"}
    return {cell["source"].split(": ")[1].split(",")[0].strip("()") for cell in result.get("failed", [])}


WARNS = "import warnings\ndef mean(numbers):\n    warnings.warn('careful')\n    return 3"


@pytest.mark.parametrize(
    "notebook",
    [
        pytest.param(solved(), id="solved"),
        pytest.param(answered(a="three = 3", mean=WARNS, last="def last(n): return n[0]"), id="half"),
    ],
)
def test_validate_lists_exactly_the_parts_that_are_neither_passed_nor_read_nor_started(
    notebook: NotebookNode, tmp_path: Path
) -> None:
    path = written(notebook, tmp_path)
    open_parts = {name for name, word in words(path).items() if word not in ("passed", "read", "started")}
    assert validated(path) == open_parts


def test_a_solved_notebook_leaves_nothing_to_do(tmp_path: Path) -> None:
    assert selfcheck.main([str(written(solved(), tmp_path))]) == 0


def test_a_given_cell_that_stops_is_named(tmp_path: Path) -> None:
    notebook = solved()
    cell_of(notebook, "given-setup").source = "import nothing_of_this_name"
    found = report(written(notebook, tmp_path))
    assert found.faults[0].startswith("The given cell setup was changed.")
    assert found.faults[1].startswith("The given cell setup stopped")
    assert "nothing_of_this_name" in found.faults[1]


def without(*names: str) -> NotebookNode:
    """Return the solved notebook without some of its cells."""
    notebook = solved()
    notebook.cells = [cell for cell in notebook.cells if cell.id not in names]
    return notebook


def test_a_missing_given_cell_is_told_once_and_first_and_parts_that_need_it_are_not_wrong(
    tmp_path: Path,
) -> None:
    found = report(written(without("given-setup", "test-last"), tmp_path))
    assert [fault.split(".")[0] for fault in found.faults] == [
        "The given cell setup is missing",
        "The check of last is missing",
    ]
    assert {s.part.name: (s.word, s.detail) for s in found.states if s.part.name in ("a", "mean")} == {
        "a": ("cannot be checked", "`show` is not defined: the given cell setup is missing"),
        "mean": ("cannot be checked", "`show` is not defined: the given cell setup is missing"),
    }


def test_a_notebook_without_its_cells_is_told_once(tmp_path: Path) -> None:
    notebook = solved()
    notebook.cells = []
    (fault,) = report(written(notebook, tmp_path)).faults
    assert fault.startswith("None of the cells that were handed out is in this notebook.")


def test_many_missing_cells_are_told_together(tmp_path: Path) -> None:
    (fault,) = report(written(without("a", "test-a", "mean", "test-mean"), tmp_path)).faults
    assert fault.startswith(
        "4 cells are missing: the cell to fill in for (a), the cell to fill in for mean, "
        "the check of (a), the check of mean. Undo the deletion"
    )


def test_an_answer_that_is_no_python_is_told_with_its_cell(tmp_path: Path) -> None:
    state = report(written(answered(mean="def mean(:\n    pass"), tmp_path)).states[1]
    assert state.detail.startswith("SyntaxError: ")
    assert state.detail.endswith("(line 2 of the cell to fill in for mean)")


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("means.ipynb", None, "there is no such file"),
        ("means.ipynb", "", "this file is empty. Take the notebook from the zip again"),
        ("means.ipynb", "{", "this notebook is damaged: .* Take the notebook from the zip again"),
        ("means.ipynb", "plain text", "this notebook is damaged"),
        ("means.ipynb", "{}", "this is not a notebook: it holds no list of cells"),
        ("means.ipynb", "[1, 2]", "this is not a notebook: it holds no list of cells"),
        ("README.md", "# Read me", "this is not a notebook. Give the name of a file that ends in .ipynb"),
        ("means.ipynb", '{"cells": [], "metadata": {}}', "does not say what was handed out"),
    ],
)
def test_what_is_no_notebook_of_a_course_is_refused_with_what_to_do(
    name: str, content: str | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(NothingToCheck, match=said):
        report(path)
    assert selfcheck.main([str(path)]) == 2
    assert re.search(said, capsys.readouterr().err)


def test_a_folder_is_called_a_folder(tmp_path: Path) -> None:
    with pytest.raises(NothingToCheck, match="this is a folder. Give the name of a notebook in it"):
        report(tmp_path)


def test_cells_that_a_file_garbles_do_not_keep_the_rest_from_running(tmp_path: Path) -> None:
    notebook = json.loads(json.dumps(solved()))
    notebook["cells"] += [
        7,
        {"cell_type": "code"},
        {"cell_type": "code", "source": 5},
        {"cell_type": "code", "source": ["1 +", " 1"], "metadata": 3},
    ]
    path = tmp_path / "means.ipynb"
    path.write_text(json.dumps(notebook), encoding="utf-8")
    assert set(words(path).values()) == {"passed", "read", "started"}


def test_a_notebook_as_handed_out_has_nothing_started(tmp_path: Path) -> None:
    assert set(words(written(released(), tmp_path)).values()) == {"not started"}


USES = "def mean(numbers):\n    return halved(sum(numbers)) * 2 / len(numbers)"
DEFINES = "def halved(number):\n    return number / 2"


def with_own_cell(text: str, **answers: str) -> NotebookNode:
    """Return the solved notebook with some answers changed, and a cell of one's own below the given one."""
    notebook = solved()
    for name, answer in answers.items():
        cell_of(notebook, name).source = answer
    notebook.cells.insert(2, nbformat.v4.new_code_cell(text, id="0f3a9c1e"))
    return notebook


def test_an_answer_that_needs_a_cell_of_ones_own_is_not_done(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written(with_own_cell(DEFINES, mean=USES), tmp_path)
    assert selfcheck.main([str(path)]) == 1
    said = capsys.readouterr().out
    assert "Visible checks passed: 1 of 2 parts with code. Typed answers that can be read: 1 of 1;" in said
    assert (
        "mean   2 points  unfinished: `mean` uses `halved`, which is defined only in a cell of your own. "
        "Cells of your own are not graded: move it into the cell that uses it.\n"
    ) in said


@pytest.mark.parametrize(
    ("own", "answers"),
    [
        pytest.param("drawn = [mean([n, 4]) for n in range(3)] if 'mean' in dir() else None", {}, id="draws"),
        pytest.param("BLANK = lambda value: value\nsum = sum", {}, id="redefines what is given"),
        pytest.param(DEFINES, {"mean": f"{DEFINES}\n{USES}"}, id="a copy of it is in the cell"),
        pytest.param(DEFINES, {"a": f"three = 3\n{DEFINES}", "mean": USES}, id="a copy is in another cell"),
        pytest.param("numbers = 3", {}, id="has the name of an argument"),
    ],
)
def test_a_cell_of_ones_own_that_no_answer_needs_is_no_fault(
    own: str, answers: dict[str, str], tmp_path: Path
) -> None:
    assert selfcheck.main([str(written(with_own_cell(own, **answers), tmp_path))]) == 0
