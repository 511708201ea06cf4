"""Lessons as text, and as notebooks."""

import json

import pytest

from utils.build.lessons import ContractError, read, tidy, write
from utils.build.notebooks import cell_id, from_notebook, to_notebook, to_text


def test_marks_become_cells_with_the_line_that_opens_them(lesson_text: str) -> None:
    lesson = read(lesson_text, "mean")
    assert [(cell.role, cell.name) for cell in lesson.cells] == [
        ("prose", ""),
        ("locked", "setup"),
        ("solution", "mean"),
        ("prose", ""),
        ("graded", "mean"),
        ("draw", "means"),
        ("prose", ""),
        ("written", "why"),
    ]
    graded = lesson.cells[4]
    assert (graded.points, graded.spec, graded.kind) == (2, "A1a", "function")
    lines = lesson_text.splitlines()
    assert all(lines[cell.line - 1].startswith("# %%") for cell in lesson.cells)


def test_ids_are_readable_and_come_from_names_or_positions(lesson_text: str) -> None:
    notebook = to_notebook(read(lesson_text, "mean"))
    ids = "prose-01 given-setup mean prose-02 test-mean draw-means prose-03 written-why"
    assert [cell.id for cell in notebook.cells] == ids.split()
    assert all(
        cell.metadata.nbgrader.grade_id == cell.id for cell in notebook.cells if "nbgrader" in cell.metadata
    )


def test_marks_become_nbgraders_metadata_of_schema_3(lesson_text: str) -> None:
    metadata = {cell.id: cell.metadata for cell in to_notebook(read(lesson_text, "mean")).cells}
    assert metadata["test-mean"]["nbgrader"] == {
        "grade": True,
        "grade_id": "test-mean",
        "locked": True,
        "points": 2,
        "schema_version": 3,
        "solution": False,
        "task": False,
    }
    assert metadata["test-mean"]["course"] == {"kind": "function", "spec": "A1a"}
    flags = {name: (m["nbgrader"]["grade"], m["nbgrader"]["solution"], m["nbgrader"]["locked"])
             for name, m in metadata.items() if "nbgrader" in m}  # fmt: skip
    assert flags["given-setup"] == (False, False, True)
    assert flags["mean"] == (False, True, False)
    assert flags["written-why"] == (True, True, False)
    assert metadata["draw-means"] == {"course": {"draw": "means"}}


def test_the_same_lesson_gives_the_same_bytes(lesson_text: str) -> None:
    first, second = (to_text(to_notebook(read(lesson_text, "mean"))) for _ in range(2))
    assert first == second
    assert json.loads(first)["nbformat_minor"] == 5


def test_text_and_notebook_hold_the_same_lesson(lesson_text: str) -> None:
    lesson = read(lesson_text, "mean")
    assert write(lesson) == lesson_text
    again, notes = from_notebook(to_notebook(lesson), "mean")
    assert [(cell.role, cell_id(cell), cell.source) for cell in again.cells] == [
        (cell.role, cell_id(cell), cell.source) for cell in lesson.cells
    ]
    assert notes == []


@pytest.mark.parametrize(
    ("mark", "message"),
    [
        ("# %%", "needs one mark of locked, solution, graded, draw"),
        ('# %% solution="a" graded="a"', "one mark per cell, not solution and graded"),
        ('# %% solution="a b"', "a name is made of letters"),
        ('# %% solution=""', "a name is made of letters"),
        ('# %% solution="a" points=2', "unknown key points"),
        ('# %% graded="a" points=0', "points is a positive whole number, not 0"),
        ('# %% graded="a" points=1.5', "points is a positive whole number, not 1.5"),
        ('# %% graded="a"', "points is a positive whole number, not None"),
        ('# %% graded="a" points=2 spec="A 1"', "spec, kind and shows are made of letters"),
        ('# %% written="a" points=2', "a code cell cannot be written"),
        ('# %% [markdown] draw="a"', "a markdown cell cannot be draw"),
        ("# %% [raw]", "a raw cell cannot be prose"),
    ],
)
def test_a_malformed_mark_is_refused_with_its_line(mark: str, message: str) -> None:
    with pytest.raises(ContractError) as refused:
        read(f"# %% [markdown]\n# Text\n\n{mark}\n# more\n", "mean", "lessons/means/mean.py")
    assert str(refused.value).startswith("lessons/means/mean.py:4: ")
    assert message in str(refused.value)


def test_text_before_the_first_mark_is_refused() -> None:
    with pytest.raises(ContractError, match='every cell opens with "# %%"'):
        read('"""A docstring."""\n\n# %% draw="a"\nprint(1)\n', "mean")


@pytest.mark.parametrize("line", ["# %% not a cell", "%%time", "# %%time", "# In[3]:", "# <codecell>"])
def test_a_cell_that_would_start_another_cell_is_not_written(lesson_text: str, line: str) -> None:
    lesson, _ = from_notebook(to_notebook(read(lesson_text, "mean")), "mean", "source/means/mean.ipynb")
    broken = to_notebook(lesson)
    broken.cells[5].source += "\n" + line
    with pytest.raises(ContractError, match=r'mean.ipynb:6: draw "means": a line that starts like'):
        write(from_notebook(broken, "mean", "source/means/mean.ipynb")[0])


def test_a_comment_about_a_magic_stays_a_comment() -> None:
    lesson = read('# %% draw="a"\n# %matplotlib inline\nprint(1)\n', "mean")
    assert lesson.cells[0].source == "# %matplotlib inline\nprint(1)"


def test_spaces_after_code_are_dropped_and_spaces_inside_a_string_are_kept() -> None:
    assert tidy("x = 1  \n\ny = 2 \n\n", "code") == "x = 1\n\ny = 2"
    assert tidy('x = """a  \nb"""', "code") == 'x = """a  \nb"""'
    assert tidy("a line break:  \nhere  \n", "markdown") == "a line break:  \nhere"
