"""Figures of the lesson on the scale of dot products."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

from torch import Tensor

from coursekit.figures.canvas import COLOURS, one_axes
from coursekit.figures.interactive import described_axes, turn

ROWS, KEYS = 400, 16  # queries to average over, and keys that each of them meets


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


def sharpness(scaled_scores: Callable[[Tensor, Tensor], Tensor], query: Tensor, key: Tensor) -> None:
    """Draw the mean weights of 16 keys, largest first, without and with the student's divisor; turn d.

    Vectors of length d are the first d coordinates of those given.
    """

    def draw(widths: Sequence[float]) -> None:
        curves = {}
        for d in map(int, widths):
            few, some = query[:ROWS, :d], key[:KEYS, :d]
            curves[d] = _falling(few @ some.T), _falling(scaled_scores(few, some))
        words = "; ".join(
            f"d = {d}: the largest weight is {plain[0]:.2f} without a divisor, {own[0]:.2f} with yours"
            for d, (plain, own) in curves.items()
        )
        title = "The weights of unrelated keys, largest first"
        with described_axes(title, "keys that weigh more", "mean weight", words) as axes:
            for colour, (d, (plain, own)) in zip(COLOURS, curves.items(), strict=False):
                axes.plot(plain, "o-", color=colour, label=f"d = {d}, softmax of q·k")
                axes.plot(own, "s--", color=colour, label=f"d = {d}, of your scaled scores")
            axes.axhline(1 / KEYS, color=COLOURS[-1], linestyle=":", label="all keys equal")
            axes.set_ylim(-0.03, 1.03)
            axes.legend()

    turn(draw, "length d", [2**exponent for exponent in range(1, 11)], start=4, still=(4, 64, 1024))


def _falling(scores: Tensor) -> list[float]:
    """Return the mean softmax weights over all rows, the largest of each row first."""
    falling: list[float] = scores.detach().softmax(dim=-1).sort(descending=True).values.mean(dim=0).tolist()
    return falling
