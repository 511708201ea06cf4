"""Figures with a slider where somebody can move one, and the same figures with several curves elsewhere.

A slider needs a kernel that a Jupyter server started for a person. When a notebook is validated, graded,
or run by a program, nobody answers a widget, and waiting for one can hang the run: a still figure is drawn.
"""

from __future__ import annotations

import html
import importlib.util
import io
import os
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from coursekit.figures.canvas import SIZE, one_axes

Draw = Callable[[Sequence[float]], None]
DPI = 90  # a figure of the canvas's width then fits a laptop's notebook without scaling


def is_live() -> bool:
    """Return whether a slider would be answered: in a notebook that a person has open, with ipywidgets."""
    return (
        "JPY_SESSION_NAME" in os.environ  # set by a Jupyter server for the kernel of an open notebook
        and "NBGRADER_EXECUTION" not in os.environ
        and importlib.util.find_spec("ipywidgets") is not None
    )


def turn(draw: Draw, label: str, values: Sequence[float], start: float, still: Sequence[float]) -> None:
    """Show `draw([value])` below a slider over `values`, or `draw(still)` where no slider can be moved.

    The slider stands at `start`, one of the values, and is moved by the arrow keys, too. `draw` draws one
    curve for each value that it is given.
    """
    if is_live():
        _with_slider(draw, label, values, start)
    else:
        draw(still)


def _with_slider(draw: Draw, label: str, values: Sequence[float], start: float) -> None:
    import ipywidgets
    from IPython.display import display

    slider = ipywidgets.SelectionSlider(
        options=[(f"{value:,g}", value) for value in values],
        value=start,
        description=label,
        style={"description_width": "initial"},
        layout=ipywidgets.Layout(width="36em"),
    )
    figure = ipywidgets.interactive_output(lambda value: draw([value]), {"value": slider})
    display(ipywidgets.VBox([slider, figure]))


@contextmanager
def described_axes(title: str, x: str, y: str, words: str) -> Iterator[Axes]:
    """Give axes as `one_axes` does; `words` are the alternative text of the figure."""
    # A slider may be moved while a cell draws, and pyplot would then give that cell this figure.
    own = Figure(figsize=SIZE) if is_live() else None
    with one_axes(title, x, y, show=lambda figure: _show(figure, words), figure=own) as axes:
        yield axes


def _show(figure: Figure, words: str) -> None:
    """Show a figure with its alternative text, where there is a notebook."""
    from IPython import get_ipython
    from IPython.display import display

    if get_ipython() is None:
        plt.show()
    elif is_live():
        display(_Picture(figure, words))
    else:
        display(figure, metadata={"image/png": {"alt": words}})


class _Picture:
    """A figure as an element of the page: JupyterLab gives its own pictures no alternative text."""

    def __init__(self, figure: Figure, words: str) -> None:
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=DPI)
        self.png, self.words = b64encode(buffer.getvalue()).decode("ascii"), words

    def _repr_mimebundle_(self, **_: Any) -> dict[str, str]:
        source = f"data:image/png;base64,{self.png}"
        return {
            "text/html": f'<img alt="{html.escape(self.words)}" src="{source}">',
            "text/plain": self.words,
        }
