"""Choices: by letter or by the option's text."""

import pytest

from coursekit.answers import choice
from coursekit.answers.verdict import UnreadableAnswer

SHAPES = {"a": "[h, d, q]", "b": "[d, q]", "c": "[h, q]"}


@pytest.mark.parametrize(
    "answer",
    ["a", "A", "(a)", " a. ", "[h,d,q]", "h, d, q", "`[h, d, q]`", "option a", "Answer: a", "(a) [h, d, q]"],
)
def test_an_option_may_be_named_by_letter_or_text(answer):
    assert choice.compare("a", answer, SHAPES).right


def test_another_option_is_different_and_shown():
    verdict = choice.compare("a", "b", SHAPES)
    assert not verdict.right
    assert verdict.read_as == "(b) [d, q]"


@pytest.mark.parametrize("answer", ["d", "", "a or b", "h d", 1, None])
def test_what_is_no_option_is_refused_with_the_letters(answer):
    with pytest.raises(UnreadableAnswer, match="a, b, c"):
        choice.compare("a", answer, SHAPES)


@pytest.mark.parametrize("answer", ["ac", "c, a", "a c", ["a", "c"], {"c", "a"}])
def test_several_options_may_come_in_any_order(answer):
    assert choice.compare_several({"a", "c"}, answer, SHAPES).right


@pytest.mark.parametrize(
    ("answer", "hint"), [("a", "not chosen"), ("abc", "does not hold"), ("ab", "missing")]
)
def test_the_hint_says_whether_something_is_missing_or_too_much(answer, hint):
    assert hint in choice.compare_several({"a", "c"}, answer, SHAPES).hint
