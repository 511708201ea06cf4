"""The figure of a transcript: a row for each part, a square for each attempt."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from utils.sheets.report import SIGNS, counted
from utils.sheets.study import Study

# Told apart in print and by those who see no red: by their signs, and from dark to light.
COLOURS = {
    "right": "#1b7837",
    "partial": "#f0c75e",
    "wrong": "#b2453c",
    "unreadable": "#d9d9d9",
    "read by a person": "#9ecae1",
}
INK = {
    "right": "white",
    "partial": "black",
    "wrong": "white",
    "unreadable": "black",
    "read by a person": "black",
}
SAID = {"partial": "partly right", "unreadable": "not gradable"}
ROW_INCHES, EDGE = 0.32, 0.86


def draw(study: Study, path: Path) -> None:
    """Write the figure in the format that the path's ending names. Raises ValueError for one there is not."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt
    from matplotlib.patches import Patch, Rectangle

    most = max((len(part.attempts) for part in study.parts), default=1)
    size = (4.8 + 0.33 * most, 1.3 + ROW_INCHES * max(len(study.parts), 1))
    figure, axes = plt.subplots(figsize=size, layout="constrained")
    for row, part in enumerate(study.parts):
        for column, one in enumerate(part.attempts, start=1):
            corner = (column - EDGE / 2, row - EDGE / 2)
            axes.add_patch(Rectangle(corner, EDGE, EDGE, color=COLOURS[one.verdict], lw=0))
            axes.text(column, row, SIGNS[one.verdict], ha="center", va="center", color=INK[one.verdict])
    axes.set_xlim(0.4, most + 0.6)
    axes.set_ylim(len(study.parts) - 0.4, -0.6)
    axes.set_xticks(range(1, most + 1))
    axes.set_yticks(range(len(study.parts)), [part.part for part in study.parts])
    axes.set_xlabel("attempt")
    outcomes = axes.secondary_yaxis("right")
    outcomes.set_yticks(range(len(study.parts)), [part.outcome for part in study.parts], fontsize=9)
    for side in (axes, outcomes):
        side.tick_params(length=0)
        side.spines[:].set_visible(False)
    figure.suptitle(_title(study), fontsize=11)
    words = {word: SAID.get(word, word) for word in SIGNS if _occurs(study, word)}
    handles = [Patch(color=COLOURS[word], label=f"{SIGNS[word]} {text}") for word, text in words.items()]
    figure.legend(handles=handles, ncols=len(handles), loc="outside lower center", frameon=False, fontsize=9)
    try:
        figure.savefig(path, dpi=150)
    finally:
        plt.close(figure)


def _occurs(study: Study, verdict: str) -> bool:
    return any(one.verdict == verdict for part in study.parts for one in part.attempts)


def _title(study: Study) -> str:
    """Return the headline: what became of the parts that were answered in a form that can be judged."""
    counts = Counter(part.outcome for part in study.parts)
    gradable = len(study.parts) - counts["not gradable"] - counts["read by a person"]
    at_once, later = counts["one shot"], counts["needed correction"]
    return f"{at_once} of {counted(gradable, 'gradable part')} right at once, {later} after a correction"
