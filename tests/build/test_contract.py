"""The contract of cells: every rule is broken once, and the message says where and what to do."""

import pytest

from utils.build.contract import check
from utils.build.lessons import Cell, ContractError, Lesson, read

PATH = "lessons/means/mean.py"

F = '\n# %% solution="f"\ndef f(a):\n    return BLANK(a + 1)\n'
GRADED = '\n# %% graded="f" points=2\nassert f(1) == 2\n'
IMPORT = '# %% locked="setup"\nfrom coursekit.blanks import BLANK, ____\n'
HIDDEN = "### BEGIN HIDDEN TESTS\n{}\n### END HIDDEN TESTS\n"


def problems(text: str) -> list[str]:
    """Return the messages of the contract for a lesson."""
    try:
        check(read(text, "mean", PATH))
    except ContractError as error:
        return [str(problem) for problem in error.problems]
    return []


def graded(*lines: str) -> str:
    """Return a lesson whose graded cell has these lines; the first one is line 9 of the lesson."""
    return IMPORT + F + '\n# %% graded="f" points=2\n' + "\n".join(lines) + "\n"


def test_the_small_lesson_keeps_the_contract(lesson_text: str) -> None:
    assert problems(lesson_text) == []


def test_the_shortest_lesson_keeps_the_contract() -> None:
    assert problems(IMPORT + F + GRADED) == []


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("assert isinstance(f(1), int)", "cannot use isinstance()"),
        ("assert type(f(1)) == int", "cannot use type()"),
        ("assert id(f)", "cannot use id()"),
        ("assert eval('f(1)')", "cannot use eval()"),
        ("exec('f(1)')", "cannot use exec()"),
        ("setattr(f, 'a', 1)", "cannot use setattr()"),
        ("assert f(1) is not None", "cannot use `is`"),
        ("f.cache = 1", "cannot set or delete .cache"),
        ("del f.cache", "cannot set or delete .cache"),
        ("f.count += 1", "cannot set or delete .count"),
        ("import random", "import random in a locked cell"),
        ("import pandas", "pandas is not among coursekit"),
        ("from utils.checks import mean", "import utils inside ### BEGIN HIDDEN TESTS only"),
        ("max = f(1)", "`max` is a built-in"),
        ("gap = BLANK(f(1))", "BLANK belongs in a solution cell"),
        ("assert f(lambda x: x) == 2", "hands a function of this cell to `f`"),
        ("assert f(1).apply(step=lambda x: x) == 2", "hands a function of this cell to `f`"),
    ],
)
def test_a_graded_cell_only_uses_a_students_work(line: str, message: str) -> None:
    (problem,) = problems(graded("assert f(1) == 2", line))
    assert problem.startswith(f'{PATH}:10: graded "f": ')
    assert message in problem


@pytest.mark.parametrize("last", ["f(1) / 2", "0.5", "gap", "f(1) == 2", "'done'", "-1"])
def test_a_graded_cell_does_not_end_in_a_value_that_would_become_its_score(last: str) -> None:
    assert "becomes the score" in problems(graded("gap = f(1)", last))[0]
    assert "becomes the score" in problems(graded("gap = f(1)", last, HIDDEN.format("assert f(2)")))[0]
    assert "becomes the score" in problems(graded("gap = f(1)", HIDDEN.format(last)))[0]


def test_a_graded_cell_may_end_in_a_call_which_may_return_a_score() -> None:
    assert (
        problems(graded("# more sizes", HIDDEN.format("from utils import checks\nchecks.check_f(f)"))) == []
    )


def test_hidden_tests_stand_below_something_visible() -> None:
    assert "give the student a visible line" in problems(graded(HIDDEN.format("assert f(2)")))[0]


@pytest.mark.parametrize("said", ["points=3", "points=2.5", "points=most"])
def test_a_hidden_check_is_told_the_points_of_its_cell(said: str) -> None:
    lines = graded("most = 2", HIDDEN.format(f"from utils.checks import mean\nmean.check_f(f, {said})"))
    (problem,) = problems(lines)
    assert problem == f'{PATH}:12: graded "f": check_f says {said}, the mark points=2; make them equal'
    assert problems(lines.replace(said, "points=2")) == []


@pytest.mark.parametrize(
    ("cells", "binder"),
    [
        (GRADED + "size = 3\n" + '\n# %% draw="f"\nprint(size)\n', 'graded "f"'),
        (GRADED + "size = 3\n" + '\n# %% locked="more"\ndouble = 2 * size\n', 'graded "f"'),
        (GRADED + '\n# %% draw="f"\nsize = 3\n\n# %% graded="g" points=2\nassert f(size)\n', 'draw "f"'),
    ],
)
def test_no_cell_uses_what_a_graded_or_drawing_cell_binds(cells: str, binder: str) -> None:
    (problem,) = problems(IMPORT + F + cells)
    assert f"{binder}: binds `size`, which " in problem


