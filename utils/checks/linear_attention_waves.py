"""Known mistakes and alternatives: the spread of random directions, and random features.

Each function stands for one submission: it uses only its arguments and what the notebook's first
cell imports.
"""

import math

import torch
from torch import Tensor

from utils.checks.check import Mistake
from utils.checks.linear_attention_kernel import SINGLE_PRECISION


def multiplied(normal: Tensor, sigma: float) -> Tensor:
    return normal * sigma


def divided_by_square(normal: Tensor, sigma: float) -> Tensor:
    return normal / sigma**2


def multiplied_by_square(normal: Tensor, sigma: float) -> Tensor:
    return normal * sigma**2


def divided_by_root(normal: Tensor, sigma: float) -> Tensor:
    return normal / math.sqrt(sigma)


def left_alone(normal: Tensor, sigma: float) -> Tensor:
    return normal * 1.0


def divided_by_twice(normal: Tensor, sigma: float) -> Tensor:
    return normal / (2 * sigma)


def divided_by_root_two(normal: Tensor, sigma: float) -> Tensor:
    return normal / (sigma * math.sqrt(2))


def divided_by_channels(normal: Tensor, sigma: float) -> Tensor:
    return normal / (sigma * math.sqrt(normal.shape[-1]))


def all_of_one_length(normal: Tensor, sigma: float) -> Tensor:
    lengths = normal.square().sum(-1, keepdim=True).sqrt()
    return normal / lengths / sigma


def moved(normal: Tensor, sigma: float) -> Tensor:
    return normal - sigma


def directions_in_single(normal: Tensor, sigma: float) -> Tensor:
    return (normal.float() / sigma).to(normal.dtype)


DIRECTIONS_MISTAKES = [
    Mistake(
        "10.Q1a-directions-multiplied",
        multiplied,
        "A wider kernel needs slower waves; yours get faster when sigma grows.",
    ),
    Mistake(
        "10.Q1a-directions-variance",
        divided_by_square,
        "You divide the numbers by a variance; which power of it scales a normal draw?",
    ),
    Mistake(
        "10.Q1a-directions-variance-inverted",
        multiplied_by_square,
        "Both the direction of the change and its power are off: sketch the spread for sigma = 2 "
        "and sigma = 4.",
    ),
    Mistake(
        "10.Q1a-directions-root",
        divided_by_root,
        "The root of sigma is taken; sigma is a standard deviation already.",
    ),
    Mistake(
        "10.Q1a-directions-unscaled",
        left_alone,
        "Standard normal directions belong to the kernel of width 1.",
    ),
    Mistake(
        "10.Q1a-directions-two",
        divided_by_twice,
        "With your directions the kernel comes out twice as wide.",
    ),
    Mistake(
        "10.Q1a-directions-root-two",
        divided_by_root_two,
        "The two halves, of the kernel's exponent and of the cosine's mean, cancel; no root of two remains.",
    ),
    Mistake(
        "10.Q1a-directions-channels",
        divided_by_channels,
        "The number of channels has no part in this: every entry has the same spread, however "
        "many there are.",
    ),
    Mistake(
        "10.Q1a-directions-length",
        all_of_one_length,
        "Directions of equal length estimate another kernel; a normal draw has longer and shorter ones.",
    ),
    Mistake(
        "10.Q1a-directions-moved",
        moved,
        "The mean of a direction is zero; its spread is what sigma changes.",
    ),
    Mistake("10.Q1a-directions-single", directions_in_single, SINGLE_PRECISION),
]


def by_reciprocal(normal: Tensor, sigma: float) -> Tensor:
    return (1 / sigma) * normal


def by_division_function(normal: Tensor, sigma: float) -> Tensor:
    return torch.div(normal, sigma)


def row_after_row(normal: Tensor, sigma: float) -> Tensor:
    return torch.stack([w / sigma for w in normal])


