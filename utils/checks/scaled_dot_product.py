"""Checks of the lesson on the scale of dot products: keys, known mistakes with their hints, alternatives."""

from __future__ import annotations

import torch
from torch import Generator, Tensor

from coursekit.visible import scaled_dot_product as visible
from utils.checks import scaled_dot_product_moments as moments
from utils.checks import scaled_dot_product_scores as scores
from utils.checks.check import FunctionCheck, Mistake, TypedCheck
from utils.reference import scaled_dot_product as reference

WHICH_SQUARE = (
    "mu is a vector, and its square can mean several things. The text above (a) shows how to say which."
)

check_a = TypedCheck(
    part="a",
    variable="mean_of_score",
    question=visible.a,
    right="||mu||^2",
    mistakes=[
        Mistake(
            "A1a-mu-scalar",
            "d*mu^2",
            "mu is a vector here, and its coordinates may differ: what does it mean to square it and take it d times?",
            0.5,
        ),
        Mistake(
            "A1a-same-vector",
            "||mu||^2 + d*sigma^2",
            "You would be right if q and k were the same draw. Are the two factors of each product dependent?",
        ),
        Mistake("A1a-zero", "0", "The means are zero only from the next question on."),
        Mistake(
            "A1a-double-sum", "d*||mu||^2", "A squared length has already summed over the coordinates once."
        ),
        Mistake("A1a-sigma-only", "d*sigma^2", "Set sigma to zero, so that q = k = mu: what is q·k then?"),
        Mistake("A1a-which-square", "mu^2", WHICH_SQUARE),
    ],
    alternatives={
        "dot product": "mu·mu",
        "transposed": "mu^T mu",
        "a sum, in LaTeX": r"\sum_{i=1}^d \mu_i^2",
        "a chain of equal forms": r"\mathbb{E}[q^T k] = \sum_{i=1}^d \mu_i^2 = \mu^T \mu = \|\mu\|_2^2",
        "with a zero": "||mu||^2 + 0*sigma",
    },
)

check_a_instance = TypedCheck(
    part="a_instance",
    variable="mean_in_example",
    question=visible.a_instance,
    right=14,
    mistakes=[
        Mistake(
            "A1a-same-vector", 26, "Your number depends on sigma. Is that so for two independent vectors?"
        ),
        Mistake("A1a-zero", 0, "Is the mean vector of this example zero?"),
        Mistake("A1a-double-sum", 42, "Count how many times the three coordinates were added up."),
        Mistake(
            "A1a-mu-scalar",
            4 / 3,
            "Which operation did you apply to the three coordinates, and was one number left too early?",
        ),
        Mistake("A1a-square-of-sum", 4, "Square each coordinate before adding, not after."),
        Mistake("A1a-signs", 6, "A squared coordinate is never negative."),
    ],
    alternatives={"a float": 14.0, "text": "14", "with a label": "E[q.k] = 14", "power form": "1.4e1"},
)

check_a_function = FunctionCheck(
    part="a_function",
    variable="mean_dot",
    right=reference.mean_dot,
    cases=lambda g: [
        (draw(g, 3, 5), 2.0),
        (draw(g, 7), 0.5),
        (draw(g, 2, 3, 4).float(), 1.5),
        (draw(g, 3, 5) * 1e20, 2.0),  # squares that single precision cannot hold
    ],
    differentiable=False,  # only the value is asked for, and numpy may be used to get it
    mistakes=moments.MEAN_MISTAKES,
    alternatives=moments.MEAN_ALTERNATIVES,
)

check_b = TypedCheck(
    part="b",
    variable="variance_of_score",
    question=visible.b,
    right="d",
    mistakes=[
        Mistake("A1b-one", "1", "That is the spread of one product. How many independent ones does q·k add?"),
        Mistake(
            "A1b-d-squared",
            "d^2",
            "Which of the two adds up for independent terms: the variance or the standard deviation?",
        ),
        Mistake(
            "A1b-chi-square",
            "2*d",
            "q·q would have this variance. Is the square of one normal spread like the product of two?",
        ),
        Mistake("A1b-std", "sqrt(d)", "Is the variance asked for, or its square root?"),
        Mistake("A1b-mean", "0", "A mean of zero does not make the spread zero."),
    ],
    alternatives={
        "a factor of one": "1*d",
        "labelled, in LaTeX": r"\text{Var}(q^T k) = d",
        "a sum": "d/2 + d/2",
        "a power": "d^1",
    },
)

check_b_general = TypedCheck(
    part="b_general",
    variable="variance_in_general",
    question=visible.b_general,
    right="d*sigma^4 + 2*sigma^2*||mu||^2",
    mistakes=[
        Mistake(
            "A1a-zero",
            "d*sigma^4",
            "This is right for mu = 0. What does a non-zero mean add to the spread of a product?",
        ),
        Mistake(
            "A1b-one-cross-term",
            "d*sigma^4 + sigma^2*||mu||^2",
            "The spread of q meets the mean of k. Is there a second such meeting?",
        ),
        Mistake(
            "A1b-second-moment",
            "d*sigma^4 + 2*sigma^2*||mu||^2 + ||mu||^4",
            "A variance is a second moment less something. Did you subtract it?",
        ),
        Mistake(
            "A1b-sigma-squared",
            "d*sigma^2 + 2*sigma^2*||mu||^2",
            "For mu = 0 and d = 1, what is E[q²k²] in sigma?",
        ),
        Mistake("A1a-which-square", "d*sigma^4 + 2*sigma^2*mu^2", WHICH_SQUARE),
        Mistake(
            "A1b-mu-times-d",
            "d*sigma^4 + 2*d*sigma^2*||mu||^2",
            "The squared length already sums over the coordinates.",
        ),
    ],
    alternatives={
        "factored": "sigma^2 (d sigma^2 + 2 mu·mu)",
        "LaTeX": r"d\sigma^4 + 2\sigma^2 \|\mu\|^2",
        "a sum over coordinates": r"d \sigma^4 + 2 \sigma^2 \sum_i \mu_i^2",
        "Python powers": "d*sigma**4 + 2*sigma**2*sum(mu**2)",
    },
)

