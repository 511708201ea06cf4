"""A Big-O among words: read when the words change nothing, refused when they may."""

import pytest

from coursekit.answers import big_o, formula
from coursekit.answers.verdict import UnreadableAnswer

NAMES = ["b", "n", "d", "h"]

READ = [
    "O(n^2) time", "time O(n^2)", "The cost is O(n^2).", "O(n^2) multiply-adds per step", "O(n²) a step",
    r"The cost is $\mathcal{O}(n^2)$ per step.", "Time = O(n^2) per step", "T(n) = O(n^2) time",
    "Theta(n^2) operations", "It is Θ(n²) in total", "Cost: O(n^2) time", "O(n^2).", "O(n^2),", "n^2;",
    r"\text{The cost is } \mathcal{O}\left(n^2\right)\text{ per token}",
]  # fmt: skip


@pytest.mark.parametrize("text", READ)
def test_plain_words_around_a_single_order_are_left_out(text):
    assert big_o.compare("n^2", text, NAMES).right


REFUSED = [
    "O(n^2) or less", "O(n) and O(n^2)", "not O(n^2)", "isn't O(n^2)", "cannot be O(n^2)",
    "O(n^2) when large",
    "O(n^2) if cached", "less than O(n^2)", "at most O(n^2)", "more than O(n^2)", "O(n^2) time O(n^2) space",
    "O(n^2) time, linear space", "O(n^2) per head", "O(n^2) per", "O(n^2) each", "O(n^2) times d",
    "twice O(n^2)",
    "O(n^2) for large n", "O(n^2) without a cache", "2 O(n^2) time", "O(n^2) 2 time", "O(n^2) - time",
    "O(n^2)/step", "n O(n) time", "O(n^2) d time", "o(n^2) time", "Omega(n^2) time", "n^2 time", "time",
    "O(time)", "O(n^2) Time = O(n^2) space", "O(n^2)^2 time", "O(n^2) hours b",
]  # fmt: skip


@pytest.mark.parametrize("text", REFUSED)
def test_words_that_may_change_the_claim_are_refused(text):
    with pytest.raises(UnreadableAnswer):
        big_o.compare("n^2", text, NAMES)


@pytest.mark.parametrize(
    ("text", "shown"), [("O(n) d", "O(n)·d"), ("O(n) bd", "O(n)·b·d"), ("O(n) log n", "O(n)·log(n)")]
)
def test_letters_of_the_question_beside_an_order_are_factors_and_no_words(text, shown):
    assert big_o.read(text, NAMES).echo == shown


def test_the_echo_says_which_words_were_left_out():
    assert (
        big_o.read("The cost is O(n^2) per step.", NAMES).echo
        == "n²  (words left out: The cost is … per step)"
    )


def test_an_exact_formula_stands_without_words():
    with pytest.raises(UnreadableAnswer):
        formula.read("n^2 parameters", NAMES)
