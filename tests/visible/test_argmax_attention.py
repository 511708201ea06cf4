"""The visible checks of the lesson on hard attention."""

import pytest

from coursekit.blanks import EmptyBlank, ____
from coursekit.compare import WrongAnswer
from coursekit.visible import argmax_attention as visible
from utils.checks import argmax_attention as checks
from utils.checks import argmax_attention_backward as backward
from utils.checks import argmax_attention_layers as layers

EXERCISES = [
    (visible.hard_attention, checks.check_hard_attention),
    (visible.soft_attention, checks.check_soft_attention),
    (visible.leaf_gradients, checks.check_gradients),
    (visible.straight_through, checks.check_straight_through),
]
RIGHT = [(see, answer) for see, check in EXERCISES for answer in check.alternatives.values()]


@pytest.mark.parametrize(("see", "answer"), RIGHT, ids=lambda f: f.__name__)
def test_a_right_function_passes_the_visible_check_and_is_told_that_more_follows(see, answer, capsys):
    see(answer)
    assert "when the notebook is graded" in capsys.readouterr().out


@pytest.mark.parametrize("see", [see for see, _ in EXERCISES])
def test_an_empty_blank_is_named_and_does_not_pass(see):
    with pytest.raises(EmptyBlank, match="still empty"):
        see(lambda *_: ____())


@pytest.mark.parametrize(
    ("see", "wrong", "hint"),
    [
        (visible.hard_attention, layers.hard_key, "return a key"),
        (visible.hard_attention, layers.hard_value_row, "a row of V"),
        (visible.hard_attention, layers.hard_one_based, "counts from zero"),
        (visible.hard_attention, layers.hard_raw_weights, "scores only choose"),
        (visible.hard_attention, layers.hard_weighted_winner, "yours 16"),
        (visible.soft_attention, layers.soft_ignores_temperature, "no effect"),
        (visible.soft_attention, layers.soft_multiplies, "halved"),
        (visible.soft_attention, layers.soft_overflows, "not a finite number"),
        (visible.leaf_gradients, backward.leaves_as_tuple, "expected a dict"),
        (visible.leaf_gradients, backward.leaves_no_upstream, "start from `upstream`"),
        (visible.leaf_gradients, backward.leaves_winner_only, "shape of V"),
        (visible.leaf_gradients, backward.leaves_yes_or_no, "of type bool"),
        (visible.straight_through, backward.through_soft, "whatever the temperature"),
        (visible.straight_through, backward.through_hard, "no gradient arrives"),
        (visible.straight_through, backward.through_no_detach, "no gradient arrives"),
        (visible.straight_through, backward.through_output, "that one alone"),
    ],
)
def test_a_common_slip_is_named_on_inputs_one_can_check_by_hand(see, wrong, hint):
    with pytest.raises(WrongAnswer, match=hint):
        see(wrong)


@pytest.mark.parametrize(
    ("question", "answer", "echo"),
    [
        (visible.a_scores, "(7, 0, -2)^T", "(7, 0, -2)"),
        (visible.a_index, "index = 3", "3"),
        (visible.a, (1.5, 2, 0), "(1.5, 2, 0)"),
        (visible.b, " (E). ", "(e) training stays as it is"),
    ],
)
def test_a_typed_answer_is_echoed_as_it_was_understood(question, answer, echo):
    assert question.read(answer).startswith(echo)


def test_the_echo_does_not_say_whether_the_answer_is_right(capsys):
    said = []
    for letter in "abcde":
        visible.b(letter)
        said.append(capsys.readouterr().out.replace(f"({letter}) {visible.b.options[letter]}", ""))
    assert len(set(said)) == 1


def test_a_report_that_makes_leaves_of_the_callers_own_tensors_is_stopped():
    def on_the_originals(q, K, V, upstream):
        for leaf in (q, K, V):
            leaf.requires_grad_()
        V[:, (q @ K).argmax()].backward(upstream)
        return {"q": q.grad, "K": K.grad, "V": V.grad}

    with pytest.raises(WrongAnswer, match="not as they were before"):
        visible.leaf_gradients(on_the_originals)