check_b_instance = TypedCheck(
    part="b_instance",
    variable="variance_in_example",
    question=visible.b_instance,
    right=160,
    mistakes=[
        Mistake("A1a-zero", 48, "You left out what the mean contributes."),
        Mistake("A1b-one-cross-term", 104, "There are two ways in which a mean meets a spread."),
        Mistake("A1b-second-moment", 356, "The square of the mean still has to go."),
        Mistake("A1b-sigma-squared", 124, "The spread of q and the spread of k both enter the first term."),
        Mistake("A1b-std", 160**0.5, "The variance is asked for, not its root."),
    ],
    alternatives={"a float": 160.0, "text": "160", "with a label": "Var = 160", "scientific": "1.6 x 10^2"},
)

check_c = TypedCheck(
    part="c",
    variable="divisor",
    question=visible.c,
    right="sqrt(d)",
    mistakes=[
        Mistake("A1c-linear", "d", "Divide a random variable by s: by what is its variance divided?"),
        Mistake("A1c-multiplier", "1/sqrt(d)", "In (q·k)/s, does s multiply or divide?"),
        Mistake("A1c-no-change", "1", "Write down the variance of (q·k)/s and set it to one."),
        Mistake(
            "A1c-model-width",
            "sqrt(d_model)",
            "How many products does this one dot product add up? That number has a letter already.",
        ),
        Mistake("A1c-fourth-root", "d^(1/4)", "Square your s: is that the variance you found in (b)?"),
    ],
    alternatives={
        "a power": "d**0.5",
        "labelled, in LaTeX": r"s = \sqrt{d}",
        "a fraction as power": "d^(1/2)",
        "a quotient": "d/sqrt(d)",
    },
)


def draw(generator: Generator, *shape: int) -> Tensor:
    """Return a float64 tensor of standard normal numbers."""
    return torch.randn(*shape, generator=generator, dtype=torch.float64)


check_b_function = FunctionCheck(
    part="b_function",
    variable="variance_dot",
    right=reference.variance_dot,
    cases=lambda g: [
        (draw(g, 3, 5), 2.0),
        (draw(g, 7), 0.5),
        (draw(g, 2, 3, 4).float(), 1.5),
        (draw(g, 3, 5) * 1e10, 1e10),  # products that single precision cannot hold
    ],
    differentiable=False,  # only the value is asked for, and numpy may be used to get it
    mistakes=moments.VARIANCE_MISTAKES,
    alternatives=moments.VARIANCE_ALTERNATIVES,
)


def moments_as_numbers(query: Tensor, key: Tensor) -> tuple[float, float]:
    """Return the moments as plain numbers: a student may return these or tensors without axes."""
    mean, variance = reference.moments(query, key)
    return mean.item(), variance.item()


check_monte_carlo = FunctionCheck(
    part="monte_carlo",
    variable="moments",
    right=moments_as_numbers,
    cases=lambda g: [
        (draw(g, 11, 5), draw(g, 11, 5)),
        (draw(g, 7, 3) + 1, draw(g, 7, 3) + 1),
        (draw(g, 11, 5) * 1e12, draw(g, 11, 5) * 1e12),  # a variance that single precision cannot hold
    ],
    differentiable=False,
    mistakes=moments.MOMENTS_MISTAKES,
    alternatives=moments.MOMENTS_ALTERNATIVES,
)

check_c_function = FunctionCheck(
    part="c_function",
    variable="scaled_scores",
    right=reference.scaled_scores,
    cases=lambda g: [
        (draw(g, 3, 5), draw(g, 7, 5)),
        (draw(g, 2, 3, 4), draw(g, 2, 5, 4)),
        (draw(g, 4, 6).float(), draw(g, 3, 6).float()),
    ],
    mistakes=scores.SCORES_MISTAKES,
    alternatives=scores.SCORES_ALTERNATIVES,
)

check_entropy = FunctionCheck(
    part="entropy",
    variable="entropy",
    right=reference.entropy,
    cases=lambda g: [
        (draw(g, 3, 5),),
        (draw(g, 2, 3, 7) * 4,),
        (draw(g, 4, 6) + 1000,),  # exp of a score overflows
        (draw(g, 5, 4) + torch.tensor([1000.0, 1000.0, -1000.0, 0.0]),),  # and two weights underflow
        (draw(g, 3, 6).float(),),
    ],
    differentiable=False,  # only the value is asked for; entr, which is right, has no gradient where a weight underflows
    mistakes=scores.ENTROPY_MISTAKES,
    alternatives=scores.ENTROPY_ALTERNATIVES,
)
