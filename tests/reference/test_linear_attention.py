"""The mathematics of linear attention: every fast form against a slow one, every formula against a count."""

from math import exp, sqrt

import pytest
import torch
from torch.testing import assert_close

from coursekit.answers import big_o
from coursekit.cost import SLOPE_TOLERANCE, count, growth_of, slope
from utils.reference import linear_attention as reference

FOUR_STANDARD_ERRORS = 4  # a seeded mean of independent draws lies farther off once in 16 000 seeds


def normal(*shape, seed=0, scale=1.0):
    return scale * torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def sequence(positions=7, features=4, channels=3, seed=0):
    q, k = (
        reference.elu_features(normal(positions, features, seed=seed + i)).requires_grad_() for i in (1, 2)
    )
    return q, k, normal(positions, channels, seed=seed + 3).requires_grad_()


def near(*sizes):
    return [normal(*size, seed=i, scale=0.3).requires_grad_() for i, size in enumerate(sizes)]


def assert_same_with_gradients(slow, fast, inputs):
    names = ["first", "second", "third", "fourth"]
    expected, received = slow(*inputs), fast(*inputs)
    assert_close(received, expected)
    cotangent = normal(*expected.shape, seed=9)
    wanted = torch.autograd.grad(expected, inputs, cotangent)
    found = torch.autograd.grad(received, inputs, cotangent)
    for name, mine, theirs in zip(names, found, wanted, strict=False):
        assert_close(mine, theirs, msg=lambda text, name=name: f"gradient of the {name} argument: {text}")


def test_the_gaussian_kernel_gives_the_weights_of_softmax():
    inputs = [normal(5, 4, seed=1).requires_grad_(), normal(7, 4, seed=2).requires_grad_()]
    assert_same_with_gradients(reference.softmax_weights, reference.gaussian_softmax_weights, inputs)


def test_the_exponential_of_a_score_is_the_kernel_times_a_factor_of_the_query_and_one_of_the_key():
    queries, keys = normal(5, 4, seed=1), normal(7, 4, seed=2)
    scores = torch.einsum("n d, j d -> n j", queries, keys) / sqrt(4)
    kernel = reference.gaussian_kernel(queries, keys, sigma=4**0.25)
    factors = reference.key_factor(queries)[:, None] * reference.key_factor(keys)
    assert_close(scores.exp(), kernel * factors)


def test_a_product_of_random_features_is_the_mean_cosine_of_the_difference():
    points, directions = normal(6, 4), normal(5, 4, seed=1)
    features = reference.random_features(points, directions)
    differences = points[:, None] - points
    cosines = torch.einsum("r d, n j d -> r n j", directions, differences).cos()
    assert_close(features @ features.T, cosines.mean(dim=0))


def test_directions_of_variance_one_over_sigma_squared_estimate_the_kernel_and_of_sigma_squared_do_not():
    draws = normal(200_000, 16)
    pair = torch.stack([torch.zeros(16), torch.full((16,), 0.9)]).double()
    true = reference.gaussian_kernel(pair[:1], pair[1:], sigma=2.0).item()
    assert true == pytest.approx(exp(-16 * 0.81 / 8))

    right, inverted = (
        torch.cos(torch.einsum("r d, d -> r", w, pair[1] - pair[0]))
        for w in (reference.scaled_directions(draws, 2.0), 2.0 * draws)
    )
    for sample, expected in ((right, true), (inverted, 0.0)):
        standard_error = sample.std().item() / sqrt(len(draws))
        assert abs(sample.mean().item() - expected) < FOUR_STANDARD_ERRORS * standard_error
    assert true > 0.19


def test_one_sum_over_the_keys_gives_what_the_table_of_estimated_weights_gives():
    inputs = near((3, 4), (7, 4), (7, 5), (6, 4))
    slow, fast = reference.random_feature_attention_quadratic, reference.random_feature_attention
    assert_same_with_gradients(slow, fast, inputs)


def test_the_error_of_the_estimate_falls_like_one_over_the_square_root_of_the_directions():
    queries, keys, values = (normal(12, 16, seed=i, scale=0.5) for i in range(3))
    exact = reference.softmax_weights(queries, keys) @ values
    counts = [64, 256, 1024, 4096]

    def mean_square(directions):
        runs = [reference.scaled_directions(normal(directions, 16, seed=s), 2.0) for s in range(20, 60)]
        gaps = [reference.random_feature_attention(queries, keys, values, w) - exact for w in runs]
        return torch.stack(gaps).square().mean().item()

    errors = [round(1e12 * mean_square(n)) for n in counts]
    assert slope(counts, errors, last=4) / 2 == pytest.approx(-0.5, abs=SLOPE_TOLERANCE)


def test_the_recurrence_gives_what_the_masked_table_gives():
    for sizes in ((7, 4, 3), (5, 3, 6), (1, 3, 2)):
        slow, fast = reference.causal_attention_quadratic, reference.causal_attention
        assert_same_with_gradients(slow, fast, sequence(*sizes))


