"""Figures of the lesson on decoding one token at a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from coursekit.answers import formula, number, vector
from coursekit.answers.evaluate import value
from coursekit.cost import count
from coursekit.figures.canvas import COLOURS, one_axes
from coursekit.figures.interactive import described_axes, turn

Intensity = Callable[[int, int, int, int, int], float]

BATCH, WIDTH, HEADS = 8, 4096, 32
VARIANTS = {"multi-head, 32 key heads": 32, "grouped, 8 key heads": 8, "multi-query, 1 key head": 1}
# NVIDIA A100 80 GB SXM, data sheet of 2021: 312·10¹² operations a second in 16 bit, 2039·10⁹ bytes a second.
# Two operations are one multiply-add and two bytes are one number, so both are halved.
PEAK_MULTIPLY_ADDS, PEAK_NUMBERS = 312e12 / 2, 2039e9 / 2  # per second

# A common size for a model that fits on one accelerator: 32 layers, 32 query heads, two bytes a number.
LARGE = {"L": 32, "b": 1, "k": 128, "w": 2}
LARGE_WEIGHTS = 7e9 * 2 / 2**30  # GiB


def intensity(step_intensity: Intensity, guess: float | None = None) -> None:
    """Draw the intensity of a step against the cached positions, for 32, 8 and 1 key heads, and the guess."""
    positions = [2**exponent for exponent in range(4, 21)]
    title = f"Intensity of one step: {BATCH} sequences, d = {WIDTH}, {HEADS} query heads"
    with one_axes(title, "n, positions in the cache", "multiply-adds per number moved") as axes:
        for (name, groups), style in zip(VARIANTS.items(), ("o-", "s-", "^-"), strict=True):
            values = [step_intensity(BATCH, WIDTH, HEADS, groups, n) for n in positions]
            axes.plot(positions, values, style, markersize=4, label=name)
        if guess is not None:
            axes.plot(
                positions[-1],
                number.read(guess)[0],
                "x",
                color=COLOURS[-1],
                markersize=12,
                markeredgewidth=3,
                label=f"your guess for multi-head: {guess}",
            )
        axes.set_xscale("log", base=2)
        axes.set_yscale("log", base=2)
        axes.yaxis.set_major_formatter("{x:g}")
        axes.legend()


def roofline(step_intensity: Intensity, positions: int) -> None:
    """Draw the fastest a machine can work at each intensity, and where the three variants stand."""
    ridge = PEAK_MULTIPLY_ADDS / PEAK_NUMBERS
    grid = [2**exponent for exponent in range(-1, 11)]
    title = f"What one accelerator can do with a step over {positions:,} cached positions"
    with one_axes(title, "multiply-adds per number moved", "10¹² multiply-adds per second") as axes:
        roof = [min(PEAK_MULTIPLY_ADDS, PEAK_NUMBERS * x) / 1e12 for x in [*grid, ridge]]
        axes.plot(*zip(*sorted(zip([*grid, ridge], roof, strict=True)), strict=True), color=COLOURS[-1])
        for (name, groups), marker in zip(VARIANTS.items(), "os^", strict=True):
            x = step_intensity(BATCH, WIDTH, HEADS, groups, positions)
            reached = min(PEAK_MULTIPLY_ADDS, PEAK_NUMBERS * x)
            share = f"{reached / PEAK_MULTIPLY_ADDS:.1%} of the peak"
            axes.plot(x, reached / 1e12, marker, markersize=10, label=f"{name}: {share}")
        axes.axvline(
            ridge, color=COLOURS[-1], linestyle=":", label=f"ridge: {ridge:.0f} multiply-adds per number"
        )
        axes.set_xscale("log", base=2)
        axes.set_yscale("log", base=10)
        axes.xaxis.set_major_formatter("{x:g}")
        axes.legend(loc="lower right")


def who_reads_whom(grouped_query: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
    """Draw which of 4 key heads each of 12 query heads reads: head g's values are all the number g."""
    heads, groups = 12, 4
    v = torch.eye(groups, dtype=torch.float64).reshape(1, groups, 1, groups)
    found = grouped_query(torch.ones(1, heads, 1, 2).double(), torch.ones(1, groups, 1, 2).double(), v)
    with one_axes("The key head that each query head reads", "query head", "key head") as axes:
        axes.grid(visible=False)
        axes.imshow(found[0, :, 0].T.detach().numpy(), cmap="Blues", vmin=0, vmax=1, aspect="auto")
        axes.set_xticks(range(heads))
        axes.set_yticks(range(groups))
        axes.set_xticks([x - 0.5 for x in range(1, heads)], minor=True)
        axes.grid(which="minor", alpha=0.3)


