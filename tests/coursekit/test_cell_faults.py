"""Copies, pieces, missing and changed cells: one plain sentence each, which names the cell and a way back."""

import copy

import pytest
from nbformat import NotebookNode

from coursekit.cell_faults import Cell, answer_texts, borrowed, cells_of, faults
from coursekit.handed_out import handed_out
from coursekit.run_record import Run
from tests.coursekit.handed import answered, cell_of, released, solved


def found(notebook: NotebookNode) -> list[str]:
    handed = handed_out(notebook)
    assert handed is not None
    return faults(cells_of(notebook, handed), handed)


def copied(notebook: NotebookNode, name: str) -> NotebookNode:
    at = notebook.cells.index(cell_of(notebook, name))
    notebook.cells.insert(at + 1, copy.deepcopy(notebook.cells[at]))
    notebook.cells[at + 1].id = "another"
    return notebook


def test_a_notebook_as_handed_out_and_a_solved_one_have_no_faults() -> None:
    assert found(released()) == []
    assert found(solved()) == []


def test_cells_of_ones_own_outputs_and_order_are_no_faults() -> None:
    notebook = solved()
    notebook.cells.insert(0, NotebookNode(cell_type="code", id="own", source="1 + 1", metadata={}))
    notebook.cells.reverse()
    assert found(notebook) == []


def test_a_copied_cell_is_named_with_what_to_do() -> None:
    (said,) = found(copied(solved(), "mean"))
    assert said.startswith("The cell to fill in for mean is there 2 times, and Validate cannot run.")
    assert "Keep the one with your answer and delete the rest" in said


def test_a_copy_that_was_edited_is_still_a_copy() -> None:
    notebook = copied(solved(), "mean")
    cell_of(notebook, "another").source += "\n# another try"
    assert "is there 2 times" in found(notebook)[0]


def test_a_copied_check_is_named_too() -> None:
    (said,) = found(copied(solved(), "test-mean"))
    assert said.startswith("The check of mean is there 2 times")
    assert "Keep one of them" in said


@pytest.mark.parametrize("name", ["mean", "test-mean"])
def test_a_split_cell_is_named_with_what_to_do(name: str) -> None:
    notebook = copied(released(), name)
    whole = cell_of(notebook, name)
    first, _, rest = whole.source.rpartition("\n")
    whole.source, cell_of(notebook, "another").source = first, rest
    (said,) = found(notebook)
    assert "is split into 2 cells" in said
    assert "Merge Selected Cells" in said


def test_a_deleted_check_is_put_back_and_a_deleted_answer_counts_as_not_answered() -> None:
    notebook = solved()
    notebook.cells = [cell for cell in notebook.cells if cell.id not in ("test-a", "mean")]
    answer, check = sorted(found(notebook), reverse=True)
    assert check.startswith("The cell to fill in for mean is missing. Undo the deletion")
    assert check.endswith("Until then it counts as not answered.")
    assert answer.startswith("The check of (a) is missing.")
    assert answer.endswith("When graded, it is put back as it was.")


@pytest.mark.parametrize(
    ("name", "called"), [("test-a", "The check of (a)"), ("given-setup", "The given cell setup")]
)
def test_a_changed_read_only_cell_is_named(name: str, called: str) -> None:
    notebook = solved()
    cell_of(notebook, name).source += "\npass"
    (said,) = found(notebook)
    assert said.startswith(f"{called} was changed.")


def test_an_answer_that_became_text_is_named() -> None:
    notebook = solved()
    cell_of(notebook, "mean").cell_type = "markdown"
    assert found(notebook)[0].startswith("The cell to fill in for mean has become a text cell.")


def test_what_is_no_cell_is_left_out() -> None:
    handed = handed_out(released())
    assert handed is not None
    odd = {"cells": [None, 3, {"cell_type": "code"}, {"metadata": 3}, {"metadata": {"nbgrader": 7}}]}
    assert all(cell.name == "" for cell in cells_of(odd, handed))


def test_the_pieces_of_an_answer_are_read_together() -> None:
    notebook = copied(answered(a="three = 3"), "a")
    handed = handed_out(notebook)
    assert handed is not None
    assert answer_texts(cells_of(notebook, handed), handed)["a"].count("three = 3") == 2


def needs(mean: str, *own: str, name: str = "0f3a9c1e", ran: str = "") -> dict[str, str]:
    notebook = answered(mean=mean)
    handed = handed_out(notebook)
    assert handed is not None
    cells = [*cells_of(notebook, handed), *(Cell(name, "code", text) for text in own)]
    return borrowed(cells, {"mean": Run(ran)} if ran else {}, [], handed)


@pytest.mark.parametrize(
    "own",
    [
        "def sq(x): return x * x",
        "class sq: pass",
        "import math as sq",
        "from math import sqrt as sq",
        "sq = abs",
        "one, (sq, *rest) = 1, (2, 3)",
        "sq: int = 2",
        "for sq in range(3): pass",
        "with open('x') as sq: pass",
        "if (sq := 3): pass",
        "[sq := x for x in range(3)]",
        "def define():\n    global sq\n    sq = 2\ndefine()",
        "%matplotlib inline\n!ls\ndef sq(x): return x * x",
        "kinds = '\\d'\nsq = 2",
    ],
)
def test_a_name_that_only_a_cell_of_ones_own_binds_is_named_however_it_is_bound(own: str) -> None:
    assert needs("def mean(numbers):\n    return [sq(n) for n in numbers]", own) == {
        "mean": "`mean` uses `sq`, which is defined only in a cell of your own. Cells of your own are not "
        "graded: move it into the cell that uses it."
    }


@pytest.mark.parametrize(
    "answer",
    [
        "def mean(sq): return sq",
        "def mean(numbers):\n    sq = abs\n    return sq(3)",
        "def mean(numbers): return [sq for sq in numbers]",
        "def mean(numbers): return numbers.sq",
        "sq = abs\ndef mean(numbers): return sq(3)",
        "def mean(numbers): return '    sq'",
        "this is sq and no Python",
    ],
)
def test_a_name_that_an_answer_binds_itself_or_only_mentions_is_not_needed(answer: str) -> None:
    assert needs(answer, "def sq(x): return x * x") == {}


def test_a_name_that_only_a_function_of_ones_own_binds_is_not_that_cells() -> None:
    assert needs("def mean(numbers): return sq", "def other():\n    sq = 2") == {}


def test_several_names_are_told_together() -> None:
    (said,) = needs("def mean(n): return cube(sq(n))", "sq = abs", "cube = abs").values()
    assert said == (
        "`mean` uses `cube`, `sq`, which are defined only in cells of your own. Cells of your own are not "
        "graded: move them into the cell that uses them."
    )


def test_what_only_a_cell_that_draws_defines_is_not_there_either() -> None:
    (said,) = needs("def mean(n): return sq(n)", "sq = abs", name="draw-curve").values()
    assert "which is defined only in a cell that only draws. Cells that only draw are not graded" in said


def test_the_text_that_an_answer_last_ran_with_counts() -> None:
    assert needs("def mean(n): return n", "sq = abs", ran="def mean(n): return sq(n)")
    assert not needs("def mean(n): return sq(n)", "sq = abs", ran="sq = abs\ndef mean(n): return sq(n)")
