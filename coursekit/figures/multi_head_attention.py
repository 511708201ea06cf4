"""Figures of the lesson on multi-head attention, each drawn from the student's own class and functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import matplotlib.pyplot as plt
import torch
from torch import Tensor

from coursekit.figures.canvas import COLOURS, one_axes

JOBS = ("head 0: same word", "head 1: one back", "head 2: one ahead")
BLUE, ORANGE = COLOURS[:2]


def maps_of(block: Any, x: Tensor, mask: Tensor | None = None) -> Tensor:
    """Return the attention weights (batch, heads, query, key) of a block of the lesson on self-attention.

    The class returns averages of values and no weights. Where the values are the identity matrix, an average
    of values is the row of weights itself.
    """
    with torch.no_grad():
        query, key = block.split_heads(block.W_q(x)), block.split_heads(block.W_k(x))
        identity = torch.eye(x.shape[1]).expand(*key.shape[:2], -1, -1)
        weights: Tensor = block.scaled_dot_product_attention(query, key, identity, mask)
    return weights


def attention_maps(block: Any, x: Tensor, words: Sequence[str], mask: Tensor | None = None) -> None:
    """Draw one map per head for one sentence (1, 8, 12); what lies right of the white line is the future."""
    figure, axes = plt.subplots(1, len(JOBS), figsize=(8.4, 3.7), sharey=True, layout="constrained")
    for ax, job, weights in zip(axes, JOBS, maps_of(block, x, mask)[0], strict=True):
        image = ax.imshow(weights.numpy(), cmap="cividis", vmin=0, vmax=1)
        edge = [i - 0.5 for i in range(len(words) + 1)]
        ax.stairs(
            [i + 0.5 for i in range(len(words))], edge, orientation="horizontal", baseline=None, color="white"
        )
        ax.set(title=job, xlabel="key (looked at)")
        ax.set_xticks(range(len(words)), words, rotation=90)
    axes[0].set_yticks(range(len(words)), words)
    axes[0].set_ylabel("query (looking)")
    figure.colorbar(image, ax=axes, label="attention weight", shrink=0.8)
    figure.suptitle(
        "What each head of your class looks at" + (" under your mask" if mask is not None else "")
    )
    plt.show()
    plt.close(figure)


def leaks(block: Any, x: Tensor, mask: Tensor, guess: float | None = None) -> None:
    """Draw, for each query, the share of attention that lies on later words, under four masks.

    `guess` is a prediction of the average under the mask turned round, drawn as a dotted line.
    """
    mask = mask != 0  # as the class reads it
    masks = {
        "no mask": torch.ones_like(mask),
        "your mask": mask,
        "yours, one key too many": mask | mask.roll(1, -1),
        "yours turned round": ~mask,
    }
    title = "A mask decides how much of the future a word sees"
    with one_axes(title, "position of the query", "share of attention on later words") as axes:
        for (label, seen), marker in zip(masks.items(), "osD^", strict=True):
            share = future_share(maps_of(block, x, seen))
            axes.plot(share.numpy(), marker=marker, label=f"{label}: {share.mean():.0%} on average")
        if guess is not None:
            axes.axhline(guess, color=COLOURS[-1], linestyle=":", label=f"your prediction: {guess:.0%}")
        axes.set_ylim(-0.05, 1.05)
        axes.legend(loc="center", bbox_to_anchor=(0.55, 0.72))


def future_share(weights: Tensor) -> Tensor:
    """Return for each query the attention on later keys, averaged over sequences and heads."""
    return weights.triu(1).sum(-1).mean((0, 1))


def spectra(narrow: Sequence[Any], wide: Sequence[Any]) -> None:
    """Draw the singular values of one head's value-output map, before and after the values were widened.

    Each pair is one number of heads; its layers are a block's W_v and W_o.
    """
    figure, axes = plt.subplots(1, len(narrow), figsize=(7.6, 3.7), sharey=True, layout="constrained")
    for ax, before, after in zip(axes, narrow, wide, strict=True):
        for block, label, colour, marker in (
            (before, "width d", BLUE, "o"),
            (after, "width 2d", ORANGE, "^"),
        ):
            values = singular_values(block)
            if values is None:
                label += ": W_o does not fit W_v"
                values = torch.tensor([])
            ax.semilogy(
                range(1, len(values) + 1), values, color=colour, marker=marker, linestyle=":", label=label
            )
        ax.set(title=f"num_heads = {before.num_heads}", xlabel="number of the singular value")
    axes[0].set_ylabel("singular value (rounding lies below 1e-6)")
    axes[-1].legend(title="values of", frameon=False)
    figure.suptitle("What one head can write is limited by the channels that it reads through")
    plt.show()
    plt.close(figure)


def singular_values(block: Any) -> Tensor | None:
    """Return the singular values of head 0's map W_o W_v, none below 1e-9 so that a log axis shows all.

    None when W_o is not a matrix that takes all values side by side.
    """
    if getattr(block.W_o, "in_features", 0) != block.W_v.out_features:
        return None
    with torch.no_grad():
        own = block.W_v.out_features // block.num_heads
        written = block.W_o.weight.double()[:, :own] @ block.W_v.weight.double()[:own]
        values: Tensor = torch.linalg.svdvals(written).clamp_min(1e-9)
    return values