def divided_in_place(normal: Tensor, sigma: float) -> Tensor:
    directions = normal.clone()
    directions /= sigma
    return directions


def by_root_of_variance(normal: Tensor, sigma: float) -> Tensor:
    return torch.einsum("r d, -> r d", normal, torch.tensor(sigma**-2.0, dtype=normal.dtype).sqrt())


def divided_in_double(normal: Tensor, sigma: float) -> Tensor:
    return (normal.double() / sigma).to(normal.dtype)


DIRECTIONS_ALTERNATIVES = {
    "times the reciprocal": by_reciprocal,
    "library division": by_division_function,
    "a loop over rows": row_after_row,
    "in place on a copy": divided_in_place,
    "root of the variance, by einsum": by_root_of_variance,
    "double inside": divided_in_double,
}


def scale_for_cosines_alone(points: Tensor, directions: Tensor) -> Tensor:
    angles = points @ directions.T
    return math.sqrt(2 / len(directions)) * torch.cat([angles.sin(), angles.cos()], dim=-1)


def cosines_alone(points: Tensor, directions: Tensor) -> Tensor:
    return math.sqrt(2 / len(directions)) * (points @ directions.T).cos()


def without_scale(points: Tensor, directions: Tensor) -> Tensor:
    angles = points @ directions.T
    return torch.cat([angles.sin(), angles.cos()], dim=-1)


def scale_without_root(points: Tensor, directions: Tensor) -> Tensor:
    angles = points @ directions.T
    return torch.cat([angles.sin(), angles.cos()], dim=-1) / len(directions)


def scale_of_all_features(points: Tensor, directions: Tensor) -> Tensor:
    angles = points @ directions.T
    return torch.cat([angles.sin(), angles.cos()], dim=-1) / math.sqrt(2 * len(directions))


def scale_of_channels(points: Tensor, directions: Tensor) -> Tensor:
    angles = points @ directions.T
    return torch.cat([angles.sin(), angles.cos()], dim=-1) / math.sqrt(points.shape[-1])


def width_put_in_again(points: Tensor, directions: Tensor) -> Tensor:
    angles = points @ directions.T / points.shape[-1] ** 0.25
    return torch.cat([angles.sin(), angles.cos()], dim=-1) / math.sqrt(len(directions))


def in_turns(points: Tensor, directions: Tensor) -> Tensor:
    angles = 2 * math.pi * points @ directions.T
    return torch.cat([angles.sin(), angles.cos()], dim=-1) / math.sqrt(len(directions))


def sines_twice(points: Tensor, directions: Tensor) -> Tensor:
    angles = points @ directions.T
    return torch.cat([angles.sin(), angles.sin()], dim=-1) / math.sqrt(len(directions))


def stacked_apart(points: Tensor, directions: Tensor) -> Tensor:
    angles = points @ directions.T
    return torch.stack([angles.sin(), angles.cos()], dim=-1) / math.sqrt(len(directions))


def sum_of_sine_and_cosine(points: Tensor, directions: Tensor) -> Tensor:
    angles = points @ directions.T
    return (angles.sin() + angles.cos()) / math.sqrt(len(directions))


def concatenated_below(points: Tensor, directions: Tensor) -> Tensor:
    angles = points @ directions.T
    return torch.cat([angles.sin(), angles.cos()], dim=0) / math.sqrt(len(directions))


