"""The mathematics of dot products of random vectors, held against experiments and slower forms."""

import math

import pytest
import torch

from coursekit.boundary import gradients
from utils.reference.scaled_dot_product import (
    entropy,
    entropy_from_weights,
    mean_dot,
    moments,
    scaled_scores,
    variance_dot,
)

PAIRS = 400_000
FIVE_STANDARD_ERRORS = 5.0  # a right formula fails such a test about once in two million seeds


@pytest.fixture
def generator():
    return torch.Generator().manual_seed(20)


def pairs(mu, sigma, generator):
    shape = (PAIRS, len(mu))
    draw = [mu + sigma * torch.randn(shape, generator=generator, dtype=torch.float64) for _ in range(2)]
    return draw[0], draw[1]


@pytest.mark.parametrize(("mu", "sigma"), [((1.0, -2.0, 3.0), 2.0), ((0.0,) * 7, 1.0), ((0.5, 0.1), 0.3)])
def test_mean_and_variance_are_what_an_experiment_measures(mu, sigma, generator):
    mu = torch.tensor(mu, dtype=torch.float64)
    query, key = pairs(mu, sigma, generator)
    mean, variance = moments(query, key)
    products = (query * key).sum(-1)
    error_of_mean = math.sqrt(variance_dot(mu, sigma) / PAIRS)
    error_of_variance = ((products - mean) ** 2).std() / math.sqrt(PAIRS)
    assert abs(mean - mean_dot(mu, sigma)) < FIVE_STANDARD_ERRORS * error_of_mean
    assert abs(variance - variance_dot(mu, sigma)) < FIVE_STANDARD_ERRORS * error_of_variance


def test_the_worked_example_has_mean_14_and_variance_160():
    mu = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)
    assert mean_dot(mu, 2.0) == 14
    assert variance_dot(mu, 2.0) == 160


def test_independence_matters_because_a_vector_with_itself_has_a_larger_mean(generator):
    mu = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)
    query, _ = pairs(mu, 2.0, generator)
    with_itself, _ = moments(query, query)
    assert abs(with_itself - (14 + 3 * 4)) < 0.3


def test_scaled_scores_of_unrelated_vectors_have_variance_one_for_every_length(generator):
    for d in (4, 64, 300):
        query = torch.randn(900, d, generator=generator, dtype=torch.float64)
        key = torch.randn(1100, d, generator=generator, dtype=torch.float64)
        assert abs(scaled_scores(query, key).var() - 1) < 0.05


def test_both_forms_of_the_entropy_agree_where_no_weight_underflows(generator):
    scores = torch.randn(3, 5, 7, generator=generator, dtype=torch.float64)
    torch.testing.assert_close(entropy(scores), entropy_from_weights(scores))
    fast, slow = (
        gradients(form, (scores,), torch.ones(3, 5).double()) for form in (entropy, entropy_from_weights)
    )
    torch.testing.assert_close(fast, slow, msg=lambda text: f"gradient of scores: {text}")


def test_the_entropy_lies_between_zero_and_the_logarithm_of_the_number_of_keys(generator):
    scores = 30 * torch.randn(50, 16, generator=generator, dtype=torch.float64)
    assert (entropy(scores) >= 0).all()
    assert (entropy(scores) <= math.log(16)).all()
    assert entropy(torch.tensor([1000.0, 0.0], dtype=torch.float64)) == 0


def test_the_numbers_that_the_lesson_names_are_measured(generator):
    for d, nats in ((4, 1.77), (64, 0.43), (1024, 0.09)):
        query = torch.randn(4000, 1, d, generator=generator, dtype=torch.float64)
        key = torch.randn(4000, 16, d, generator=generator, dtype=torch.float64)
        assert abs(entropy((query @ key.mT)[:, 0]).mean() - nats) < 0.04
        assert abs(entropy(scaled_scores(query, key)[:, 0]).mean() - 2.36) < 0.04


def test_a_wrong_width_is_refused_with_the_name_of_the_argument():
    with pytest.raises(Exception, match="key"):
        scaled_scores(torch.randn(2, 3), torch.randn(4, 5))
