"""The mathematics of hard attention and its differentiable neighbours."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.autograd.functional import jacobian

from utils.reference import argmax_attention as lesson

D, M, V = 4, 5, 3

EXAMPLE_K = torch.tensor([[1, 0, 5, 0], [2, 3, 0, 0], [0, 4, 0, 1]], dtype=torch.float64)
EXAMPLE_V = torch.tensor([[2, 1, 0, 1], [0, 4, -1, 0], [1, 3, 4, -1]], dtype=torch.float64)
EXAMPLE_Q = torch.tensor([1, 1, 2], dtype=torch.float64)


@pytest.fixture
def inputs() -> list[torch.Tensor]:
    generator = torch.Generator().manual_seed(7)
    return [torch.randn(*shape, generator=generator, dtype=torch.float64) for shape in ((D,), (D, M), (V, M))]


def gradients(function, leaves, upstream):
    leaves = [leaf.clone().requires_grad_() for leaf in leaves]
    return torch.autograd.grad(function(*leaves), leaves, upstream, allow_unused=True)


def test_the_worked_example_has_the_scores_and_the_output_of_the_statement():
    assert lesson.scores(EXAMPLE_Q, EXAMPLE_K).tolist() == [3, 11, 5, 2]
    assert lesson.hard_attention(EXAMPLE_Q, EXAMPLE_K, EXAMPLE_V).tolist() == [1, 4, 3]


def test_copying_the_winner_equals_averaging_with_one_weight_of_one(inputs):
    assert torch.equal(lesson.hard_attention(*inputs), lesson.hard_attention_as_average(*inputs))


def test_the_loop_over_keys_equals_the_softmax_with_gradients(inputs):
    upstream = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    for temperature in (0.3, 2.0):
        fast = lambda q, K, V: lesson.soft_attention(q, K, V, temperature)  # noqa: B023, E731
        slow = lambda q, K, V: lesson.soft_attention_one_key_at_a_time(q, K, V, temperature)  # noqa: B023, E731
        torch.testing.assert_close(slow(*inputs), fast(*inputs))
        found, wanted = gradients(slow, inputs, upstream), gradients(fast, inputs, upstream)
        for name, mine, theirs in zip(("q", "K", "V"), found, wanted, strict=True):
            torch.testing.assert_close(mine, theirs, msg=lambda text, name=name: f"d/d{name}: {text}")


def test_a_cold_soft_layer_is_the_hard_layer_and_a_hot_one_the_mean(inputs):
    torch.testing.assert_close(lesson.soft_attention(*inputs, 1e-4), lesson.hard_attention(*inputs))
    torch.testing.assert_close(lesson.soft_attention(*inputs, 1e9), inputs[2].mean(dim=1))


@given(st.floats(0.2, 20.0))
def test_the_winner_leads_the_runner_up_by_exp_of_the_gap_over_the_temperature(temperature):
    weights = lesson.attention_weights(EXAMPLE_Q, EXAMPLE_K, temperature)
    lead = torch.tensor(6 / temperature, dtype=torch.float64)
    torch.testing.assert_close((weights[1] / weights[2]).log(), lead)


@pytest.mark.parametrize("temperature", [0.4, 1.0, 3.0])
def test_the_query_jacobian_is_the_covariance_of_values_and_keys_over_the_temperature(inputs, temperature):
    q, K, V = inputs
    by_autograd = jacobian(lambda query: lesson.soft_attention(query, K, V, temperature), q)
    torch.testing.assert_close(lesson.query_jacobian(q, K, V, temperature), by_autograd)


def test_no_spread_of_weights_means_no_gradient_for_the_query():
    cold = lesson.query_jacobian(EXAMPLE_Q, EXAMPLE_K, EXAMPLE_V, 0.1)
    assert cold.abs().max() < 1e-20
    warm = lesson.query_jacobian(EXAMPLE_Q, EXAMPLE_K, EXAMPLE_V, 3.0)
    assert warm.abs().max() > 0.1


def test_through_the_hard_layer_only_the_winning_value_receives_a_gradient(inputs):
    upstream = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    found = lesson.leaf_gradients(*inputs, upstream)
    winner = int(lesson.scores(*inputs[:2]).argmax())
    assert found["q"] is None
    assert found["K"] is None
    assert torch.equal(found["V"][:, winner], upstream)
    assert torch.count_nonzero(found["V"]) == V


def test_a_small_step_of_the_query_leaves_the_hard_output_as_it_is():
    for step in torch.eye(3, dtype=torch.float64) * 1e-4:
        moved = lesson.hard_attention(EXAMPLE_Q + step, EXAMPLE_K, EXAMPLE_V)
        assert torch.equal(moved, lesson.hard_attention(EXAMPLE_Q - step, EXAMPLE_K, EXAMPLE_V))


def test_the_largest_score_passes_a_gradient_though_its_position_does_not():
    found = EXAMPLE_Q.clone().requires_grad_()
    lesson.scores(found, EXAMPLE_K).max().backward()
    assert torch.equal(found.grad, EXAMPLE_K[:, 1])


def test_straight_through_is_hard_going_forward_and_soft_going_back(inputs):
    upstream = torch.tensor([1.0, -2.0, 0.5], dtype=torch.float64)
    forward = lesson.straight_through_attention(*inputs, 0.7)
    torch.testing.assert_close(forward, lesson.hard_attention(*inputs))
    found = gradients(lambda *leaves: lesson.straight_through_attention(*leaves, 0.7), inputs, upstream)
    soft = gradients(lambda *leaves: lesson.soft_attention(*leaves, 0.7), inputs, upstream)
    torch.testing.assert_close(found[0], soft[0], msg=lambda text: f"gradient of q: {text}")
    torch.testing.assert_close(found[1], soft[1], msg=lambda text: f"gradient of K: {text}")
    torch.testing.assert_close(found[2], lesson.leaf_gradients(*inputs, upstream)["V"])


def test_a_query_of_another_width_than_the_keys_is_refused_with_the_axis_named():
    with pytest.raises(TypeError, match="d=4"):
        lesson.scores(torch.zeros(4), torch.zeros(3, 5))
