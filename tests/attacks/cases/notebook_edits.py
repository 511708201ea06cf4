"""M01 to M08: what a student can change in the notebook file besides the answers. All answers are wrong."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from typing import Any

import nbformat
from nbformat import NotebookNode

from tests.attacks.attack import Attack, Desk, HandIn

TESTS = ("test-answer", "test-square", "test-weights", "test-layer", "test-cost")
Edit = Callable[[NotebookNode], object]


def _cells(notebook: NotebookNode, *names: str) -> list[NotebookNode]:
    return [cell for cell in notebook.cells if cell.id in names]


def _edited(edit: Edit) -> HandIn:
    """Return a submission of wrong answers whose notebook was edited; it need not be valid any more."""

    def hand_in(desk: Desk, student: str) -> None:
        notebook = desk.notebook()
        edit(notebook)
        desk.hand_in_bytes(student, json.dumps(notebook).encode())

    return hand_in


def _marks(**values: Any) -> HandIn:
    """Return a submission whose test cells have other values in nbgrader's mark."""

    def edit(notebook: NotebookNode) -> None:
        for cell in _cells(notebook, *TESTS):
            cell.metadata["nbgrader"].update(values)

    return _edited(edit)


def _delete(notebook: NotebookNode) -> None:
    notebook.cells = [cell for cell in notebook.cells if cell.id not in TESTS]


def _duplicate(notebook: NotebookNode) -> None:
    """Each test has a twin below it that does nothing."""
    for cell in _cells(notebook, *TESTS):
        twin = copy.deepcopy(cell)
        twin.id, twin.source = f"{cell.id}-2", "pass"
        notebook.cells.insert(notebook.cells.index(cell) + 1, twin)


def _foreign_ids(notebook: NotebookNode) -> None:
    for cell in _cells(notebook, *TESTS):
        cell.metadata["nbgrader"]["grade_id"] = f"multi-head-{cell.id}"


def _types(kind: str) -> HandIn:
    def edit(notebook: NotebookNode) -> None:
        for cell in _cells(notebook, *TESTS):
            cell.cell_type = kind

    return _edited(edit)


def _tags(*tags: str) -> HandIn:
    def edit(notebook: NotebookNode) -> None:
        for cell in _cells(notebook, *TESTS):
            cell.metadata["tags"] = list(tags)

    return _edited(edit)


def _tests_first(notebook: NotebookNode) -> None:
    tests = _cells(notebook, *TESTS)
    notebook.cells = [*tests, *(cell for cell in notebook.cells if cell.id not in TESTS)]


def _late_cells(notebook: NotebookNode) -> None:
    """Cells of the student's own stand between answers and tests, and after them."""
    for name in TESTS:
        test = _cells(notebook, name)[0]
        own = nbformat.v4.new_code_cell(
            "import numpy as np\nnp.allclose = np.testing.assert_allclose = lambda *a, **k: True"
        )
        notebook.cells.insert(notebook.cells.index(test), own)


def _kernel(notebook: NotebookNode) -> None:
    notebook.metadata["kernelspec"] = {"name": "bash", "display_name": "{{ evil }}", "language": "bash"}
    notebook.metadata["language_info"] = {
        "name": "../../etc/passwd",
        "pygments_lexer": "<script>",
        "nbconvert_exporter": "os",
    }


def _saved_outputs(notebook: NotebookNode) -> None:
    passed = nbformat.v4.new_output("execute_result", {"text/plain": "10.0"}, execution_count=1)
    large = nbformat.v4.new_output("stream", text="all tests passed\n" * 3_000_000)
    for cell in _cells(notebook, *TESTS):
        cell.outputs = [passed]
    _cells(notebook, "square")[0].outputs = [large]
    notebook.metadata["widgets"] = {"application/vnd.jupyter.widget-state+json": {"state": {"a": 1}}}
    for cell in _cells(notebook, "written-why"):
        cell["attachments"] = {"x.svg": {"image/svg+xml": "<svg onload='alert(1)'/>"}}


def _changed_tests(notebook: NotebookNode) -> None:
    for cell in _cells(notebook, *TESTS):
        cell.source = "pass"


ATTACKS = (
    Attack("m01-delete-test-cell", "deletes every test", _edited(_delete), told=("put back",)),
    Attack(
        "m01-change-test-cell", "writes `pass` into every test", _edited(_changed_tests), told=("put back",)
    ),
    *(
        Attack(f"m02-points-{name}", f"says that tests are worth {name}", _marks(points=points))
        for name, points in {
            "1000": 1000,
            "negative": -5,
            "nan": float("nan"),
            "text": "many",
        }.items()
    ),
    Attack("m03-duplicate-grade-id", "gives each test a twin with its id", _edited(_duplicate)),
    Attack("m03-foreign-grade-id", "gives tests the ids of another notebook", _edited(_foreign_ids)),
    Attack("m04-solution", "marks tests as cells to fill in", _marks(solution=True)),
    Attack("m04-not-graded", "marks tests as not graded", _marks(grade=False, locked=False)),
    Attack("m04-markdown", "makes tests text", _types("markdown")),
    Attack("m04-raw", "makes tests raw", _types("raw")),
    Attack("m05-skip-tag", "tags tests to be skipped", _tags("skip-execution")),
    Attack("m05-raises-tag", "tags tests as raising", _tags("raises-exception")),
    Attack("m05-remove-tag", "tags tests to be removed", _tags("remove_cell", "remove-cell")),
    Attack("m06-reorder", "moves tests before answers", _edited(_tests_first)),
    Attack("m06-own-cells", "patches numpy in cells of its own", _edited(_late_cells), told=("not run",)),
    Attack("m07-kernelspec", "asks for another kernel and language", _edited(_kernel)),
    Attack("m08-attachments", "hands in 50 MB of saved outputs that say passed", _edited(_saved_outputs)),
)
