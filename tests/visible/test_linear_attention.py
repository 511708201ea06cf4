"""The visible checks of the lesson on linear attention."""

import pytest
import torch

from coursekit.blanks import EmptyBlank, ____
from coursekit.compare import WrongAnswer
from coursekit.visible import linear_attention as visible
from utils.checks import linear_attention as checks
from utils.checks import linear_attention_chunks as chunks
from utils.checks import linear_attention_kernel as kernel
from utils.checks import linear_attention_random as estimated
from utils.checks import linear_attention_recurrence as recurrence
from utils.checks import linear_attention_waves as waves

EXERCISES = [
    (visible.gaussian_weights, checks.check_gaussian_weights),
    (visible.random_features, checks.check_random_features),
    (visible.directions, checks.check_directions),
    (visible.random_feature_attention, checks.check_rff_attention),
    (visible.causal_attention, checks.check_causal),
    (visible.chunked_attention, checks.check_chunked),
]
RIGHT = [(see, answer) for see, c in EXERCISES for answer in [c.right, *c.alternatives.values()]]


def state_written_into(q, k, v):
    state, normaliser, outputs = torch.zeros(k.shape[1], v.shape[1]).double(), 0, []
    for t in range(len(q)):
        state += torch.outer(k[t], v[t])
        normaliser = normaliser + k[t]
        outputs.append((q[t] @ state) / (q[t] @ normaliser))
    return torch.stack(outputs)


@pytest.mark.parametrize(("see", "answer"), RIGHT, ids=lambda f: f.__name__)
def test_a_right_function_passes_the_visible_check_and_is_told_that_more_follows(see, answer, capsys):
    see(answer)
    assert "when the notebook is graded" in capsys.readouterr().out


@pytest.mark.parametrize("see", [see for see, _ in EXERCISES])
def test_an_empty_blank_is_named_and_does_not_pass(see):
    with pytest.raises(EmptyBlank, match="still empty"):
        see(lambda *_: ____())


@pytest.mark.parametrize("see", [see for see, _ in EXERCISES])
def test_a_function_without_a_return_statement_is_told_so_or_told_the_shape(see):
    with pytest.raises(WrongAnswer, match=r"return statement|has shape \(\)"):
        see(lambda *_: None)


@pytest.mark.parametrize(
    ("see", "wrong", "hint"),
    [
        (visible.gaussian_weights, kernel.distances_only, "how long the key is"),
        (visible.gaussian_weights, kernel.width_is_one, "yours 0.1192"),
        (visible.random_features, waves.scale_for_cosines_alone, "entries of phi"),
        (visible.random_features, waves.cosines_alone, "one row for each point"),
        (visible.random_features, waves.without_scale, "entries of phi"),
        (visible.directions, waves.divided_by_twice, "sigma = 1"),
        (visible.directions, waves.left_alone, "sigma = 3"),
        (visible.random_feature_attention, estimated.key_length_forgotten, "the same weight"),
        (visible.random_feature_attention, estimated.factor_above_only, "the same factors"),
        (visible.causal_attention, recurrence.update_after_output, "divides zero by zero"),
        (visible.causal_attention, recurrence.no_normaliser, "not weighted means"),
        (visible.causal_attention, recurrence.not_causal, "mean of all five"),
        (visible.causal_attention, state_written_into, "new tensors"),
        (visible.chunked_attention, chunks.short_chunk_dropped, "chunks of length 2"),
        (visible.chunked_attention, chunks.chunks_alone, "chunks of length 1"),
        (visible.chunked_attention, chunks.state_only, "chunks of length 2"),
    ],
)
def test_a_common_slip_is_named_on_inputs_one_can_check_by_hand(see, wrong, hint):
    with pytest.raises(WrongAnswer, match=hint):
        see(wrong)


@pytest.mark.parametrize(
    ("question", "answer", "echo"),
    [
        (visible.gaussian_identity, "exp(q.q/(2 sqrt(D)))", "‖q‖²"),
        (visible.cancels, "C", "(c) both factors"),
        (visible.variance, "sigma/2", "sigma/2"),
        (visible.cost_features, "N^2 D", "N²·D"),
        (visible.causal_time, "N C", "N·C"),
        (visible.state_size, "12", "12"),
    ],
)
def test_a_typed_answer_is_echoed_without_a_word_on_whether_it_is_right(question, answer, echo, capsys):
    question(answer)
    shown = capsys.readouterr().out
    assert echo in shown
    assert "is checked when the notebook is graded" in shown
