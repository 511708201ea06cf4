"""Figures beside a message: made of what the real checks say, and of nothing more."""

from __future__ import annotations

import re

import pytest

from utils.checks.proof import checks_of
from utils.feedback.figures import figure_of
from utils.feedback.messages import Message, message_in

GROWS = "The results are right, but they cost more than linear attention does."


def said_to(part: str, misconception: str) -> Message:
    """Return what the check of a part says to one of the mistakes that it knows."""
    check = checks_of(part.split(".")[0])[part]
    known = next(mistake for mistake in check.mistakes if mistake.misconception == misconception)
    return message_in(str(check.judge(known.answer).wrong))


def numbers_in(text: str) -> set[str]:
    return set(re.findall(r"\d+(?:\.\d+)?", text))


@pytest.mark.parametrize(
    ("part", "misconception", "label"),
    [
        ("linear_attention.rff_attention", "10.Q1a-attention-table", "Growth of numbers alive at one time"),
        ("kernel_attention.linear_attention", "A6p-row-by-row", "Growth of work"),
        ("scaled_dot_product.a_function", "A1a-first-axis", "Axes of your result: 5; asked for: 3"),
        ("decoding.multi_query_step", "A4q-old-caches", "Axes of your result: 2, 5, 4; asked for: 2, 6, 4"),
    ],
)
def test_what_a_real_check_says_to_a_known_mistake_gets_its_figure(
    part: str, misconception: str, label: str
) -> None:
    message = said_to(part, misconception)
    figure = figure_of(message)
    assert figure is not None, message
    assert label in figure.drawing


def test_a_figure_of_shapes_tells_no_number_that_the_message_does_not_tell() -> None:
    message = message_in("f differs.\n  first        result 1: shape (2, 5, 4), expected (2, 6, 4)")
    figure = figure_of(message)
    assert figure is not None
    texts = "".join(re.findall(r"<text[^>]*>([^<]*)</text>", figure.drawing))
    assert set(texts) & set("0123456789") <= set("2564")
    assert "axis 2" in figure.caption


@pytest.mark.parametrize(
    ("first", "caption"),
    [
        ("needed 5.2 s of processor time, where 1.3 s are ample", "4 times as much"),
        ("needed 900 MB of memory, where 100 MB are ample", "9 times as much"),
        ("it touches 13 times as many numbers as a loop with a cache", "13 times as many"),
    ],
)
def test_what_was_needed_stands_beside_what_is_enough(first: str, caption: str) -> None:
    figure = figure_of(Message("too much", first=first))
    assert figure is not None
    assert caption in figure.caption
    widths = [
        float(width)
        for width in re.findall(r'class="bar-\w+" x="\d+" y="\d+" width="([\d.]+)"', figure.drawing)
    ]
    assert widths[0] > 4 * widths[1] * 0.99


def test_a_steeper_cost_is_drawn_steeper() -> None:
    figure = figure_of(Message(GROWS, first="work grow like N^2.00, counted"))
    assert figure is not None
    ends = [float(end) for end in re.findall(r"L\d+ ([\d.]+)", figure.drawing)]
    asked, mine = ends
    bottom = 166.0
    assert bottom - mine == pytest.approx(2 * (bottom - asked), abs=0.2)


@pytest.mark.parametrize(
    "message",
    [
        Message("x", first="raised ValueError: shape (3,), expected (4,)"),
        Message("x", first="it was read as work grow like N^2"),
        Message("x", first="work grow like N^2.00, counted"),  # nobody says that it has to be linear
        Message("x", first="largest gap at [1, 0]: yours 3"),
        Message("shape (3,), expected (4,)", first="shape (3,), expected (4,)", name="ValueError"),
        Message("x", first="shape (1, 1, 1, 1, 1, 1, 1), expected (1,)"),
        Message("x", first="needed 0.0 s of processor time, where 0 s are ample"),
    ],
)
def test_other_messages_get_no_figure(message: Message) -> None:
    assert figure_of(message) is None


def test_no_text_of_a_message_gets_into_a_figure_unescaped() -> None:
    figure = figure_of(message_in("x\n  first        entry '<b>': shape (3,), expected (4,)"))
    assert figure is None or "<b>" not in figure.drawing
