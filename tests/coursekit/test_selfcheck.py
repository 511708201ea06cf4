"""The report on a file: the notebook runs in a kernel of its own, under limits, and agrees with Validate."""

import json
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
    assert "(a)     1 point  passed: it can be read; 1 more check runs when graded" in said
    assert "mean   2 points  wrong so far: AssertionError: the mean of 2 and 4 is 3" in said
    assert "last   2 points  not started\n" in said
    assert "why    3 points  not started: read by a person" in said
    assert path.read_bytes() == before


def test_a_cell_that_does_not_end_is_stopped_and_the_others_run(tmp_path: Path) -> None:
    notebook = answered(a="three = 3", mean="while True:\n    pass", last="def last(n): return n[-1]")
    path = written(notebook, tmp_path)
    found = report(path, cell_seconds=2)
    assert [state.word for state in found.states[:3]] == ["passed", "wrong so far", "passed"]
    assert found.states[1].detail == "this cell did not end within 2 seconds and was stopped"


def test_a_kernel_that_dies_is_named_with_its_cell(tmp_path: Path) -> None:
    notebook = answered(a="three = 3", mean="import os\nos._exit(1)", last="def last(n): return n[-1]")
    found = report(written(notebook, tmp_path))
    assert [state.word for state in found.states[:3]] == ["passed", "wrong so far", "not run yet"]
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
def test_validate_lists_exactly_the_parts_that_are_neither_passed_nor_started(
    notebook: NotebookNode, tmp_path: Path
) -> None:
    path = written(notebook, tmp_path)
    open_parts = {name for name, word in words(path).items() if word not in ("passed", "started")}
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


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "there is no such file"),
        ("{", "this is no complete notebook"),
        ("[1, 2]", "this is no complete notebook"),
        ('{"cells": [], "metadata": {}}', "does not say what was handed out"),
    ],
)
def test_what_is_no_notebook_of_a_course_is_refused_with_what_to_do(
    content: str | None, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "means.ipynb"
    if content is not None:
        path.write_text(content, encoding="utf-8")
    with pytest.raises(NothingToCheck, match=said):
        report(path)
    assert selfcheck.main([str(path)]) == 2
    assert said in capsys.readouterr().err


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
    assert set(words(path).values()) == {"passed", "started"}


def test_a_notebook_as_handed_out_has_nothing_started(tmp_path: Path) -> None:
    assert set(words(written(released(), tmp_path)).values()) == {"not started"}
