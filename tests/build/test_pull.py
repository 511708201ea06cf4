"""Edits made in JupyterLab come back into the text lesson."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbformat import NotebookNode, from_dict
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from utils.build.lessons import CELL_START, Cell, ContractError, Lesson, read
from utils.build.notebooks import from_notebook, normalise, to_notebook, to_text
from utils.build.pull import lesson_text as text_of
from utils.build.pull import pull
from utils.build.source import build_source

names = st.from_regex(r"[a-z][a-z0-9_-]{0,6}", fullmatch=True)
words = st.from_regex(r"[A-Z][a-z0-9.]{0,4}", fullmatch=True)
prose_lines = st.text("ab #%$*`'\"\\|-=~<>_[]{}()!?:²μ✓\t", max_size=12)
code_lines = st.sampled_from(
    [
        "x = 1",
        "",
        "   ",
        "def f(a):\n    '''Two\n\n  lines.  \n'''\n    return a",
        "# a comment",
        "# %matplotlib inline",
        "# ---",
        "#!shebang",
        "#",
        "# + [markdown]",
        '"""text"""',
        "print('# %% no cell')",
        "if x:\n\n    y = 2   ",
        "%time x",
        "!ls",
        "# + {}",
        "import math  \t",
        "μ = '²'",
        "# jupyter:",
        "# -",
        "'''\n# text\n'''",
    ]
)
prose = st.lists(prose_lines, max_size=5).map("\n".join)
code = st.lists(code_lines, max_size=5).map("\n".join)
points = st.integers(1, 20)
cells = st.one_of(
    st.builds(Cell, st.just("prose"), st.just(""), prose),
    st.builds(Cell, st.sampled_from(["locked", "solution", "draw"]), names, code),
    st.builds(Cell, st.just("graded"), names, code, points, words | st.just(""), words | st.just("")),
    st.builds(Cell, st.just("written"), names, prose, points, words | st.just(""), words | st.just("")),
)
outputs = st.lists(st.just(new_output("stream", text="noise\n")), max_size=2)
noise = st.fixed_dictionaries(
    {},
    optional={
        "scrolled": st.booleans(),
        "collapsed": st.booleans(),
        "tags": st.lists(words, max_size=2),
        "editable": st.booleans(),
        "deletable": st.booleans(),
        "jupyter": st.just({"source_hidden": True}),
    },
)


@st.composite
def edited_notebooks(draw: Callable[[Any], Any]) -> NotebookNode:
    """Return a source notebook as JupyterLab leaves it: run, with ids and metadata of its own."""
    unique = st.lists(cells, max_size=6, unique_by=lambda cell: cell.name or object())
    notebook = to_notebook(Lesson("mean", tuple(draw(unique))))
    notebook.metadata["language_info"] = {"name": "python", "version": "3.11.7"}
    for position, cell in enumerate(notebook.cells):
        drawing = "draw" in cell.metadata.get("course", {})
        cell.id = cell.id if drawing and draw(st.booleans()) else f"{position:08x}-cafe"
        cell.metadata.update(draw(noise))
        cell.source += draw(st.sampled_from(["", "\n", "  \n\n"]))
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = draw(outputs), draw(st.none() | st.integers(1, 99))
    return notebook


def starts_a_cell(notebook: NotebookNode) -> bool:
    """Return whether some line cannot be a line of a lesson."""
    lines = [line for cell in notebook.cells for line in cell.source.split("\n")]
    return any(line.lstrip("# ").startswith("%%") for line in lines)


@given(edited_notebooks().filter(lambda notebook: not starts_a_cell(notebook)))
def test_building_what_was_pulled_gives_the_notebook_without_its_noise(notebook: NotebookNode) -> None:
    pulled, _ = from_notebook(notebook, "mean")
    built = to_notebook(read(text_of(pulled), "mean"))
    assert built == normalise(notebook, "mean")


@given(edited_notebooks())
def test_normalising_twice_changes_nothing_more(notebook: NotebookNode) -> None:
    once = normalise(notebook, "mean")
    assert normalise(once, "mean") == once


@given(edited_notebooks())
def test_normalising_keeps_the_lines_of_every_cell_that_has_any(notebook: NotebookNode) -> None:
    def lines(found: NotebookNode) -> list[list[str]]:
        texts = [[line.rstrip() for line in cell.source.strip().split("\n")] for cell in found.cells]
        return [text for text in texts if any(text)]

    assert lines(normalise(notebook, "mean")) == lines(notebook)


def source_of(course: Path) -> tuple[Path, NotebookNode]:
    """Return the path and content of the built source notebook."""
    path = course / "source" / "means" / "mean.ipynb"
    build_source(course, "means")
    return path, from_dict(json.loads(path.read_text("utf-8")))


def save(path: Path, notebook: NotebookNode) -> None:
    path.write_text(to_text(notebook), encoding="utf-8")


def test_a_lesson_nobody_edited_is_left_to_the_byte(course: Path) -> None:
    lesson = course / "lessons" / "means" / "mean.py"
    odd = lesson.read_text("utf-8").replace("\n\n\n# %%", "\n\n\n\n\n# %%")
    lesson.write_text(odd, encoding="utf-8")
    path, notebook = source_of(course)
    notebook.cells[5].outputs = [new_output("stream", text="noise")]
    save(path, notebook)
    assert not pull(course, "means", "mean").changed
    assert lesson.read_text("utf-8") == odd


def test_an_edited_line_is_the_only_line_that_changes(course: Path, lesson_text: str) -> None:
    path, notebook = source_of(course)
    notebook.cells[3].source = ["A case to check in your head."]
    save(path, notebook)
    pulled = pull(course, "means", "mean")
    assert pulled.changed
    expected = lesson_text.replace("A case to check by hand.", "A case to check in your head.")
    assert pulled.path.read_text("utf-8") == expected


def test_new_cells_find_their_marks_and_the_author_is_told_of_made_up_names(course: Path) -> None:
    path, notebook = source_of(course)
    solution = {
        "grade": False,
        "grade_id": "cell-8dc5",
        "locked": False,
        "schema_version": 3,
        "solution": True,
    }
    tests = {"grade": True, "grade_id": "other sizes", "locked": True, "points": 4, "solution": False}
    notebook.cells[7:7] = [
        new_markdown_cell("New prose."),
        new_code_cell("print(1)"),
        new_code_cell("y = BLANK(2)", metadata={"nbgrader": solution}),
        new_code_cell("assert y == 2", metadata={"nbgrader": tests}),
        new_code_cell("print(3)", metadata={"course": {"draw": "means"}}),
    ]
    save(path, notebook)
    pulled = pull(course, "means", "mean")
    text = pulled.path.read_text("utf-8")
    marks = [line for line in text.splitlines() if CELL_START.match(line)][7:12]
    assert marks == [
        "# %% [markdown]",
        '# %% draw="new"',
        '# %% solution="cell-8dc5"',
        '# %% graded="other-sizes" points=4',
        '# %% draw="means-2"',
    ]
    assert pulled.notes == (
        'cell 9: unmarked code becomes draw="new"; rename it as you like',
        'cell 11: named graded="other-sizes"; rename it as you like',
        'cell 12: named draw="means-2"; rename it as you like',
    )


def test_a_copied_cell_gets_a_name_of_its_own(course: Path) -> None:
    path, notebook = source_of(course)
    notebook.cells.insert(5, from_dict({**notebook.cells[4], "id": "copy"}))
    save(path, notebook)
    assert pull(course, "means", "mean").notes == ('cell 6: named graded="mean-2"; rename it as you like',)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        (
            new_markdown_cell("![x](attachment:x.png)", attachments={"x.png": {}}),
            "a pasted image is not text",
        ),
        (new_markdown_cell("Do.", metadata={"nbgrader": {"task": True, "grade": False}}), "graded task"),
        (NotebookNode(cell_type="raw", id="r", metadata={}, source="x"), "make the raw cell a Markdown cell"),
        (new_code_cell("x", metadata={"nbgrader": {"grade": True, "solution": True}}), "is a Markdown cell"),
        (new_markdown_cell("x", metadata={"nbgrader": {"solution": True}}), "cannot be solution"),
        (
            new_code_cell("x", metadata={"nbgrader": {"grade": True, "grade_id": "x", "points": 0.5}}),
            "points is a positive whole number",
        ),
    ],
)
def test_what_a_lesson_cannot_hold_is_refused_and_the_lesson_stays(
    course: Path, lesson_text: str, cell: NotebookNode, message: str
) -> None:
    path, notebook = source_of(course)
    notebook.cells.append(cell)
    save_unchecked = json.dumps(notebook)
    path.write_text(save_unchecked, encoding="utf-8")
    with pytest.raises(ContractError, match=message):
        pull(course, "means", "mean")
    assert (course / "lessons" / "means" / "mean.py").read_text("utf-8") == lesson_text


@pytest.mark.parametrize("content", ["{", "[]", '{"nbformat": 3}', '{"cells": []}', '{"nbformat": 4}'])
def test_a_file_that_is_no_notebook_is_named(course: Path, content: str) -> None:
    path, _ = source_of(course)
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ContractError, match=r"source/means/mean\.ipynb:1: notebook: this is no notebook"):
        pull(course, "means", "mean")


def test_a_notebook_without_a_lesson_becomes_one(course: Path) -> None:
    build_source(course, "means")
    save(course / "source" / "means" / "new.ipynb", new_notebook(cells=[new_markdown_cell("# New")]))
    assert pull(course, "means", "new").path.read_text("utf-8") == "# %% [markdown]\n# # New\n"
