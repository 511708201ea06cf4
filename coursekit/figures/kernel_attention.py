"""Figures of the lesson on kernel attention: the student's kernel, and what the student's code costs."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from time import monotonic

import torch
from matplotlib.axes import Axes
from torch import Tensor

from coursekit.answers import big_o
from coursekit.answers.verdict import UnreadableAnswer
from coursekit.blanks import is_empty
from coursekit.cost import Cost, count, slope
from coursekit.figures.canvas import COLOURS, one_axes

Function = Callable[..., Tensor]

LENGTHS = (32, 64, 128, 256, 512, 1024)  # positions
CHANNELS = 8  # of queries and keys, in the figure of growth
VALUES = 6  # channels of values there
PATIENCE = 3.0  # seconds: code that takes longer for one length is not counted for the longer ones


def kernel_profile(feature_map: Function) -> None:
    """Draw phi(q).phi(k) of unit vectors against the angle between them, beside the exponential."""
    degrees = torch.arange(0, 181, 3, dtype=torch.float64)
    angles = torch.deg2rad(degrees)
    turned = torch.stack([angles.cos(), angles.sin()], dim=-1)
    own = (feature_map(turned) @ feature_map(turned[0])).detach()
    title = "How a similarity falls as the key turns away from the query"
    with one_axes(
        title, "angle between q and k (degrees)", "similarity, as a share of that at angle 0"
    ) as axes:
        axes.plot(degrees, own / own[0], label="your φ(q)·φ(k)")
        axes.plot(degrees, (angles.cos() - 1).exp(), "--", label="exp(q·k)")
        axes.axhline(0, color=COLOURS[-1], linewidth=0.8)
        axes.set_xticks(range(0, 181, 30))
        axes.legend(title="vectors of length one")


def growth(linear_attention: Function, phi: Function, claim: object) -> None:
    """Draw the counted work and peak storage of the code against N, with the order of N that was claimed."""
    costs = _counted(linear_attention, CHANNELS, VALUES, phi)
    lengths = LENGTHS[: len(costs)]
    work, peak = [cost.work for cost in costs], [cost.peak for cost in costs]
    title = f"What your linear_attention costs (D = {CHANNELS}, M = {VALUES})"
    with one_axes(title, "N, the number of positions", "numbers (elements)") as axes:
        axes.loglog(lengths, work, "o-", label=f"work: slope {slope(lengths, work):.2f}")
        axes.loglog(lengths, peak, "s-", label=f"peak storage: slope {slope(lengths, peak):.2f}")
        power = claimed_power(claim)
        if power is not None:
            line = [work[0] * (N / lengths[0]) ** power for N in lengths]
            axes.loglog(
                lengths,
                line,
                ":",
                color=COLOURS[-1],
                linewidth=3,
                label=f"your claim for the work: slope {power}",
            )
        _mark_lengths(axes)
        axes.legend()


def claimed_power(claim: object) -> int | None:
    """Return the power of N in a claim about N, D and M; None if it has none that is whole and below 5."""
    if is_empty(claim):
        return None
    for power in range(5):
        try:
            verdict = big_o.compare(f"N^{power}", str(claim), ["N", "D", "M"], constants=["D", "M"])
        except UnreadableAnswer:
            return None
        if verdict.right:
            return power
    return None


def crossing(
    linear_attention: Function,
    feature_map: Function,
    softmax_attention: Function,
    channels: int,
    guess: float | str | None = None,
) -> None:
    """Draw the counted work of both codes against N, for D = M = channels, and the length where they meet."""
    linear = [cost.work for cost in _counted(linear_attention, channels, channels, feature_map)]
    lengths = LENGTHS[: len(linear)]
    softmax = [count(softmax_attention, *_drawn(N, channels, channels)).work for N in lengths]
    title = f"Where your linear attention overtakes softmax attention (D = M = {channels})"
    with one_axes(title, "N, the number of positions", "work (multiply-adds and elements)") as axes:
        axes.loglog(lengths, linear, "o-", label="linear_attention with your feature_map")
        axes.loglog(lengths, softmax, "s--", label="softmax attention")
        met = _meeting(linear, softmax)
        if met:
            axes.axvline(met, color=COLOURS[-1], linewidth=1, label=f"equal near N = {met:.0f}")
        if guess is not None:
            axes.axvline(
                float(guess), color=COLOURS[3], linestyle=":", linewidth=3, label=f"your guess: N = {guess}"
            )
        _mark_lengths(axes)
        axes.legend()


def _counted(function: Function, channels: int, values: int, phi: Function) -> list[Cost]:
    """Return the costs at two or more lengths, the longer ones only for code that is quick enough."""
    costs: list[Cost] = []
    for N in LENGTHS:
        begun = monotonic()
        costs.append(count(function, *_drawn(N, channels, values), phi))
        if len(costs) > 1 and monotonic() - begun > PATIENCE:
            break
    return costs


def _meeting(first: list[int], second: list[int]) -> float | None:
    """Return the length at which the second count becomes larger; between points the ratio is a line."""
    ratios = [above / below for below, above in zip(first, second, strict=True)]
    points = list(zip(LENGTHS, ratios, strict=False))
    for (left, before), (right, after) in pairwise(points):
        if before <= 1 < after:
            return left + (right - left) * (1 - before) / (after - before)
    return None


def _mark_lengths(axes: Axes) -> None:
    axes.set_xticks(LENGTHS, labels=[str(length) for length in LENGTHS])
    axes.minorticks_off()


def _drawn(positions: int, channels: int, values: int) -> list[Tensor]:
    source = torch.Generator().manual_seed(positions)
    return [torch.rand(positions, width, generator=source) for width in (channels, channels, values)]
