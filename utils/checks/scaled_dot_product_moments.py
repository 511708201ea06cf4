"""Wrong and right answers to the exercises on mean and variance, written as a student would write them."""

from __future__ import annotations

import torch

from utils.checks.check import Mistake


def mean_same_vector(mu, sigma):
    return (mu**2).sum(-1) + mu.shape[-1] * sigma**2


def mean_scalar(mu, sigma):
    return mu.shape[-1] * mu.mean(-1) ** 2


def mean_double_sum(mu, sigma):
    return mu.shape[-1] * (mu**2).sum(-1)


def mean_of_squares(mu, sigma):
    return (mu**2).mean(-1)


def mean_norm(mu, sigma):
    return mu.norm(dim=-1)


def mean_square_of_sum(mu, sigma):
    return mu.sum(-1) ** 2


def mean_all_rows(mu, sigma):
    return (mu**2).sum()


def mean_first_axis(mu, sigma):
    return (mu**2).sum(0)


def mean_keepdim(mu, sigma):
    return (mu**2).sum(-1, keepdim=True)


def mean_zero(mu, sigma):
    return 0 * mu.sum(-1)


MEAN_MISTAKES = [
    Mistake(
        "A1a-same-vector",
        mean_same_vector,
        "Should the answer change when sigma does? Look at E[q_i k_i] for independent q and k.",
    ),
    Mistake("A1a-mu-scalar", mean_scalar, "You replaced the vector by its average before squaring."),
    Mistake(
        "A1a-double-sum",
        mean_double_sum,
        "The sum over coordinates was taken, and then multiplied by their number.",
    ),
    Mistake(
        "A1a-mean-of-squares", mean_of_squares, "A dot product adds its d terms; it does not average them."
    ),
    Mistake(
        "A1a-norm",
        mean_norm,
        "You return a length; compare its unit with that of a product of two coordinates.",
    ),
    Mistake("A1a-square-of-sum", mean_square_of_sum, "Square first, add afterwards."),
    Mistake(
        "A1a-all-rows", mean_all_rows, "Each row is a mean vector of its own: only the last axis is summed."
    ),
    Mistake("A1a-first-axis", mean_first_axis, "The coordinates of one vector lie along the last axis."),
    Mistake("A1a-keepdim", mean_keepdim, "The summed axis should be gone from the result."),
    Mistake("A1a-zero", mean_zero, "This would be the answer for mu = 0 only."),
]


def mean_einsum(mu, sigma):
    return torch.einsum("...d,...d->...", mu, mu)


def mean_loop(mu, sigma):
    total = 0 * mu[..., 0]
    for i in range(mu.shape[-1]):
        total = total + mu[..., i] * mu[..., i]
    return total


def mean_library(mu, sigma):
    return torch.linalg.vecdot(mu, mu)


def mean_in_place(mu, sigma):
    squares = mu.clone()
    squares.mul_(mu)
    return squares.sum(-1)


def mean_in_double(mu, sigma):
    return mu.double().square().sum(-1).to(mu.dtype)


def mean_numpy(mu, sigma):
    return torch.from_numpy((mu.numpy() ** 2).sum(-1, keepdims=True)).squeeze(-1)


MEAN_ALTERNATIVES = {
    "einsum": mean_einsum,
    "loop": mean_loop,
    "library call": mean_library,
    "in-place": mean_in_place,
    "numpy": mean_numpy,
    "in double precision": mean_in_double,
}


def variance_zero_mean(mu, sigma):
    return mu.shape[-1] * sigma**4 + 0 * mu.sum(-1)


def variance_one_cross_term(mu, sigma):
    return mu.shape[-1] * sigma**4 + sigma**2 * (mu**2).sum(-1)


def variance_second_moment(mu, sigma):
    length = (mu**2).sum(-1)
    return mu.shape[-1] * sigma**4 + 2 * sigma**2 * length + (mu**4).sum(-1)


def variance_sigma_squared(mu, sigma):
    return mu.shape[-1] * sigma**2 + 2 * sigma**2 * (mu**2).sum(-1)


def variance_chi_square(mu, sigma):
    return 2 * mu.shape[-1] * sigma**4 + 4 * sigma**2 * (mu**2).sum(-1)


def variance_std(mu, sigma):
    return (mu.shape[-1] * sigma**4 + 2 * sigma**2 * (mu**2).sum(-1)).sqrt()


def variance_per_coordinate(mu, sigma):
    return sigma**4 + 2 * sigma**2 * (mu**2).mean(-1)


def variance_ignores_d(mu, sigma):
    return sigma**4 + 2 * sigma**2 * (mu**2).sum(-1)


def variance_d_squared(mu, sigma):
    return mu.shape[-1] ** 2 * sigma**4 + 2 * sigma**2 * (mu**2).sum(-1)


