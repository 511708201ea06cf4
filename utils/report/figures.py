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
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from utils.report.items import Item
from utils.report.statistics import Array, Summary

MOST_BINS = 20
NICE = (1, 2, 5)
MOST_NAMES = 8  # of parts in the map of parts: more would cover each other
NARROW = 3.7  # inches: a figure of the page's width as a phone shows it, with letters of the same size
SAME_DOT = 2  # digits after which two parts are on one dot
SPREAD = 0.075  # of the map's height: what two labels need
ABOVE: dict[str, Any] = {"loc": "lower center", "bbox_to_anchor": (0.5, 1.0), "borderaxespad": 0.2}
STYLE = {"font.size": 9, "svg.hashsalt": "report", "svg.fonttype": "path", "axes.linewidth": 0.8}


@dataclass(frozen=True)
class Ink:
    """The colours of a figure on a light or on a dark page; hues that colour-blind readers tell apart."""

    page: str
    text: str
    grid: str
    bar: str
    mean: str
    median: str


LIGHT = Ink("#ffffff", "#2b2b2b", "#d9d9d9", "#7fa8d9", "#b3261e", "#1a1a1a")
DARK = Ink("#15181c", "#dddddd", "#3d4148", "#4c7fbf", "#ff8a80", "#ffffff")


@dataclass(frozen=True)
class Picture:
    """A figure as data addresses, and what it shows in words; a wide one is there for phones, too."""

    light: str
    dark: str
    alt: str
    narrow_light: str = ""
    narrow_dark: str = ""


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
    return _picture(draw, size, alt, NARROW if wide else None)


def bins(most: float) -> Array:
    """Return the edges of at most `MOST_BINS` bins of a round width from nothing to the most points."""
    most = max(most, 1.0)
    widths = (step * 10.0**power for power in range(12) for step in NICE)
    width = next(width for width in widths if most / width <= MOST_BINS)
    return np.array([width * edge for edge in range(math.ceil(most / width) + 1)], dtype=np.float64)


@dataclass(frozen=True)
class Dot:
    """A place in the map of parts, and the parts that lie there, those that are named first."""

    difficulty: float
    item_rest: float
    parts: tuple[str, ...]
    suspect: bool

    @property
    def in_right_half(self) -> bool:
        """Return whether a label has more room to the left."""
        return 2 * self.difficulty > 1

    @property
    def label(self) -> str:
        """Return the first part's name, and how many others lie there."""
        return self.parts[0] + (f" and {len(self.parts) - 1} more" if len(self.parts) > 1 else "")


@dataclass(frozen=True)
class PartMap:
    """The map of parts: its picture, and in words how many parts lie on one dot."""

    picture: Picture
    words: str


def part_map(items: Sequence[Item], named: Sequence[str]) -> PartMap | None:
    """Return difficulty against discrimination; None when no part has both. `named` are worth a look."""
    dots = dots_of(items, named)
    if not dots:
        return None
    labelled = [dot for dot in dots if dot.suspect or dot.item_rest < 0][:MOST_NAMES]
    low = min(-0.2, *(dot.item_rest for dot in dots)) - 0.08

    def draw(axes: Any, ink: Ink) -> None:
        axes.axhline(0, color=ink.text, linewidth=0.8)
        for dot in dots:
            colour = ink.mean if dot.suspect else ink.bar
            size = 22 * math.sqrt(len(dot.parts))
            axes.scatter(dot.difficulty, dot.item_rest, s=size, color=colour, alpha=0.85)
        for dot, height in _heights(labelled, low):
            left, narrow = dot.in_right_half, axes.figure.get_figwidth() <= NARROW
            axes.annotate(
                dot.label.replace(".", ".\n", 1) if narrow else dot.label,
                (dot.difficulty, dot.item_rest),
                xytext=(dot.difficulty + (-0.02 if left else 0.02), height),
                ha="right" if left else "left",
                va="center",
                fontsize=7,
                color=ink.text,
                path_effects=[withStroke(linewidth=2.5, foreground=ink.page)],
                arrowprops={"arrowstyle": "-", "color": ink.grid, "linewidth": 0.6, "shrinkA": 0},
            )
        axes.set(xlim=(-0.03, 1.03), ylim=(low, 1.05))
        axes.set(xlabel="difficulty (mean share of points; right is easy)", ylabel="item-rest correlation")

    count, below = sum(len(dot.parts) for dot in dots), sum(len(d.parts) for d in dots if d.item_rest < 0)
    alt = (
        f"Map of {count} parts: difficulty from hard to easy against the item-rest correlation. "
        f"{below} parts lie below zero; {sum(dot.suspect for dot in dots)} dots are marked as worth a look."
    )
    return PartMap(_picture(draw, (7.2, 3.6), alt, NARROW), _on_one_dot(dots))


def dots_of(items: Sequence[Item], named: Sequence[str]) -> list[Dot]:
    """Return the places in the map at which parts lie: first those with parts worth a look, as named."""
    rank = {name: number for number, name in enumerate(named)}
    there: dict[tuple[float, float], list[str]] = {}
    for item in items:
        x, y = item.difficulty.value, item.item_rest.value
        if x is not None and y is not None:
            there.setdefault((round(x, SAME_DOT), round(y, SAME_DOT)), []).append(item.part.id)
    dots = [
        Dot(*place, tuple(sorted(parts, key=lambda part: (rank.get(part, len(rank)), part))),
            any(part in rank for part in parts))
        for place, parts in there.items()
    ]  # fmt: skip
    return sorted(dots, key=lambda dot: (rank.get(dot.parts[0], len(rank)), dot.item_rest, dot.parts))


def _heights(dots: Sequence[Dot], low: float) -> list[tuple[Dot, float]]:
    """Return at which height each label stands: at its dot's, or higher where another one would be hit."""
    found: list[tuple[Dot, float]] = []
    step = SPREAD * (1.05 - low)
    for dot in sorted(dots, key=lambda one: one.item_rest):
        height = dot.item_rest
        taken = sorted(other for one, other in found if one.in_right_half == dot.in_right_half)
        for other in taken:
            height = other + step if abs(other - height) < step else height
        found.append((dot, height))
    return found


def _on_one_dot(dots: Sequence[Dot]) -> str:
    """Return in words how many dots the parts make, and which of them are most parts'."""
    count = sum(len(dot.parts) for dot in dots)
    if count == len(dots):
        return f"{count} parts, each on a dot of its own."
    fullest = max(dots, key=lambda dot: len(dot.parts))
    r = f"{fullest.item_rest:g}".replace("-", "\N{MINUS SIGN}")
    where = f"difficulty {fullest.difficulty:g}, correlation {r}"
    shared = sum(len(dot.parts) > 1 for dot in dots)
    return (
        f"{count} parts on {len(dots)} dots: a larger dot stands for several parts with the same numbers "
        f"({shared} such). Most, {len(fullest.parts)}, lie at {where}."
    )


def _picture(
    draw: Callable[[Any, Ink], None], size: tuple[float, float], alt: str, narrow: float | None = None
) -> Picture:
    """Return a figure of a size in inches, and the same of another width for phones if one is given."""
    light, dark = (_drawn(draw, size, ink) for ink in (LIGHT, DARK))
    if narrow is None:
        return Picture(light, dark, alt)
    small = (narrow, size[1])
    return Picture(light, dark, alt, _drawn(draw, small, LIGHT), _drawn(draw, small, DARK))


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
