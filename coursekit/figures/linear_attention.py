"""Figures of the lesson on linear attention: the student's features, estimates, memory and chunks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import inf, log

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.ticker import NullLocator
from torch import Tensor

from coursekit.answers import number
from coursekit.cost import Cost, slope
from coursekit.figures.canvas import COLOURS, SIZE, one_axes

GREY = COLOURS[-1]
CACHE_PER_POSITION = 128  # numbers: a key and a value of 64 channels each
LONGEST_SEQUENCE = 100_000  # positions
ROUNDING = 1e-12  # an error below is that of the arithmetic
RELATIVE_TICKS = {
    "1/256": 1 / 256,
    "1/64": 1 / 64,
    "1/16": 1 / 16,
    "1/4": 1 / 4,
    "1": 1.0,
    "2": 2.0,
    "8": 8.0,
}


def kernel_against_spread(
    spreads: Sequence[float], estimates: Sequence[Tensor], kernel: Mapping[float, float]
) -> None:
    """Draw phi(x).phi(y) against the spread of the directions, and the kernel's true value for each width."""
    title = "What your features estimate, for slow and for fast waves"
    with one_axes(title, "standard deviation of the entries of w", "φ(x)·φ(y) for one pair x, y") as axes:
        axes.semilogx(
            spreads, [float(e) for e in estimates], "o-", markersize=4, base=2, label="your features"
        )
        for (width, value), line, colour in zip(kernel.items(), ("--", "-."), COLOURS[1:3], strict=False):
            label = f"kernel of width σ = {width:g}: {value:.3f}"
            axes.axhline(value, linestyle=line, color=colour, label=label)
        ticks = [s for s in (1 / 8, 1 / 4, 1 / 2, 1, 2, 4) if min(spreads) <= s <= max(spreads)]
        _plain_ticks(axes, ticks)
        axes.set_ylim(-0.1, 1.05)
        axes.legend()


def _plain_ticks(axes: Axes, ticks: Sequence[float]) -> None:
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.xaxis.set_minor_locator(NullLocator())


def error_against_directions(
    counts: Sequence[int], errors: Sequence[float], guess: float | None = None
) -> None:
    """Draw the error of the estimated outputs against the number of directions, with 1/sqrt(D_r) beside it.

    `guess` is how many times more directions halve the error; it is drawn as a line of that slope.
    """
    title = "How the error of your attention falls with more directions"
    with one_axes(title, "directions D_r", "median error of an output entry") as axes:
        if not all(ROUNDING < e < inf for e in errors):
            axes.set_title("No error to draw: yours is zero up to rounding, or not a number")
            return
        fitted = slope(counts, [round(e / ROUNDING) for e in errors], last=len(counts))
        axes.loglog(counts, errors, "o-", base=2, label=f"yours: slope {fitted:.2f}")
        _power(axes, counts, errors[0], -0.5, "--", GREY, "1/√D_r: slope -0.50")
        times = 0 if guess is None else number.read(guess)[0]
        if times > 1:
            power = -log(2) / log(times)
            _power(axes, counts, errors[0], power, ":", COLOURS[1], f"your guess: {times:g} times")
        axes.set_yscale("log")
        _plain_ticks(axes, counts)
        marks = [m * 10.0**k for k in range(-6, 2) for m in (1, 2, 5)]
        low, high = axes.get_ylim()
        shown = [mark for mark in marks if low <= mark <= high]
        axes.set_yticks(shown, [f"{mark:g}" for mark in shown])
        axes.yaxis.set_minor_locator(NullLocator())
        axes.legend()


def _power(
    axes: Axes, counts: Sequence[int], start: float, power: float, line: str, colour: str, label: str
) -> None:
    heights = [start * (count / counts[0]) ** power for count in counts]
    axes.plot(counts, heights, line, color=colour, linewidth=2, label=label)


def weight_maps(exact: Tensor, estimated: Tensor) -> None:
    """Draw two tables of attention weights side by side; a cross marks every weight below zero."""
    figure, pair = plt.subplots(1, 2, figsize=SIZE, sharey=True, layout="constrained")
    figure.suptitle("The weights of softmax, and what your random features make of them")
    top = float(exact.max())
    for axes, table, name in zip(pair, (exact, estimated), ("softmax", "estimate"), strict=True):
        weights = table.detach().numpy()
        image = axes.imshow(weights, cmap="cividis", vmin=0, vmax=top)
        rows, columns = (weights < 0).nonzero()
        axes.scatter(columns, rows, marker="x", color="white", s=24)
        axes.set(title=f"{name}: {len(rows)} of {weights.size} below zero", xlabel="key position")
    pair[0].set_ylabel("query position")
    figure.colorbar(image, ax=list(pair), label="attention weight", shrink=0.8)
    plt.show()
    plt.close(figure)


def memory_against_position(memory_numbers: object, first_larger_position: object) -> None:
    """Draw what a cache and a state hold against the position, with the crossing that was computed.

    Both answers are read as typed. Raises `UnreadableAnswer` when one is still empty.
    """
    memory, crossing = (number.read(answer)[0] for answer in (memory_numbers, first_larger_position))
    positions = [1, LONGEST_SEQUENCE]
    title = "What has to be kept to produce the next token"
    with one_axes(title, "position t", "numbers kept, per head") as axes:
        axes.loglog(
            positions, [CACHE_PER_POSITION * t for t in positions], label="softmax: cache of keys and values"
        )
        axes.loglog(positions, [memory, memory], "--", label=f"linear: your {memory:g} numbers")
        axes.axvline(crossing, color=GREY, linestyle=":", label=f"your crossing, t = {crossing:g}")
        axes.legend()


def products_against_chunk_length(
    lengths: Sequence[int], costs: Sequence[Cost], positions: int, guess: float | None = None
) -> None:
    """Draw counted products and the number of steps against the chunk length, both for one whole sequence.

    `guess` is the chunk length at which the products are expected to be twice those of the shortest chunks.
    """
    products = [cost.multiply_adds for cost in costs]
    title = "What the chunk length does to products and to steps"
    with one_axes(title, "chunk length L", "relative to chunks of length 1") as axes:
        axes.loglog(
            lengths,
            [p / max(products[0], 1) for p in products],
            "o-",
            base=2,
            label="products of your function",
        )
        steps = [-(-positions // length) / positions for length in lengths]
        axes.loglog(lengths, steps, "s--", base=2, label="steps, one after the other")
        axes.axhline(2, color=GREY, linewidth=0.8)
        if guess is not None:
            at = number.read(guess)[0]
            axes.axvline(at, color=COLOURS[3], linestyle=":", label=f"your guess: twice at L = {at:g}")
        _plain_ticks(axes, lengths)
        axes.set_yticks(list(RELATIVE_TICKS.values()), list(RELATIVE_TICKS))
        axes.yaxis.set_minor_locator(NullLocator())
        axes.legend()