VARIANCE_MISTAKES = [
    Mistake(
        "A1a-zero",
        variance_zero_mean,
        "Right for mu = 0; the mean of one factor scales the spread of the other.",
    ),
    Mistake(
        "A1b-one-cross-term",
        variance_one_cross_term,
        "The mean of k meets the spread of q, and the other way round.",
    ),
    Mistake(
        "A1b-second-moment",
        variance_second_moment,
        "Did you subtract the square of the mean, coordinate by coordinate?",
    ),
    Mistake("A1b-sigma-squared", variance_sigma_squared, "Both factors spread: what is E[q²k²] for mu = 0?"),
    Mistake(
        "A1b-chi-square",
        variance_chi_square,
        "That is the spread of q·q. Here the two vectors are independent.",
    ),
    Mistake("A1b-std", variance_std, "A root has slipped in: the variance is asked for."),
    Mistake(
        "A1b-one", variance_per_coordinate, "This is the spread of an average term; the terms are added."
    ),
    Mistake(
        "A1b-ignores-d",
        variance_ignores_d,
        "Set mu to zero: should the answer not grow with the number of terms?",
    ),
    Mistake(
        "A1b-d-squared",
        variance_d_squared,
        "For independent terms it is variances that add, not standard deviations.",
    ),
]


def variance_per_term(mu, sigma):
    return ((mu**2 + sigma**2) ** 2 - mu**4).sum(-1)


def variance_loop(mu, sigma):
    total = 0 * mu[..., 0]
    for i in range(mu.shape[-1]):
        total = total + sigma**4 + 2 * sigma**2 * mu[..., i] ** 2
    return total


def variance_einsum(mu, sigma):
    return mu.shape[-1] * sigma**4 + 2 * sigma**2 * torch.einsum("...i,...i->...", mu, mu)


def variance_in_place(mu, sigma):
    terms = mu.square()
    terms = terms.mul(2 * sigma**2)
    terms += sigma**4
    return terms.sum(-1)


def variance_in_double(mu, sigma):
    wide = mu.double()
    return (wide.shape[-1] * sigma**4 + 2 * sigma**2 * wide.pow(2).sum(-1)).to(mu.dtype)


VARIANCE_ALTERNATIVES = {
    "term by term": variance_per_term,
    "loop": variance_loop,
    "einsum": variance_einsum,
    "in-place": variance_in_place,
    "in double precision": variance_in_double,
}


def moments_all_pairs(query, key):
    products = query @ key.T
    return products.mean(), products.var()


def moments_biased(query, key):
    products = (query * key).sum(-1)
    return products.mean(), products.var(unbiased=False)


def moments_std(query, key):
    products = (query * key).sum(-1)
    return products.mean(), products.std()


def moments_of_terms(query, key):
    terms = query * key
    return terms.mean(), terms.var()


def moments_swapped(query, key):
    products = (query * key).sum(-1)
    return products.var(), products.mean()


def moments_columns(query, key):
    products = (query * key).sum(0)
    return products.mean(), products.var()


def moments_scaled(query, key):
    products = (query * key).sum(-1) / query.shape[-1] ** 0.5
    return products.mean(), products.var()


def moments_second(query, key):
    products = (query * key).sum(-1)
    return products.mean(), (products**2).mean()


MOMENTS_MISTAKES = [
    Mistake(
        "A1m-all-pairs",
        moments_all_pairs,
        "Row i of the queries belongs to row i of the keys; other pairs share a vector and are not independent draws.",
    ),
    Mistake("A1m-biased", moments_biased, "The mean was estimated from the same numbers: divide by n - 1."),
    Mistake("A1m-std", moments_std, "The second result is the variance, not its root."),
    Mistake(
        "A1m-terms",
        moments_of_terms,
        "Add up the d terms of each dot product before you look at their spread.",
    ),
    Mistake("A1m-swapped", moments_swapped, "Mean first, variance second."),
    Mistake("A1m-columns", moments_columns, "The channels of one vector lie along the last axis."),
    Mistake("A1m-scaled", moments_scaled, "Nothing is scaled yet in this experiment."),
    Mistake("A1m-second-moment", moments_second, "A second moment is a variance only when the mean is zero."),
]


def moments_loop(query, key):
    products = torch.stack([q @ k for q, k in zip(query, key, strict=True)])
    return products.mean(), products.var()


def moments_einsum(query, key):
    products = torch.einsum("nd,nd->n", query, key)
    mean = products.mean()
    return mean, ((products - mean) ** 2).sum() / (len(products) - 1)


def moments_library(query, key):
    variance, mean = torch.var_mean(torch.linalg.vecdot(query, key))
    return mean, variance


def moments_plain_numbers(query, key):
    products = (query * key).sum(-1).tolist()
    mean = sum(products) / len(products)
    return mean, sum((p - mean) ** 2 for p in products) / (len(products) - 1)


def moments_in_place(query, key):
    products = query.clone().mul_(key).sum(dim=1)
    mean = products.mean()
    products -= mean
    return mean, products.square().sum() / (products.numel() - 1)


def moments_in_double(query, key):
    products = (query.double() * key.double()).sum(-1)
    return products.mean().to(query.dtype), products.var().to(query.dtype)


MOMENTS_ALTERNATIVES = {
    "loop": moments_loop,
    "einsum": moments_einsum,
    "library call": moments_library,
    "plain numbers": moments_plain_numbers,
    "in-place": moments_in_place,
    "in double precision": moments_in_double,
}
