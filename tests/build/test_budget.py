"""What a notebook asks of its reader is measured."""

import pytest

from utils.build.budget import budget
from utils.build.lessons import Cell, Lesson
from utils.build.notebooks import to_notebook


def code(name: str, lines: int, role: str = "locked") -> Cell:
    return Cell(role, name, "\n".join(["x = 1"] * lines))  # type: ignore[arg-type] # the role is spelt by the tests


def prose(words: int) -> Cell:
    return Cell("prose", "", " ".join(["word"] * words))


def measured(*cells: Cell) -> list[str]:
    return budget(to_notebook(Lesson("mean", cells))).excesses


def test_a_notebook_within_its_budget_has_no_excess() -> None:
    assert measured(*(code(f"c{size}", size) for size in (2, 6, 16)), prose(24 * 6)) == []


def test_sizes_are_measured_without_blank_lines_and_marks() -> None:
    source = "x = 1\n\n### BEGIN HIDDEN TESTS\ny = 2\n### END HIDDEN TESTS"
    found = budget(to_notebook(Lesson("mean", (Cell("graded", "a", source, 2), prose(7)))))
    assert (found.median_lines, found.longest_cell, found.words_per_line) == (2, "test-a", 3.5)


@pytest.mark.parametrize(
    ("cells", "excess"),
    [
        ([code("a", 6), code("b", 7), code("c", 7), prose(200)], "median code cell 7 lines, at most 6"),
        (
            [*(code(f"c{k}", 2) for k in range(8)), code("a", 17), code("b", 17), prose(400)],
            "within 17 lines",
        ),
        ([*(code(f"c{k}", 2) for k in range(19)), code("a", 36), prose(500)], "given-a 36 lines, at most 35"),
        ([code("a", 2), prose(11)], "5.5 words of prose per line of code, at least 6"),
        ([prose(20), code("a", 2, "draw")], "draw-a draws, and no prose follows"),
        ([code("a", 2, "draw"), code("b", 2), prose(40)], "draw-a draws, and no prose follows"),
    ],
)
def test_each_excess_is_named(cells: list[Cell], excess: str) -> None:
    (found,) = measured(*cells)
    assert excess in found


def test_nine_cells_of_ten_are_measured_by_the_largest_of_the_nine() -> None:
    cells = [code(f"c{size}", size) for size in range(1, 11)]
    assert budget(to_notebook(Lesson("mean", tuple(cells)))).p90_lines == 9


def test_a_model_answer_is_no_prose() -> None:
    written = Cell("written", "a", "### BEGIN SOLUTION\n" + "word " * 50 + "\n### END SOLUTION", 2)
    assert budget(to_notebook(Lesson("mean", (code("b", 5), written)))).words_per_line == 0


def test_a_notebook_without_code_has_no_budget() -> None:
    with pytest.raises(ValueError, match="without code"):
        budget(to_notebook(Lesson("mean", (prose(3),))))
