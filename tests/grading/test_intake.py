"""A student's texts in the released notebook: which text counts, and what is said about it."""

from __future__ import annotations

import nbformat
import pytest
from nbformat import NotebookNode
from scratch_course import cell_named, duplicated, edited, without

from utils.grading.intake import grade_id, rebuild


def cell(name: str, source: str, kind: str = "solution", cell_type: str = "code") -> NotebookNode:
    """Return a released cell: a solution, a test, a written answer or a locked cell."""
    make = nbformat.v4.new_code_cell if cell_type == "code" else nbformat.v4.new_markdown_cell
    flags = {"solution": kind in ("solution", "written"), "grade": kind in ("graded", "written")}
    mark = {"grade_id": name, "locked": kind in ("graded", "locked"), **flags}
    return make(source, id=name, metadata={"nbgrader": mark})


def released() -> NotebookNode:
    return nbformat.v4.new_notebook(
        cells=[
            cell("given-setup", "import math\nfrom os import path as place\nwidth = 4", "locked"),
            cell("mean", "def mean(numbers):\n    ____()"),
            cell("test-mean", "assert mean([2, 4]) == 3", "graded"),
            cell("median", "median = ____\ntrial = 3"),
            cell("written-why", "Your answer here.", "written", "markdown"),
        ]
    )


def answered() -> NotebookNode:
    notebook = edited(released(), "mean", source="def mean(numbers):\n    return sum(numbers) / len(numbers)")
    return edited(edited(notebook, "median", source="median = 7"), "written-why", source="Because.")


def taken(notebook: NotebookNode) -> dict[str, str]:
    """Return the text of each answer after intake."""
    return {
        c.id: c.source for c in rebuild(released(), notebook).notebook.cells if c.metadata.nbgrader.solution
    }


def test_the_answers_and_nothing_else_are_taken() -> None:
    notebook = edited(edited(answered(), "test-mean", source="pass"), "given-setup", source="width = 5")
    rebuilt = rebuild(released(), notebook).notebook
    assert [c.source for c in rebuilt.cells] == [
        c.source
        for c in edited(
            edited(answered(), "test-mean", source=released().cells[2].source),
            "given-setup",
            source=released().cells[0].source,
        ).cells
    ]
    assert [c.metadata for c in rebuilt.cells] == [c.metadata for c in released().cells]


def test_a_plain_submission_has_no_notes() -> None:
    assert rebuild(released(), answered()).notes == []


def test_a_submission_without_ids_is_read_by_its_marks() -> None:
    notebook = answered()
    for position, one in enumerate(notebook.cells):
        one.id = f"colab-{position}"
    assert taken(notebook) == taken(answered())


def test_a_submission_without_marks_is_read_by_its_ids() -> None:
    notebook = answered()
    for one in notebook.cells:
        one.metadata = NotebookNode()
    assert taken(notebook) == taken(answered())
    assert rebuild(released(), notebook).given


def test_two_swapped_marks_do_not_swap_the_answers() -> None:
    notebook = answered()
    for one, other in (("mean", "median"), ("median", "mean")):
        cell_named(notebook, one).metadata = NotebookNode(nbgrader=NotebookNode(grade_id=other))
    assert taken(notebook) == taken(answered())


def test_written_answers_in_two_cells_are_joined() -> None:
    notebook = duplicated(answered(), "written-why", "And so on.")
    assert taken(notebook)["written-why"] == "Because.\nAnd so on."


def test_an_emptied_cell_is_no_answer_but_no_missing_one() -> None:
    result = rebuild(released(), edited(answered(), "median", source=""))
    assert cell_named(result.notebook, "median").source == ""
    assert result.notes == []


def test_a_missing_answer_keeps_the_released_text() -> None:
    result = rebuild(released(), without(answered(), "median"))
    assert cell_named(result.notebook, "median").source == "median = ____\ntrial = 3"
    assert result.notes == ["The cell `median` is missing; it counts as not answered."]


def test_a_split_read_only_cell_is_not_called_changed() -> None:
    notebook = edited(answered(), "given-setup", source="import math\nfrom os import path as place")
    assert rebuild(released(), duplicated(notebook, "given-setup", "width = 4")).notes == []


def test_a_notebook_with_mostly_unknown_cells_is_not_ours() -> None:
    strangers = [cell(f"stranger-{i}", "x = 1") for i in range(3)]
    result = rebuild(
        released(), nbformat.v4.new_notebook(cells=[*strangers, cell("mean", "def mean(n): return 1")])
    )
    assert not result.given
    assert [grade_id(c) for c in result.notebook.cells] == [grade_id(c) for c in released().cells]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("width = 5\nmedian = 7", "`width`"),
        ("for width in range(3):\n    median = width", "`width`"),
        ("from torch import math\nmedian = 7", "`math`"),
        ("place = 'home'\ndef math(): ...\nmedian = 7", "`math`, `place`"),
        ("width = 5\nmedian = (", ""),  # Python refuses the cell, so nothing is rebound
        ("import math\nfrom os import path as place\nmedian = 7", ""),
        ("trial = 4\nmedian = 7", ""),  # the released cell itself binds this name
        ("def other(width):\n    math = width\n    return math\nmedian = 7", ""),
    ],
)
def test_names_of_read_only_cells_are_put_back_where_an_answer_rebinds_them(text: str, names: str) -> None:
    result = rebuild(released(), edited(answered(), "median", source=text))
    note = f"Your cell `median` redefines {names} of a read-only cell, which was put back."
    assert result.notes == ([note] if names else [])
    namespace: dict[str, object] = {}
    for one in result.notebook.cells:
        if names and one.cell_type == "code" and one.id != "test-mean" and "torch" not in one.source:
            exec(one.source, namespace)
    assert not names or (namespace["width"], getattr(namespace["math"], "pi", 0) > 3) == (4, True)


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("<script>steal()</script>", "< script>steal()< /script>"),
        ("<IMG SRC=x onerror=y> <!-- hidden", "< IMG SRC=x onerror=y> < !-- hidden"),
        ("$a<b$, 3 < 4, x <= y", "$a< b$, 3 < 4, x <= y"),
        ("[x](javascript:steal())", "[x](javascript :steal())"),
        ("[x](JaVa\tScRiPt\\:steal())", "[x](JaVa\tScRiPt \\:steal())"),
        ("[x](&#106;avascript&colon;y) &#x6A;", "[x](& #106;avascript& colon;y) & #x6A;"),
        ("JavaScript is a language, and a & b", "JavaScript is a language, and a & b"),
        ("bell\x07 and escape\x1b[31m", "bell and escape[31m"),
    ],
)
def test_a_written_answer_holds_no_tag_that_a_browser_would_follow(written, kept):
    assert taken(edited(answered(), "written-why", source=written))["written-why"] == kept


def test_code_is_taken_as_it_is():
    assert taken(edited(answered(), "median", source="median = 1<median"))["median"] == "median = 1<median"
