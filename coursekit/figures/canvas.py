"""One look for all figures: their size, and colours that a colour-blind reader can tell apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

COLOURS = (
    "#0072B2",
    "#D55E00",
    "#009E73",
    "#CC79A7",
    "#E69F00",
    "#56B4E9",
    "#333333",
)  # Okabe and Ito (2008)
SIZE = (7.0, 4.0)  # inches


@contextmanager
def one_axes(
    title: str,
    x: str,
    y: str,
    *,
    show: Callable[[Figure], None] = lambda _: plt.show(),
    figure: Figure | None = None,
) -> Iterator[Axes]:
    """Give axes to draw on, labelled, in a new figure of pyplot's or the one given; show it at the end."""
    figure = plt.figure(figsize=SIZE) if figure is None else figure
    axes = figure.subplots()
    axes.set_prop_cycle(color=COLOURS)
    axes.set(title=title, xlabel=x, ylabel=y)
    axes.grid(alpha=0.25)
    yield axes
    figure.tight_layout()
    show(figure)
    plt.close(figure)
