"""Figures of the lesson on hard attention."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite

import torch
from matplotlib.axes import Axes
from torch import Tensor

from coursekit.figures.canvas import COLOURS, one_axes
from coursekit.figures.interactive import described_axes, turn

LINES = ("-", "--", "-.", ":")
COLDER = "temperature T (logarithmic, colder to the right)"
SMALLEST_NORM = 1e-9  # below this a gradient is rounding error beside any weight it would change
REGIONS_OF_TEMPERATURE = {"hot": (20.0, 100.0), "between": (0.7, 20.0), "cold": (0.1, 0.7)}


def _colder_to_the_right(axes: Axes, temperatures: Sequence[float]) -> None:
    axes.set_xscale("log")
    axes.set_xlim(max(temperatures), min(temperatures))
    ticks = [t for t in (100, 30, 10, 3, 1, 0.3, 0.1) if min(temperatures) <= t <= max(temperatures)]
    axes.set_xticks(ticks, [f"{t:g}" for t in ticks])
    axes.minorticks_off()


def weights(temperatures: Sequence[float], outputs: Sequence[Tensor], scores: Sequence[float]) -> None:
    """Draw the weight of every key against the temperature; `outputs[i]` holds those at `temperatures[i]`."""
    title = "The weight that each key gets, as the layer cools"
    with one_axes(title, COLDER, "weight in your output") as axes:
        for m, column in enumerate(torch.stack(list(outputs)).detach().T):
            label = f"key {m}, score {scores[m]:g}"
            axes.plot(temperatures, column.numpy(), LINES[m % len(LINES)], linewidth=2, label=label)
        axes.axhline(1 / len(scores), color=COLOURS[-1], linewidth=1, linestyle=(0, (1, 3)))
        axes.text(min(temperatures) * 1.1, 1 / len(scores) + 0.02, "all weights equal", ha="right")
        axes.set_ylim(-0.03, 1.03)
        _colder_to_the_right(axes, temperatures)
        axes.legend()


def mixture(soft_attention: Callable[..., Tensor], q: Tensor, K: Tensor) -> None:  # noqa: N803 - the lesson's letter
    """Draw the weight of every key as a bar; turn the temperature."""
    keys = K.shape[1]
    scores = (q @ K).tolist()

    def draw(temperatures: Sequence[float]) -> None:
        identity = torch.eye(keys, dtype=K.dtype)
        weights = {t: soft_attention(q, K, identity, t).detach().tolist() for t in temperatures}
        words = "; ".join(
            f"at T = {t:g} the weights are {', '.join(f'{w:.2f}' for w in row)}" for t, row in weights.items()
        )
        with described_axes("What the layer mixes", "key", "weight in your output", words) as axes:
            share = 0.8 / len(weights)
            for i, (t, row) in enumerate(weights.items()):
                places = [m - 0.4 + share * (i + 0.5) for m in range(keys)]
                axes.bar(places, row, width=share, color=COLOURS[i % len(COLOURS)], label=f"T = {t:g}")
            axes.axhline(1 / keys, color=COLOURS[-1], linestyle=":", label="all weights equal")
            axes.set_xticks(range(keys), [f"key {m}, score {score:g}" for m, score in enumerate(scores)])
            axes.set_ylim(0, 1.03)
            axes.legend()

    turn(draw, "temperature T", (100, 30, 10, 5, 3, 2, 1, 0.3, 0.1), start=10, still=(100, 10, 3, 1))


def gradient_norms(
    temperatures: Sequence[float],
    received: Sequence[Sequence[Tensor | None]],
    guess: str | None = None,
) -> None:
    """Draw the norms of the gradients of q, K and V against the temperature, over the region guessed.

    `received[i]` holds the three gradients at `temperatures[i]`.
    """
    title = "What reaches the query, the keys and the values"
    with one_axes(title, COLDER, "norm of the gradient (logarithmic)") as axes:
        for i, name in enumerate(("query q", "keys K", "values V")):
            norms = [_norm(gradients[i]) for gradients in received]
            axes.plot(temperatures, norms, LINES[i], linewidth=2, label=name)
        if guess in REGIONS_OF_TEMPERATURE:
            coldest, hottest = REGIONS_OF_TEMPERATURE[guess]
            axes.axvspan(coldest, hottest, color=COLOURS[4], alpha=0.2, label=f"your guess: {guess}")
        axes.set_yscale("log")
        axes.set_ylim(SMALLEST_NORM, 10)
        _colder_to_the_right(axes, temperatures)
        axes.legend()


def _norm(gradient: Tensor | None) -> float:
    return float("nan") if gradient is None else float(gradient.norm())


def learning(errors: Mapping[str, Sequence[float]]) -> None:
    """Draw squared errors against the step of gradient descent, one curve for each way to learn."""
    title = "Four ways to learn to return another value"
    with one_axes(title, "step of gradient descent", "squared error of the output") as axes:
        for (name, curve), line in zip(errors.items(), LINES, strict=False):
            axes.plot(range(len(curve)), list(curve), line, linewidth=2, label=name)
        starts = [curve[0] for curve in errors.values() if isfinite(curve[0])]
        axes.set_ylim(-0.5, 1.2 * max(starts, default=1) + 1)  # what grows without end leaves the figure
        axes.legend()
