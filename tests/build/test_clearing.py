"""What a release hides, cell by cell."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.build.clearing import (
    STARTER,
    ClearingError,
    blanks,
    clear_hidden_tests,
    clear_imports,
    clear_solution,
    clear_written,
    regions,
    solve,
    solve_written,
)


@pytest.mark.parametrize(
    ("source", "released", "solved"),
    [
        ("s = BLANK(d ** 0.5)  # a root", "s = ____  # a root", "s = (d ** 0.5)  # a root"),
        ("f(BLANK((1, 2)), BLANK(g(')')), 3)", "f(____, ____, 3)", "f(((1, 2)), g(')'), 3)"),
        ("é = 'μ²'; x = BLANK('λ') + 1", "é = 'μ²'; x = ____ + 1", "é = 'μ²'; x = 'λ' + 1"),
        ("x = 2 * BLANK(\n    a\n    + b,\n)", "x = 2 * ____", "x = 2 * (a\n    + b)"),
        ("x = BLANK(a  # why\n)", "x = ____", "x = (a  # why\n)"),
        ("x = BLANK (a)", "x = ____", "x = a"),
        ("x = 'BLANK(1)' + BLANK('BLANK(2)')", "x = 'BLANK(1)' + ____", "x = 'BLANK(1)' + 'BLANK(2)'"),
    ],
)
def test_a_blank_is_replaced_whole_and_all_around_it_is_kept(source: str, released: str, solved: str) -> None:
    assert clear_solution(source) == released
    assert solve(source) == solved


def test_a_region_becomes_one_starter_line_at_its_indentation() -> None:
    source = "def f(x):\n    ### BEGIN SOLUTION\n    y = x\n    return y\n    ### END SOLUTION\n\nz = 1"
    assert clear_solution(source) == f"def f(x):\n    {STARTER}\n\nz = 1"
    assert solve(source) == "def f(x):\n    y = x\n    return y\n\nz = 1"


def test_blanks_beside_regions_are_cleared_too() -> None:
    source = "a = BLANK(1)\n### BEGIN SOLUTION\nb = BLANK(2)\n### END SOLUTION\nc = BLANK(3)"
    assert clear_solution(source) == f"a = ____\n{STARTER}\nc = ____"


expressions = st.recursive(
    st.sampled_from(["x", "'é('", '"μ)"', "1.5", "f(')')", "[a, (b)]", "{'k': 2}"]),
    lambda inner: (
        st.builds("({} + {})".format, inner, inner) | st.builds("f({},\n  {})".format, inner, inner)
    ),
    max_leaves=6,
)


@given(st.lists(expressions, min_size=1, max_size=4))
def test_solving_a_cell_gives_the_program_that_blanks_stand_for(found: list[str]) -> None:
    marked = "é = [" + ", ".join(f"-BLANK({text})" for text in found) + "]"
    meant = "é = [" + ", ".join(f"-({text})" for text in found) + "]"
    assert ast.dump(ast.parse(solve(marked))) == ast.dump(ast.parse(meant))
    assert clear_solution(marked) == "é = [" + ", ".join(["-____"] * len(found)) + "]"


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("x = BLANK()", 1),
        ("x = 1\ny = BLANK(1, 2)", 2),
        ("x = BLANK(a=1)", 1),
        ("x = BLANK(*a)", 1),
        ("x = BLANK(1 +\n BLANK(2))", 2),
    ],
)
def test_a_blank_that_is_not_one_expression_is_refused_with_its_line(source: str, line: int) -> None:
    with pytest.raises(ClearingError) as refused:
        blanks(source)
    assert refused.value.line == line


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("### BEGIN SOLUTION\nx = 1", 1),
        ("x = 1\n### END SOLUTION", 2),
        ("### BEGIN SOLUTION\n### BEGIN HIDDEN TESTS\nx\n### END HIDDEN TESTS\n### END SOLUTION", 2),
        ("### BEGIN SOLUTION\nx\n### END HIDDEN TESTS", 3),
        ("### BEGIN SOLUTION\n\n### END SOLUTION", 3),
        ("### BEGIN ANSWER\nx\n### END ANSWER", 1),
        ("x = 1  ### BEGIN SOLUTION\nx\n### END SOLUTION", 1),
        ("# BEGIN SOLUTION\nx\n# END SOLUTION", 1),
    ],
)
def test_regions_that_do_not_fit_are_refused_with_their_line(source: str, line: int) -> None:
    with pytest.raises(ClearingError) as refused:
        regions(source)
    assert refused.value.line == line


def test_a_solution_cell_with_nothing_to_fill_in_is_refused() -> None:
    with pytest.raises(ClearingError, match="needs BLANK"):
        clear_solution("x = 1")


def test_hidden_tests_leave_the_visible_lines_and_no_trailing_space() -> None:
    source = "assert f(1)\n\n### BEGIN HIDDEN TESTS\nassert f(2)\n### END HIDDEN TESTS\n"
    assert clear_hidden_tests(source) == "assert f(1)"


def test_a_written_answer_shows_one_line_and_neither_model_nor_scheme() -> None:
    source = (
        "### BEGIN SOLUTION\nmodel\n### END SOLUTION\n### BEGIN MARK SCHEME\n2 points\n### END MARK SCHEME"
    )
    assert clear_written(source) == "Your answer here."
    assert solve_written(source) == "model"


@pytest.mark.parametrize(
    ("source", "cleared"),
    [
        ("from coursekit.blanks import BLANK, ____\nx = 1", "from coursekit.blanks import ____\nx = 1"),
        (
            "from coursekit.blanks import (\n    BLANK,\n    ____,\n    complete as fill,\n)",
            "from coursekit.blanks import ____, complete as fill",
        ),
        ("from coursekit.blanks import BLANK\nx = 1", "x = 1"),
        ("from coursekit.blanks import ____", "from coursekit.blanks import ____"),
        ("from other import BLANK", "from other import BLANK"),
    ],
)
def test_a_release_imports_the_blank_but_not_the_authors_mark(source: str, cleared: str) -> None:
    assert clear_imports(source) == cleared
