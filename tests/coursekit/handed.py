"""A small notebook as it is handed out, with every kind of cell and no heavy library."""

from __future__ import annotations

import copy
from typing import Any

from nbformat import NotebookNode, from_dict

from utils.build.labels import add_heads, last_cells, note
from utils.build.lessons import read
from utils.build.notebooks import KERNELSPEC, to_notebook
from utils.build.preprocessors import ClearBlanks

LESSON = '''\
# %% [markdown]
# # What a mean hides

# %% locked="setup"
import coursekit.visible
from coursekit.blanks import BLANK, ____
from coursekit.display import show

# %% solution="a"
three = BLANK(3)

# %% graded="a" points=1
show("note", f"three was read as: {three + 0}", more=1)

# %% solution="mean"
def mean(numbers):
    """Return the mean."""
    ### BEGIN SOLUTION
    return sum(numbers) / len(numbers)
    ### END SOLUTION

# %% graded="mean" points=2
assert mean([2, 4]) == 3, "the mean of 2 and 4 is 3"
show("ok", "mean: visible checks passed", more=7)

# %% solution="last"
def last(numbers):
    """Return the last one."""
    ### BEGIN SOLUTION
    return numbers[-1]
    ### END SOLUTION

# %% graded="last" points=2
assert last([2, 4]) == 4

# %% [markdown] written="why" points=3
# ### BEGIN SOLUTION
# A mean forgets the spread.
# ### END SOLUTION
# ### BEGIN MARK SCHEME
# 3 points for the word spread.
# ### END MARK SCHEME
'''
ANSWERS = {
    "a": "three = 3",
    "mean": "def mean(numbers):\n    return sum(numbers) / len(numbers)",
    "last": "def last(numbers):\n    return numbers[-1]",
    "written-why": "It forgets the spread.",
}


def released() -> NotebookNode:
    """Return the notebook as handed out, nbgrader's checksums included."""
    from nbgrader.utils import compute_checksum

    notebook = to_notebook(read(LESSON, "means"))
    notebook.cells += last_cells("means")
    add_heads(notebook.cells)
    for cell in notebook.cells:
        ClearBlanks().preprocess_cell(cell, {}, 0)
        if mark := cell.metadata.get("nbgrader"):
            mark["cell_type"], mark["checksum"] = cell.cell_type, compute_checksum(cell)
    notebook.metadata = from_dict(
        {"kernelspec": KERNELSPEC, "course": note("small", "means", notebook.cells)}
    )
    return notebook


def answered(**answers: str) -> NotebookNode:
    """Return the notebook with texts in place of what stands below the heads of some cells."""
    notebook = copy.deepcopy(released())
    for name, text in answers.items():
        cell = cell_of(notebook, name.replace("written_", "written-"))
        cell.source = cell.source.partition("\n")[0] + "\n" + text
    return notebook


def solved() -> NotebookNode:
    """Return the notebook with every answer right."""
    return answered(**{name.replace("-", "_"): text for name, text in ANSWERS.items()})


def cell_of(notebook: Any, name: str) -> NotebookNode:
    """Return the cell with an id."""
    return next(cell for cell in notebook.cells if cell.id == name)