def test_a_graded_cell_does_not_change_what_an_earlier_function_looks_up_when_called() -> None:
    text = (IMPORT + "scale = 2\n" + F + GRADED).replace("a + 1", "a + scale") + "scale = 3\n"
    (problem,) = problems(text)
    assert 'graded "f": binds `scale`, which solution "f" uses' in problem


def test_graded_cells_may_each_bind_the_same_names_for_themselves() -> None:
    cell = '\n# %% graded="{}" points=2\nfor size in (2, 3):\n    assert f(size)\n'
    assert problems(IMPORT + F + cell.format("small") + cell.format("large")) == []


def test_every_solution_reaches_a_graded_cell() -> None:
    (problem,) = problems(IMPORT + F + GRADED + '\n# %% solution="loose"\nz = BLANK(3)\n')
    assert 'solution "loose": no graded cell uses it' in problem


def test_a_solution_may_reach_a_graded_cell_through_other_cells() -> None:
    through = '\n# %% solution="g"\ndef g(a):\n    return BLANK(f(a))\n\n# %% locked="g"\nvalue = g(2)\n'
    assert problems(IMPORT + F + through + '\n# %% graded="g" points=2\nassert value == 3\n') == []


def test_a_guess_reaches_at_least_a_drawing() -> None:
    guess = '\n# %% solution="guess-slope"\nslope = BLANK(3)\n'
    assert "no graded cell uses it" in problems(IMPORT + F + GRADED + guess)[0]
    assert problems(IMPORT + F + GRADED + guess + '\n# %% draw="slope"\nprint(slope)\n') == []


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ('# %% solution="f"\nx = BLANK(1)', "the name is taken"),
        ('# %% graded="f" points=2\nassert f(2)', "the name is taken"),
        ('# %% [markdown] written="f" points=2\n# why', "the name is taken"),
        ('# %% solution="test-g"\nx = BLANK(1)', "starts like the id of another kind"),
        ('# %% solution="g"\nx = 1', "needs BLANK(expression) or a region"),
        ('# %% solution="g"\n%time f(1)', "magics are not allowed"),
        ('# %% solution="g"\nx = BLANK(1', "this is no Python"),
        ('# %% draw="g"\n### BEGIN SOLUTION\nx = 1\n### END SOLUTION', "does not belong in a draw cell"),
        ('# %% draw="g"\nx = BLANK(1)', "BLANK belongs in a solution cell"),
        ('# %% [markdown] written="g" points=2\n# why', "needs a model answer"),
    ],
)
def test_a_cell_that_cannot_be_released_is_reported(cell: str, message: str) -> None:
    found = [problem for problem in problems(f"{IMPORT}{F}{GRADED}\n{cell}\n") if message in problem]
    assert found, problems(f"{IMPORT}{F}{GRADED}\n{cell}\n")


def test_all_breaches_are_reported_at_once_in_the_order_of_the_lesson() -> None:
    text = graded("assert f(1) is 2", "f.a = 1") + '\n# %% locked="late"\nimport pandas\n'
    assert [problem.split(":")[1] for problem in problems(text)] == ["9", "10", "13"]


def test_points_that_a_notebook_lost_are_reported() -> None:
    cells = (Cell("locked", "a", "x = 1", line=1), Cell("graded", "b", "assert x == 1", line=4))
    with pytest.raises(ContractError, match="points is a positive whole number, not 0"):
        check(Lesson("mean", cells))


def test_a_function_of_a_graded_cell_does_not_cross_to_student_code_but_may_be_used_here() -> None:
    assert problems(graded("def own(x):", "    return f(x)", "assert own(1) == 2")) == []
    (problem,) = problems(graded("def own(x):", "    return x", "assert f(own) == 2"))
    assert "put the function into coursekit.visible" in problem


WRITTEN = """
# %% [markdown] written="why" points=2 {}
# ### BEGIN MARK SCHEME
# Two points for a reason.
# ### END MARK SCHEME
# ### BEGIN SOLUTION
# Because.
# ### END SOLUTION
"""


def test_a_written_answer_shows_only_figures_that_the_lesson_draws() -> None:
    drawing = '\n# %% draw="curve"\nprint(f(1))\n'
    assert problems(IMPORT + F + GRADED + drawing + WRITTEN.format('shows="curve"')) == []
    (problem,) = problems(IMPORT + F + GRADED + drawing + WRITTEN.format('shows="curve,map"'))
    assert problem.endswith('shows="map": no cell is marked draw="map"')
