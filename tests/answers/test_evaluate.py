"""The value of a typed formula for given numbers."""

import math

import pytest

from coursekit.answers import formula
from coursekit.answers.evaluate import value

CASES = {
    "2 a b": 12,
    "a^2 - b/4 + 1": 4.25,
    "a (b + 1) / (a + 2)": 2,
    "sqrt(a b + 19)": 5,
    "log(exp(b))": 3,
    "max(a, b) - min(a, b)": 1,
    "floor(b/a) + ceil(b/a)": 3,
    "2 pi": 2 * math.pi,
}


@pytest.mark.parametrize("text", CASES)
def test_a_formula_has_the_value_that_arithmetic_gives_it(text):
    tree = formula.read(text, ["a", "b"]).tree
    assert value(tree, {"a": 2, "b": 3}) == pytest.approx(CASES[text], rel=1e-12)


@pytest.mark.parametrize("text", ["a / (b - 3)", "sqrt(a - b)", "(a - b)^(1/2)", "exp(1000 a)", "10^(400 a)"])
def test_a_formula_without_a_finite_real_value_is_nan(text):
    assert math.isnan(value(formula.read(text, ["a", "b"]).tree, {"a": 2, "b": 3}))


def test_a_name_without_a_number_is_an_error():
    with pytest.raises(KeyError, match="b"):
        value(formula.read("a b", ["a", "b"]).tree, {"a": 2})
