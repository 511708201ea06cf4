"""Blanks: what is still empty says so, and a template is completed with single expressions only."""

import linecache

import numpy as np
import pytest
import torch

from coursekit.answers.verdict import UnreadableAnswer
from coursekit.blanks import BLANK, EmptyBlank, UnusableBlank, ____, complete, is_empty, places

TEMPLATE = "class Box:\n    width = __a__\n    def grow(self):\n        return self.width * __b__\n"


def in_a_notebook(source: str) -> None:
    """Run source as IPython runs a cell: in a module called __main__, with its lines at hand."""
    linecache.cache["<cell>"] = (len(source), None, source.splitlines(keepends=True), "<cell>")
    exec(compile(source, "<cell>", "exec"), {"__name__": "__main__", "____": ____, "torch": torch, "np": np})


def test_a_blank_in_a_lesson_is_its_own_value():
    assert BLANK(3 + 4) == 7


@pytest.mark.parametrize(
    "use",
    [
        "____ + 1",
        "1 - ____",
        "____ @ torch.ones(2)",
        "torch.ones(2) * ____",
        "torch.einsum('ij->ji', ____)",
        "np.add(1, ____)",
        "____()",
        "____.shape",
        "____[0]",
        "bool(____)",
        "f'{____}'",
        "for i in ____: pass",
        "____ < 2",
        "torch.softmax(____, dim=-1)",
        "-____",
    ],
)
def test_every_use_of_an_empty_blank_names_the_line_that_is_still_empty(use):
    with pytest.raises(EmptyBlank, match="line 2 of its cell"):
        in_a_notebook(f"answer = ____\n{use}\n")


def test_an_empty_blank_may_be_stored_and_shown():
    assert repr(____) == "____ (still empty)"
    assert is_empty(____)
    assert ____ == ____


@pytest.mark.parametrize(
    ("answer", "empty"), [("", True), ("  ", True), ("____", True), (None, True), ("d", False), (0, False)]
)
def test_an_answer_is_empty_only_when_nothing_was_entered(answer, empty):
    assert is_empty(answer) is empty


def test_a_template_lists_its_blanks_in_order_and_is_completed_with_their_texts():
    assert places(TEMPLATE) == ["a", "b"]
    assert "width = 2 * 3\n" in complete(TEMPLATE, {"a": "2 * 3", "b": "`self.width`"})


def test_a_template_names_the_first_blank_that_is_missing():
    with pytest.raises(EmptyBlank, match=r"blank \(b\)"):
        complete(TEMPLATE, {"a": "1", "b": ____})


@pytest.mark.parametrize("text", ["1; import os", "x = 3", "(", "a\nb", "1" * 300, "yield", 5])
def test_a_text_that_is_not_one_expression_is_refused_by_name(text):
    with pytest.raises(UnusableBlank, match=r"blank \(a\)"):
        complete(TEMPLATE, {"a": text, "b": "1"})


@pytest.mark.parametrize(
    "error", [EmptyBlank("fill it in"), UnusableBlank("not code"), UnreadableAnswer("no number")]
)
def test_a_notebook_shows_one_sentence_and_no_traceback_through_our_modules(error):
    assert error._render_traceback_() == [f"{type(error).__name__}: {error}"]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("9**9**9**9", "9 ** 9 ** 9 ** 9"),
        ("1 + 10**65", "10 ** 65"),
        ("x**9**9**9", "9 ** 9 ** 9"),
        ("1 << 10**12", "1 << 10 ** 12"),
        ("(" * 21 + "x" + ")" * 21, "(x)"),
        ("-" * 30 + "x", "-" * 10 + "x"),
        ("__import__('os')", "'__import__'"),
        ("().__class__", "'__class__'"),
        ("getattr(x, '__class__')", "'__class__'"),
        ("'" + "a" * 250 + "'", "yours begins \"'aaaa"),
    ],
)
def test_a_text_that_could_hold_up_or_leave_the_template_is_refused_with_the_place(text, place):
    with pytest.raises(UnusableBlank, match=r"blank \(a\)") as caught:
        complete(TEMPLATE, {"a": text, "b": "1"})
    assert place in str(caught.value)


@pytest.mark.parametrize(
    "text", ["10**-6", "-2**3", "self.width ** -0.5", "self.__call__", "x ** 2 ** 3", "((((1))))"]
)
def test_small_powers_and_ordinary_brackets_are_no_reason_to_refuse(text):
    assert f"width = {text}" in complete(TEMPLATE, {"a": text, "b": "1"})
