"""The visible checks of the lesson on multi-head attention, its templates, and its three hand-made heads."""

import re

import pytest
import torch

from coursekit.blanks import EmptyBlank, ____
from coursekit.boundary import define
from coursekit.compare import WrongAnswer
from coursekit.figures import multi_head_attention as figures
from coursekit.visible import multi_head_attention as visible
from utils.checks import multi_head_attention as checks
from utils.checks import multi_head_attention_loops as loops
from utils.checks import multi_head_attention_wide as wide
from utils.checks.multi_head_attention_blanks import KEY

EXERCISES = [
    (visible.mask, checks.check_mask),
    (visible.per_head_loop, checks.check_per_head_loop),
    (visible.b_code, checks.check_b_code),
]
RIGHT = [(see, answer) for see, check in EXERCISES for answer in check.alternatives.values()]


@pytest.fixture(scope="module")
def lesson(course_root):
    text = (course_root / "lessons" / "attention" / "multi_head_attention.py").read_text(encoding="utf-8")
    return re.sub(r"(?m)^# ?", "", text)


@pytest.mark.parametrize("template", [visible.TEMPLATE, visible.WIDE_LAYERS], ids=["class", "wide layers"])
def test_the_code_printed_in_the_notebook_is_the_code_that_is_completed(template, lesson):
    assert template in [block + "\n" for block in re.findall(r"```python\n(.*?)\n```", lesson, flags=re.S)]


def test_the_options_printed_in_the_notebook_are_those_that_are_read(lesson):
    for letter, option in visible.b_where.options.items():
        assert f"| {letter} | {option} |" in lesson.replace("`", "")


def test_the_printed_class_copies_before_it_merges_the_heads():
    assert ".transpose(1, 2).contiguous().view(" in visible.TEMPLATE


@pytest.mark.parametrize(("see", "answer"), RIGHT, ids=lambda f: f.__name__)
def test_a_right_function_passes_the_visible_check_and_is_told_that_more_follows(see, answer, capsys):
    see(answer)
    assert "when the notebook is graded" in capsys.readouterr().out


@pytest.mark.parametrize("see", [see for see, _ in EXERCISES])
def test_an_empty_body_does_not_pass(see):
    with pytest.raises(EmptyBlank, match="still empty"):
        see(lambda *_: ____())


@pytest.mark.parametrize("mistake", checks.check_mask.mistakes, ids=lambda m: m.misconception)
def test_no_known_mistake_about_the_mask_passes_the_visible_check(mistake):
    with pytest.raises(WrongAnswer):
        visible.mask(mistake.answer)


def heads_spread_over_channels(weights, num_heads, Q, K, V, mask=None):
    """Right but for the channels that a head owns: every third one, read and written alike."""
    order = torch.arange(Q.shape[-1]).view(-1, num_heads).T.flatten()
    moved = {name: t if "W_o" in name else t[order] for name, t in weights.items()}
    moved["W_o.weight"] = weights["W_o.weight"][:, order]
    return loops.library(moved, num_heads, Q, K, V, mask)


@pytest.mark.parametrize(
    ("see", "wrong", "hint"),
    [
        (visible.per_head_loop, loops.no_biases, "biases included"),
        (visible.per_head_loop, loops.mask_ignored, "One key to look at"),
        (visible.per_head_loop, loops.strided, "biases included"),
        (visible.per_head_loop, heads_spread_over_channels, "neighbouring channels"),
        (visible.b_code, wide.wide_no_transpose, "every channel of V"),
        (visible.b_code, wide.wide_mask_ignored, "every channel of V"),
        (visible.b_code, wide.wide_half_dropped, "every channel of V"),
    ],
)
def test_a_wrong_function_is_told_which_property_failed(see, wrong, hint):
    with pytest.raises(WrongAnswer, match=hint):
        see(wrong)


def test_a_visible_check_does_not_see_the_scale_and_so_never_claims_that_all_is_right(capsys):
    visible.b_code(wide.wide_no_scale)
    assert "3 more checks" in capsys.readouterr().out


def test_an_attempt_shows_the_shape_or_the_first_line_of_the_error(capsys):
    visible.attempt("whole", lambda: torch.zeros(2, 3))
    visible.attempt("broken", lambda: torch.zeros(2, 3).view(4, 5))
    whole, broken = capsys.readouterr().out.split("broken")
    assert "shape (2, 3)" in whole
    assert "RuntimeError: shape '[4, 5]' is invalid" in broken


def test_an_attempt_with_an_empty_blank_says_so_and_is_not_swallowed():
    with pytest.raises(EmptyBlank):
        visible.attempt("empty", lambda: ____())


@pytest.fixture(scope="module")
def hand_made():
    sentences, vectors, weights = visible.hand_made_heads()
    block = define(visible.TEMPLATE, KEY, "MultiHeadAttention")(12, 3)
    block.load_state_dict(weights)
    return sentences, vectors, block


def test_head_one_looks_one_back_and_head_two_one_ahead(hand_made):
    _, vectors, block = hand_made
    maps = figures.maps_of(block, vectors)
    assert (maps[:, 1].diagonal(-1, 1, 2) > 0.95).all()
    assert (maps[:, 2].diagonal(1, 1, 2) > 0.95).all()


def test_head_zero_shares_its_attention_among_the_repetitions_of_a_word(hand_made):
    sentences, vectors, block = hand_made
    same = torch.tensor([[float(a == b) for b in sentences[0]] for a in sentences[0]])
    expected = same / same.sum(-1, keepdim=True)
    found = figures.maps_of(block, vectors[:1])[0, 0]
    assert (found - expected).abs().max() < 0.02


def test_the_future_gets_nothing_under_the_mask_and_seven_eighths_under_the_mask_turned_round(hand_made):
    _, vectors, block = hand_made
    mask = torch.ones(1, 1, 8, 8, dtype=torch.bool).tril()
    assert figures.future_share(figures.maps_of(block, vectors[:1], mask)).mean() == 0
    turned_round = figures.future_share(figures.maps_of(block, vectors[:1], ~mask))
    torch.testing.assert_close(turned_round, torch.tensor([1.0] * 7 + [0.0]))
