"""The visible checks of the lesson on kernel attention."""

import pytest
import torch

from coursekit.blanks import EmptyBlank, ____
from coursekit.compare import WrongAnswer
from coursekit.visible import kernel_attention as visible
from utils.checks import kernel_attention as checks
from utils.checks import kernel_attention_mistakes as given

EXERCISES = [
    (visible.b_map, checks.check_b_map),
    (visible.b_rewrite, checks.check_b_rewrite),
    (visible.linear_attention, checks.check_linear_attention),
]
RIGHT = [(see, answer) for see, check in EXERCISES for answer in [check.right, *check.alternatives.values()]]
TYPED = [
    (visible.a, checks.check_a),
    (visible.a_squares, checks.check_a_squares),
    (visible.b_kernel, checks.check_b_kernel),
    (visible.b_dimension, checks.check_b_dimension),
    (visible.c_time, checks.check_c_time),
    (visible.c_memory, checks.check_c_memory),
    (visible.d_time, checks.check_d_time),
    (visible.d_memory_stored, checks.check_d_memory_stored),
    (visible.d_memory_recomputed, checks.check_d_memory_recomputed),
    (visible.crossover, checks.check_crossover),
    (visible.claim, checks.check_claim),
]


@pytest.mark.parametrize(("see", "answer"), RIGHT, ids=lambda f: f.__name__)
def test_a_right_function_passes_the_visible_check_and_is_told_that_more_follows(see, answer, capsys):
    see(answer)
    assert "when the notebook is graded" in capsys.readouterr().out


@pytest.mark.parametrize("see", [see for see, _ in EXERCISES], ids=lambda f: f.__name__)
def test_an_empty_blank_is_named_and_does_not_pass(see):
    with pytest.raises(EmptyBlank, match="still empty"):
        see(lambda *_: ____())


@pytest.mark.parametrize(
    ("see", "wrong", "told"),
    [
        (visible.b_map, given.mixed_terms_once, "both must give the same number"),
        (visible.b_map, given.no_mixed_terms, "both must give the same number"),
        (visible.b_map, given.no_constant, r"phi\(0\).phi\(0\)"),
        (visible.b_map, torch.flatten, "four rows"),
        (visible.b_rewrite, given.no_denominator, "the same value"),
        (visible.b_rewrite, given.plain_keys, "2\\*1 \\+ 1\\*2 = 4"),
        (visible.linear_attention, given.rows_without_denominator, "must come out as 5"),
        (visible.linear_attention, given.queries_and_keys_swapped, "7 : 4 and 6 : 7"),
        (visible.linear_attention, given.all_pairs_first, "a row and a column per position"),
    ],
)
def test_a_common_slip_shows_on_numbers_one_can_redo_by_hand(see, wrong, told):
    with pytest.raises(WrongAnswer, match=told):
        see(wrong)


@pytest.mark.parametrize(("see", "check"), TYPED, ids=lambda value: getattr(value, "part", None))
def test_the_echo_is_the_same_for_right_and_wrong_answers_but_for_the_reading(see, check, capsys):
    readable = [m.answer for m in check.mistakes if m.misconception != "A6bi-elementwise"]
    for answer in [check.right, *readable]:
        see(answer)
        first, last = capsys.readouterr().out.strip().splitlines()
        assert first == f"{see.variable} was read as: {see.read(answer)}"
        assert last == "Whether it is right is checked when the notebook is graded."


def test_a_sum_of_squares_is_not_mistaken_for_the_square_of_a_sum():
    assert visible.b_kernel.read("sum_i (q_i k_i)^2") != visible.b_kernel.read("(sum_i q_i k_i)^2")
    assert visible.b_kernel.read("(sum_i q_i k_i)^2") == visible.b_kernel.read("s^2")


def test_options_in_the_notebook_are_those_that_are_graded():
    assert list(visible.a.options) == list("abcdef")
    assert list(visible.a_squares.options) == list("abcd")


PARTLY = [
    (see, mistake.answer)
    for see, check in [*EXERCISES, *TYPED]
    for mistake in check.mistakes
    if mistake.credit
]


@pytest.mark.parametrize(("see", "answer"), PARTLY, ids=lambda v: getattr(v, "__name__", None))
def test_an_answer_worth_half_is_not_stopped_by_the_visible_check(see, answer):
    see(answer)


@pytest.mark.parametrize(
    ("phi", "width"),
    [(visible.positive_features, 3), (visible.plain_features, 3), (visible.two_sided_features, 6)],
)
def test_the_given_feature_maps_are_new_tensors_of_the_stated_width(phi, width):
    x = torch.tensor([[-1.0, 0, 2], [3, -4, 5]])
    features = phi(x)
    assert features.shape == (2, width)
    features += 1
    assert x.tolist() == [[-1, 0, 2], [3, -4, 5]]


@pytest.mark.parametrize("rounded", [given.root_in_single_precision, given.rounded_root])
def test_a_constant_in_too_few_digits_is_seen_with_long_vectors(rounded):
    with pytest.raises(WrongAnswer, match="x.y"):
        visible.b_map(rounded)
