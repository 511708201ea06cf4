"""The figures of the report, each drawn twice: a page follows the reader's choice of light or dark."""

from __future__ import annotations

import base64
import io
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib
import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from utils.report.items import Item
from utils.report.statistics import Array, Summary

MOST_BINS = 20
NICE = (1, 2, 5)
MOST_NAMES = 8  # of parts in the map of parts: more would cover each other
ABOVE: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "borderaxespad": 0.2}
STYLE = {"font.size": 9, "svg.hashsalt": "report", "svg.fonttype": "path", "axes.linewidth": 0.8}


@dataclass(frozen=True)
class Ink:
    """The colours of a figure on a light or on a dark page; hues that colour-blind readers tell apart."""

    text: str
    grid: str
    bar: str
    mean: str
    median: str


LIGHT = Ink("#2b2b2b", "#d9d9d9", "#7fa8d9", "#b3261e", "#1a1a1a")
DARK = Ink("#dddddd", "#3d4148", "#4c7fbf", "#ff8a80", "#ffffff")


@dataclass(frozen=True)
class Picture:
    """A figure as two data addresses, and what it shows in words."""

    light: str
    dark: str
    alt: str


def histogram(scores: Array, most: float, found: Summary, title: str, *, wide: bool) -> Picture:
    """Return how many students have how many points, with the mean and the median."""
    edges = bins(most)
    counts = np.histogram(scores[~np.isnan(scores)], edges)[0]

    def draw(axes: Any, ink: Ink) -> None:
        axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=ink.bar, edgecolor=ink.grid)
        axes.axvline(found.mean, color=ink.mean, linewidth=1.6, label=f"mean {found.mean:.1f}")
        axes.axvline(
            found.median, color=ink.median, linewidth=1.6, linestyle="--", label=f"median {found.median:.1f}"
        )
        axes.set_xlim(edges[0], edges[-1])
        axes.xaxis.set_major_locator(MaxNLocator(nbins=8 if wide else 5, steps=[1, 2, 5, 10]))
        axes.yaxis.set_major_locator(MaxNLocator(nbins=5, integer=True))
        axes.set(xlabel="points", ylabel="students")
        axes.legend(frameon=False, labelcolor=ink.text, fontsize=8, ncols=2, **ABOVE)

    size = (7.2, 2.7) if wide else (3.5, 2.3)
    fullest = int(counts.argmax())
    alt = (
        f"Histogram of {title}, {found.n} students: mean {found.mean:.1f}, median {found.median:.1f} of "
        f"{most:g}; the fullest bar, {counts[fullest]} students, is {edges[fullest]:g} to "
        f"{edges[fullest + 1]:g} points."
    )
    return _picture(draw, size, alt)


def bins(most: float) -> Array:
    """Return the edges of at most `MOST_BINS` bins of a round width from nothing to the most points."""
    most = max(most, 1.0)
    widths = (step * 10.0**power for power in range(12) for step in NICE)
    width = next(width for width in widths if most / width <= MOST_BINS)
    return np.array([width * edge for edge in range(math.ceil(most / width) + 1)], dtype=np.float64)


def part_map(items: Sequence[Item], named: Sequence[str]) -> Picture | None:
    """Return difficulty against discrimination, a dot a part; None when no part has both."""
    both = [item for item in items if item.difficulty.value is not None and item.item_rest.value is not None]
    if not both:
        return None
    here = {item.part.id: (item.difficulty.value, item.item_rest.value) for item in both}
    labelled = [name for name in named if name in here][:MOST_NAMES]

    def draw(axes: Any, ink: Ink) -> None:
        axes.axhline(0, color=ink.text, linewidth=0.8)
        for group, colour in ((set(here) - set(named), ink.bar), (set(here) & set(named), ink.mean)):
            places = [here[name] for name in sorted(group)]
            axes.scatter(*zip(*places, strict=True), s=22, color=colour, alpha=0.85) if places else None
        for name in labelled:
            axes.annotate(
                name, here[name], xytext=(5, 4), textcoords="offset points", fontsize=7, color=ink.text
            )
        low = min(-0.2, *(r for _, r in here.values() if r is not None))
        axes.set(xlim=(-0.03, 1.03), ylim=(low - 0.08, 1.05))
        axes.set(
            xlabel="difficulty (mean share of the points; right is easy)", ylabel="item-rest correlation"
        )

    below = sum((r or 0) < 0 for _, r in here.values())
    alt = (
        f"Map of {len(here)} parts: difficulty from hard to easy against the item-rest correlation. "
        f"{below} parts lie below zero; {len(set(here) & set(named))} are marked as worth a look."
    )
    return _picture(draw, (7.2, 3.6), alt)


def _picture(draw: Callable[[Any, Ink], None], size: tuple[float, float], alt: str) -> Picture:
    return Picture(_drawn(draw, size, LIGHT), _drawn(draw, size, DARK), alt)


def _drawn(draw: Callable[[Any, Ink], None], size: tuple[float, float], ink: Ink) -> str:
    """Return a figure as a data address: the same bytes for the same numbers."""
    with matplotlib.rc_context(STYLE):
        figure = Figure(figsize=size, layout="constrained")
        axes = figure.add_subplot()
        axes.set_axisbelow(True)
        axes.grid(color=ink.grid, linewidth=0.6)
        axes.tick_params(colors=ink.text, which="both")
        draw(axes, ink)
        axes.xaxis.label.set_color(ink.text)
        axes.yaxis.label.set_color(ink.text)
        for side, spine in axes.spines.items():
            spine.set_visible(side in ("left", "bottom"))
            spine.set_color(ink.text)
        written = io.BytesIO()
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    return "data:image/svg+xml;base64," + base64.b64encode(written.getvalue()).decode()