@pytest.mark.parametrize("length", [1, 2, 3, 5, 7, 9])
def test_chunks_of_any_length_give_what_the_recurrence_gives(length):
    def chunked(q, k, v):
        return reference.chunked_attention(q, k, v, length)

    assert_same_with_gradients(reference.causal_attention, chunked, sequence())


def test_the_features_of_the_quadratic_kernel_turn_its_masked_attention_into_the_same_recurrence():
    queries, keys, values = normal(9, 3, seed=1), normal(9, 3, seed=2), normal(9, 2, seed=3)

    def quadratic_features(x):
        i, j = torch.triu_indices(3, 3, offset=1)
        return torch.cat([torch.ones(len(x), 1), sqrt(2) * x, x**2, sqrt(2) * x[:, i] * x[:, j]], dim=1)

    weights = ((queries @ keys.T + 1) ** 2).tril()
    expected = weights @ values / weights.sum(dim=-1, keepdim=True)
    recurrent = reference.causal_attention(quadratic_features(queries), quadratic_features(keys), values)
    assert_close(recurrent, expected)


def test_an_output_depends_on_no_later_position_and_the_first_is_the_first_value():
    q, k, v = (t.detach() for t in sequence())
    before = reference.causal_attention(q, k, v)
    k[-1] += 1
    v[-1] += 5
    after = reference.causal_attention(q, k, v)
    assert_close(after[:-1], before[:-1])
    assert not torch.allclose(after[-1], before[-1])
    assert_close(before[0], v[0])


def test_weights_sum_to_one_so_equal_values_come_out_unchanged():
    q, k, _ = sequence()
    values = torch.ones(7, 1, dtype=torch.float64) * torch.tensor([2.0, -3.0, 5.0], dtype=torch.float64)
    assert_close(reference.causal_attention(q, k, values), values)


@pytest.mark.parametrize("positions", [2, 50])
def test_the_memory_holds_the_same_count_of_numbers_after_any_number_of_positions(positions):
    _, k, v = sequence(positions, 4, 3)
    memory = reference.empty_memory(k, v).after(k, v)
    assert memory.state.numel() + memory.normaliser.numel() == reference.memory_numbers(4, 3) == 16


def test_the_cache_of_a_head_with_64_channels_is_larger_from_position_33_on():
    memory = reference.memory_numbers(64, 64)
    first = reference.first_position_with_a_larger_cache(64, 64, 64)
    assert (memory, first) == (4160, 33)
    assert reference.cache_numbers(first - 1, 64, 64) <= memory < reference.cache_numbers(first, 64, 64)


def test_counted_products_of_random_feature_attention_are_of_the_order_claimed():
    def inputs(**size):
        sizes = [(size["N"], size["D"])] * 2 + [(size["N"], size["M"]), (size["D_r"], size["D"])]
        return [t.detach() for t in near(*sizes)]

    grid = {"N": [2, 3, 4], "D": [2, 3], "D_r": [2, 3], "M": [2, 3]}
    held_out = {"N": 6, "D": 5, "D_r": 7, "M": 4}
    counted = growth_of(reference.random_feature_attention, inputs, grid, held_out, of="multiply_adds")
    assert big_o.compare("N D_r (D + M)", counted.text, ["N", "D", "D_r", "M"]).right, counted.text


def test_counted_work_of_the_recurrence_is_of_the_order_claimed():
    def inputs(N, C, M):
        return [t.detach() for t in sequence(N, C, M)]

    grid = {"N": [2, 3, 4], "C": [2, 3], "M": [2, 3]}
    counted = growth_of(
        reference.causal_attention, inputs, grid, {"N": 7, "C": 5, "M": 4}, of="multiply_adds"
    )
    assert big_o.compare("N C M", counted.text, ["N", "C", "M"]).right, counted.text


@pytest.mark.parametrize(("N", "L", "C", "M"), [(12, 3, 5, 4), (20, 5, 3, 7), (16, 8, 6, 2)])
def test_counted_products_of_the_chunked_form_are_exactly_the_formula(N, L, C, M):
    q, k, v = (t.detach() for t in sequence(N, C, M))
    counted = count(reference.chunked_attention, q, k, v, L).multiply_adds
    assert counted == 2 * N * C * M + N * L * (C + M) + N * C


def test_exponential_features_have_the_relative_variance_that_the_model_answer_states():
    q, k = normal(3, seed=1, scale=0.3), normal(3, seed=2, scale=0.3)
    w = normal(400_000, 3, seed=3)
    estimates = torch.exp(w @ (q + k) - (q @ q + k @ k) / 2)
    relative = estimates.var().item() / exp(2 * (q @ k).item())
    spread_of_a_variance = 0.02  # sampling error of a variance from 400 000 draws of a skewed quantity
    assert estimates.min() > 0
    assert relative == pytest.approx(exp((q + k).square().sum().item()) - 1, rel=spread_of_a_variance)
