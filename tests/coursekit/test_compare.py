"""Comparison of results: the first thing wrong, in the order in which a person can mend it."""

import numpy as np
import pytest
import torch

from coursekit.blanks import ____
from coursekit.compare import WrongAnswer, first_difference, require, require_same

EXPECTED = torch.arange(1.0, 7.0, dtype=torch.float64).reshape(2, 3)


@pytest.mark.parametrize(
    ("received", "words"),
    [
        (None, "is there a return statement"),
        ([1, 2], "returned list, expected a Tensor"),
        (EXPECTED[:, :2], r"shape \(2, 2\), expected \(2, 3\)"),
        (EXPECTED[None], r"shape \(1, 2, 3\)"),
        (torch.empty(0, dtype=torch.float64), r"shape \(0,\)"),
        (EXPECTED.float(), "dtype torch.float32, expected torch.float64"),
        (EXPECTED / 0, "not finite: 6 of 6"),
        (EXPECTED.clone().index_fill_(1, torch.tensor([2]), 9), r"largest gap at \[0, 2\]: yours 9"),
    ],
)
def test_the_first_wrong_thing_is_named(received, words):
    with pytest.raises(AssertionError, match=words):
        raise AssertionError(first_difference(received, EXPECTED))


def test_equal_results_have_no_difference_and_a_tensor_subclass_is_not_a_tensor():
    class Liar(torch.Tensor):
        pass

    assert first_difference(EXPECTED.clone(), EXPECTED) is None
    assert (
        first_difference(EXPECTED.clone().as_subclass(Liar), EXPECTED) == "returned Liar, expected a Tensor"
    )


def test_a_blank_that_was_returned_is_called_by_its_name():
    assert "still empty" in first_difference(____, EXPECTED)


def test_nan_is_never_equal():
    nan = torch.full((2,), float("nan"), dtype=torch.float64)
    assert first_difference(nan, nan) is not None


@pytest.mark.parametrize(
    ("received", "expected", "same"),
    [
        (3, 3, True),
        (3.0, 3, True),
        (torch.tensor(3), 3, True),
        (np.float32(3), 3.0, True),
        (np.array(3.5), 3.0, False),
        (True, 1, False),
        (1, True, False),
        ("3", 3, False),
        (float("nan"), 3.0, False),
        (3.1, 3, False),
        ((EXPECTED, 1), (EXPECTED, 1), True),
        ((EXPECTED,), (EXPECTED, 1), False),
        (EXPECTED, (EXPECTED, 1), False),
        (None, (1,), False),
    ],
)
def test_numbers_and_tuples_are_compared_by_value_and_kind(received, expected, same):
    assert (first_difference(received, expected) is None) is same


def test_a_message_has_what_was_called_the_first_wrong_thing_and_a_hint():
    wrong = WrongAnswer("step differs.", called="b=2", first="shape (1,)", hint="Look at the batch axis.")
    assert str(wrong) == (
        "step differs.\n  called with  b=2\n  first        shape (1,)\n  hint         Look at the batch axis."
    )
    assert wrong._render_traceback_() == [f"WrongAnswer: {wrong}"]


def test_each_text_of_a_message_has_a_largest_length():
    returned = {"A" * 1_000_000: 1}
    long = first_difference(returned, {"a": 1})
    wrong = WrongAnswer("w" * 5000, called="c" * 5000, first=long, hint="h" * 1000)
    assert [len(text) for text in (wrong.what, wrong.called, wrong.first, wrong.hint)] == [1000] * 4
    assert wrong.first.startswith("the keys are AAA")
    assert wrong.first.endswith("A…")
    assert wrong.hint == "h" * 1000
    assert len(str(wrong)) < 4100


def test_a_visible_check_shows_both_numbers_and_a_condition_its_hint():
    with pytest.raises(WrongAnswer, match="yours 2, expected 1"):
        require_same("f(1)", torch.tensor([2.0]), torch.tensor([1.0]))
    with pytest.raises(WrongAnswer, match="sums to one"):
        require(False, "the row does not hold", hint="It sums to one.")
    require(True, "never raised")