def cache_growth(mebibytes: Any) -> None:
    """Draw the cache of GPT-2 (124M) against the context, through the three sizes for 1024 positions."""
    sizes = vector.read(mebibytes, "MiB")
    positions = [2**exponent for exponent in range(7, 21)]
    weights = 124_439_808 * 2 / 2**20  # its parameters, two bytes each
    with one_axes("The cache of one sequence, beside the weights", "positions in the cache", "MiB") as axes:
        for size, groups, style in zip(sizes, (12, 4, 1), ("o-", "s-", "^-"), strict=False):
            line = [size * n / 1024 for n in positions]
            label = f"{groups} key heads" if groups > 1 else "1 key head"
            axes.plot(positions, line, style, markersize=4, label=label)
        axes.axhline(weights, color=COLOURS[-1], linestyle=":", label=f"all weights: {weights:.0f} MiB")
        axes.set_xscale("log", base=2)
        axes.set_yscale("log", base=10)
        axes.legend()


def cache_by_key_heads(cache_bytes: Any) -> None:
    """Draw what the student's formula says for one text of a large model; turn the number of key heads.

    Raises EmptyBlank or UnreadableAnswer for an answer that is no formula.
    """
    tree = formula.read(str(cache_bytes), [*LARGE, "g", "n"]).tree
    positions = [2**exponent for exponent in range(10, 21)]

    def draw(groups: Sequence[float]) -> None:
        lines = {g: [value(tree, {**LARGE, "g": g, "n": n}) / 2**30 for n in positions] for g in groups}
        labels = {g: f"g = {g:g}: {_outgrown(positions, line)}" for g, line in lines.items()}
        title = "Your formula: the cache of one text, in a model with 32 query heads"
        with described_axes(title, "n, positions in the cache", "GiB", "; ".join(labels.values())) as axes:
            for g, style in zip(lines, ("o-", "s-", "^-"), strict=False):
                axes.plot(positions, lines[g], style, markersize=4, label=labels[g])
            axes.axhline(LARGE_WEIGHTS, color=COLOURS[-1], linestyle=":", label="all weights: 13 GiB")
            axes.set_xscale("log", base=2)
            axes.set_yscale("log", base=10)
            axes.set_ylim(0.01, 10_000)
            axes.legend(loc="upper left")

    turn(draw, "key heads g", (1, 2, 4, 8, 16, 32), start=32, still=(32, 8, 1))


def _outgrown(positions: Sequence[int], line: Sequence[float]) -> str:
    """Say at which of the positions drawn a cache is first larger than the weights."""
    for n, size in zip(positions, line, strict=True):
        if size > LARGE_WEIGHTS:
            return f"larger than the weights at {n:,} positions"
    return "never larger than the weights here"


def work_per_token(decode: Callable[..., Tensor], guess: float | None = None) -> None:
    """Draw the multiply-adds of each new token: counted in `decode`, and for a pass over everything again."""
    b, h, d, k, longest = 1, 4, 32, 8, 40
    one = torch.ones(longest, d)
    weights = torch.ones(h, d, k), torch.ones(h, d, k), torch.ones(h, d, k), torch.ones(h, k, d)
    lengths = range(4, longest + 1, 6)
    ends = {t: count(decode, one[None, :t], one, *weights).multiply_adds for t in lengths}
    before = {t: count(decode, one[None, : t - 1], one, *weights).multiply_adds for t in lengths}
    again = {t: t * 4 * b * d * d + 2 * b * h * k * t * t for t in lengths}
    with one_axes("The price of one more token", "position of the token", "multiply-adds") as axes:
        axes.plot(lengths, list(again.values()), "s--", label="everything again, no cache")
        axes.plot(lengths, [ends[t] - before[t] for t in lengths], "o-", label="your loop, counted")
        if guess is not None:
            cheap = ends[longest] - before[longest]
            axes.plot(
                longest,
                number.read(guess)[0] * cheap,
                "x",
                color=COLOURS[-1],
                markersize=12,
                markeredgewidth=3,
                label=f"your guess: {guess} times as many",
            )
        axes.set_yscale("log")
        axes.legend()
