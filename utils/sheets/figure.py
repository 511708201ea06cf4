"""The figure of a transcript: a row for each part, a square for each attempt."""

from __future__ import annotations

from pathlib import Path

from utils.sheets.report import SIGNS
from utils.sheets.study import Study

# Told apart in print and by those who see no red: by their signs, and from dark to light.
COLOURS = {"right": "#1b7837", "partial": "#f0c75e", "wrong": "#b2453c", "unreadable": "#d9d9d9"}
INK = {"right": "white", "partial": "black", "wrong": "white", "unreadable": "black"}
ROW_INCHES, EDGE = 0.32, 0.86


def draw(study: Study, path: Path) -> None:
    """Write the figure in the format that the path's ending names. Raises ValueError for one there is not."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.patches import Patch, Rectangle

    most = max((len(part.attempts) for part in study.parts), default=1)
    size = (4.2 + 0.45 * max(most, 5), 1.3 + ROW_INCHES * max(len(study.parts), 1))
    figure, axes = plt.subplots(figsize=size, layout="constrained")
    for row, part in enumerate(study.parts):
        for column, one in enumerate(part.attempts, start=1):
            corner = (column - EDGE / 2, row - EDGE / 2)
            axes.add_patch(Rectangle(corner, EDGE, EDGE, color=COLOURS[one.verdict], lw=0))
            axes.text(column, row, SIGNS[one.verdict], ha="center", va="center", color=INK[one.verdict])
        axes.text(most + 0.7, row, part.outcome, va="center", fontsize=9, color="#444444")
    axes.set_xlim(0.4, most + 3)
    axes.set_ylim(len(study.parts) - 0.4, -0.6)
    axes.set_xticks(range(1, most + 1))
    axes.set_yticks(range(len(study.parts)), [part.part for part in study.parts])
    axes.set_xlabel("attempt", loc="left")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    axes.set_title(_title(study), loc="left", fontsize=11)
    words = {"right": "right", "partial": "partly right", "wrong": "wrong", "unreadable": "not gradable"}
    handles = [Patch(color=COLOURS[word], label=f"{SIGNS[word]} {text}") for word, text in words.items()]
    figure.legend(handles=handles, ncols=len(handles), loc="outside lower left", frameon=False, fontsize=9)
    try:
        figure.savefig(path, dpi=150)
    finally:
        plt.close(figure)


def _title(study: Study) -> str:
    counts = [sum(part.outcome == word for part in study.parts) for word in ("one shot", "needed correction")]
    return f"{counts[0]} of {len(study.parts)} parts right at once, {counts[1]} after a correction"
