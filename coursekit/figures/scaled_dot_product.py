"""Figures of the lesson on the scale of dot products."""

from __future__ import annotations

import math
from collections.abc import Mapping

from torch import Tensor

from coursekit.figures.canvas import COLOURS, one_axes


def histograms(scores_by_width: Mapping[int, Tensor], name: str) -> None:
    """Draw how often each score occurs, one curve for each vector length; not those that are not finite."""
    with one_axes(f"Random vectors of several lengths: {name}", name, "share of pairs per unit") as axes:
        for width, scores in scores_by_width.items():
            flat = scores.detach().flatten()
            finite = flat[flat.isfinite()]
            label = f"d = {width}" + (", some not finite" if len(finite) < len(flat) else "")
            if len(finite):
                axes.hist(finite.numpy(), bins=80, density=True, histtype="step", linewidth=1.8, label=label)
            else:
                axes.plot([], [], label=f"d = {width}, none finite")
        axes.legend(title="vector length")


def entropies(
    unscaled: Mapping[int, float], scaled: Mapping[int, float], keys: int, guess: float | None = None
) -> None:
    """Draw mean entropies against d (logarithmic), with the largest possible value and the reader's guess."""
    with one_axes(
        "How undecided the softmax is, before and after scaling",
        "d, the length of the vectors",
        "entropy (nats)",
    ) as axes:
        axes.axhline(math.log(keys), color=COLOURS[-1], linestyle=":", label=f"log {keys}: all keys equal")
        axes.plot(list(unscaled), list(unscaled.values()), "o-", label="softmax of q·k")
        axes.plot(list(scaled), list(scaled.values()), "s--", label="softmax of your scaled scores")
        if guess is not None:
            axes.plot(
                max(unscaled), guess, "x", markersize=12, markeredgewidth=3, label=f"your guess: {guess} nats"
            )
        axes.set_xscale("log", base=2)
        negative = [e for e in (*unscaled.values(), *scaled.values()) if e < 0]
        axes.set_ylim(bottom=1.05 * min([0.0, *negative]))  # a wrong sign must be seen
        axes.legend()