FEATURES_MISTAKES = [
    Mistake(
        "10.Q1a-features-sqrt2",
        scale_for_cosines_alone,
        "phi(x).phi(x) is 2: your scale belongs to another map, which has cosines with random "
        "phases and no sines.",
    ),
    Mistake(
        "10.Q1a-features-cosines",
        cosines_alone,
        "With cosines alone, cos(a) cos(b) depends on a + b too; a kernel of distances must not.",
    ),
    Mistake(
        "10.Q1a-features-unscaled",
        without_scale,
        "phi(x).phi(x) grows with the number of directions; the mean of cosines does not.",
    ),
    Mistake(
        "10.Q1a-features-no-root",
        scale_without_root,
        "The scale enters the product phi(x).phi(y) twice, once from each side.",
    ),
    Mistake(
        "10.Q1a-features-count",
        scale_of_all_features,
        "phi(x).phi(x) is one half: count the directions, not the features.",
    ),
    Mistake(
        "10.Q1a-features-channels",
        scale_of_channels,
        "The mean runs over directions; you divided by the number of channels.",
    ),
    Mistake(
        "10.Q1a-features-width-twice",
        width_put_in_again,
        "The directions you are given already have the right spread; the angle is w.x and nothing more.",
    ),
    Mistake("10.Q1a-features-turns", in_turns, "The angle w.x is in radians here; no 2 pi belongs in it."),
    Mistake(
        "10.Q1a-features-sines",
        sines_twice,
        "Look at the point zero: all your features vanish there, and phi(0).phi(0) must be 1.",
    ),
    Mistake(
        "10.Q1a-features-stacked",
        stacked_apart,
        "One row of features per point is asked for: two axes, not three.",
    ),
    Mistake(
        "10.Q1a-features-added",
        sum_of_sine_and_cosine,
        "Sine and cosine of a direction are two features, side by side; you added them into one.",
    ),
    Mistake(
        "10.Q1a-features-below",
        concatenated_below,
        "You put the cosines below the sines; they belong beside them, in the row of the same point.",
    ),
]


def by_stacked_rows(points: Tensor, directions: Tensor) -> Tensor:
    rows = []
    for x in points:
        angles = torch.stack([x.dot(w) for w in directions])
        rows.append(torch.cat([torch.sin(angles), torch.cos(angles)]))
    return torch.stack(rows) / math.sqrt(len(directions))


def by_einsum(points: Tensor, directions: Tensor) -> Tensor:
    angles = torch.einsum("n d, r d -> n r", points, directions)
    return torch.concatenate((angles.sin(), angles.cos()), dim=1).mul(math.sqrt(1 / directions.shape[0]))


def by_linear_layer(points: Tensor, directions: Tensor) -> Tensor:
    angles: Tensor = torch.nn.functional.linear(points, directions)
    features: Tensor = torch.nn.functional.normalize(torch.cat([angles.sin(), angles.cos()], dim=-1), dim=-1)
    return features


def written_into_halves(points: Tensor, directions: Tensor) -> Tensor:
    count = len(directions)
    features = points.new_empty(len(points), 2 * count)
    features[:, :count] = (points @ directions.T).sin()
    features[:, count:] = (points @ directions.T).cos()
    features /= math.sqrt(count)
    return features


def features_in_double(points: Tensor, directions: Tensor) -> Tensor:
    angles = points.double() @ directions.double().T
    return (torch.cat([angles.sin(), angles.cos()], dim=-1) / math.sqrt(len(directions))).to(points.dtype)


def cosines_first(points: Tensor, directions: Tensor) -> Tensor:
    angles = points @ directions.T
    return torch.cat([angles.cos(), angles.sin()], dim=-1) / math.sqrt(len(directions))


def interleaved(points: Tensor, directions: Tensor) -> Tensor:
    angles = points @ directions.T
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1) / math.sqrt(len(directions))


def complex_wave(points: Tensor, directions: Tensor) -> Tensor:
    angles = points @ directions.T
    pairs: Tensor = torch.view_as_real(torch.polar(torch.ones_like(angles), angles))
    return pairs.flatten(1) / math.sqrt(len(directions))


FEATURES_ALTERNATIVES = {
    "a loop over points and directions": by_stacked_rows,
    "einsum": by_einsum,
    "a library layer, normalised rows": by_linear_layer,
    "written into the halves of one tensor": written_into_halves,
    "double inside": features_in_double,
    "cosines first": cosines_first,
    "sine and cosine in turn": interleaved,
    "real and imaginary part of a complex wave": complex_wave,
}
