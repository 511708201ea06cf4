"""A small course that needs no torch: two lessons, every kind of cell, and a desk to hand in from."""

from __future__ import annotations

import copy
import shutil
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from utils.build.lessons import load
from utils.build.release import build_release
from utils.build.solved import answers
from utils.build.source import build_source
from utils.grading.submission import enter

ROOT = Path(__file__).resolve().parents[2]
ASSIGNMENT = "sums"

ADDING = '''\
# %% [markdown]
# # Adding

# %% locked="setup"
import statistics

from coursekit.blanks import BLANK, ____

unit = 2

# %% solution="total"
total = BLANK(statistics.mean([5, 6, 7]))

# %% graded="total" points=1 spec="S1" kind="number"
print("total was read as", total)
### BEGIN HIDDEN TESTS
assert float(total) == unit * 3, "hidden: total"
### END HIDDEN TESTS


# %% solution="add"
def add(a, b):
    """Return the sum."""
    ### BEGIN SOLUTION
    return a + b
    ### END SOLUTION


# %% graded="add" points=2 spec="S2" kind="function"
assert add(1, 2) == 3, "1 + 2 is 3"
### BEGIN HIDDEN TESTS
secret_sum = add(20, 22)
assert secret_sum == 42, "hidden: add"
### END HIDDEN TESTS

# %% graded="add_more" points=1 spec="S2" kind="function"
assert add(0, 0) == 0, "0 + 0 is 0"
### BEGIN HIDDEN TESTS
assert add(-5, 3) == -2, "hidden: add more"
### END HIDDEN TESTS


# %% solution="scale"
def scale(number):
    """Return the number of units."""
    ### BEGIN SOLUTION
    return number * unit
    ### END SOLUTION


# %% graded="scale" points=3 spec="S3" kind="function"
assert scale(1) == 1 * unit, "one unit"
### BEGIN HIDDEN TESTS
assert scale(7) == 7 * unit, "hidden: scale"
### END HIDDEN TESTS

# %% solution="share"
share = BLANK(4)

# %% graded="share" points=4 spec="S4" kind="number"
print("share was read as", share)
### BEGIN HIDDEN TESTS
float(share)
### END HIDDEN TESTS

# %% [markdown] written="why" points=5 spec="S5"
# ### BEGIN SOLUTION
# Because addition forgets the order.
# ### END SOLUTION
# ### BEGIN MARK SCHEME
# 5 points for the order.
# ### END MARK SCHEME
'''

DOUBLING = """\
# %% [markdown]
# # Doubling

# %% locked="setup"
from coursekit.blanks import BLANK, ____

# %% solution="double"
double = BLANK(14)

# %% graded="double" points=1 spec="S6" kind="number"
print("double was read as", double)
### BEGIN HIDDEN TESTS
assert double == 14, "hidden: double"
### END HIDDEN TESTS
"""

FULL = {"total": 1.0, "add": 2.0, "add_more": 1.0, "scale": 3.0, "share": 4.0, "why": 0.0, "double": 1.0}
# A cell may take this long, in seconds, and a notebook; the real limits would make the tests wait.
LIMITS = "\nc.Execute.timeout = 2\nc.RunNotebook.notebook_timeout = 20\n"


def make_course(root: Path) -> Path:
    """Build the scratch course in `root`, ready to be graded, and return it."""
    config = (ROOT / "nbgrader_config.py").read_text(encoding="utf-8")
    root.mkdir(parents=True, exist_ok=True)
    (root / "nbgrader_config.py").write_text(config + LIMITS, encoding="utf-8")
    shutil.copy(ROOT / "pyproject.toml", root)
    lessons = root / "lessons" / ASSIGNMENT
    lessons.mkdir(parents=True)
    (lessons / "adding.py").write_text(ADDING, encoding="utf-8")
    (lessons / "doubling.py").write_text(DOUBLING, encoding="utf-8")
    build_source(root, ASSIGNMENT)
    build_release(root, ASSIGNMENT)
    return root


class Desk:
    """Where students of the scratch course write and hand in."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def released(self, lesson: str = "adding") -> NotebookNode:
        """Return a notebook as it was handed out."""
        return nbformat.read(self.root / "release" / ASSIGNMENT / f"{lesson}.ipynb", as_version=4)

    def solved(self, lesson: str = "adding", **changed: str) -> NotebookNode:
        """Return the notebook with everything answered right, except for the cells whose text is given."""
        right = answers(load(self.root / "lessons" / ASSIGNMENT / f"{lesson}.py"))
        return enter(self.released(lesson), {**right, **changed})

    def folder(self, student: str) -> Path:
        """Return the folder that a student hands in, made if need be."""
        folder = self.root / "submitted" / student / ASSIGNMENT
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def hand_in(self, student: str, notebook: NotebookNode, name: str = "adding.ipynb") -> Path:
        """Write a notebook as JupyterLab would, and return its path."""
        return self.hand_in_bytes(student, nbformat.writes(notebook, version=4).encode(), name)

    def hand_in_bytes(self, student: str, content: bytes, name: str = "adding.ipynb") -> Path:
        """Write a file of a submission, and return its path."""
        path = self.folder(student) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path


def cell_named(notebook: NotebookNode, name: str) -> NotebookNode:
    """Return the cell with an id; ids and grade ids agree in a released notebook."""
    return next(cell for cell in notebook.cells if cell.id == name)


def without(notebook: NotebookNode, name: str) -> NotebookNode:
    """Return the notebook with one cell deleted."""
    notebook.cells = [cell for cell in notebook.cells if cell.id != name]
    return notebook


def duplicated(notebook: NotebookNode, name: str, text: str | None = None) -> NotebookNode:
    """Return the notebook with a copy below a cell, as JupyterLab makes it: same metadata, a new id."""
    position = next(i for i, cell in enumerate(notebook.cells) if cell.id == name)
    twin = copy.deepcopy(notebook.cells[position])
    twin.id = f"{name}-pasted"
    twin.source = twin.source if text is None else text
    notebook.cells.insert(position + 1, twin)
    return notebook


def edited(notebook: NotebookNode, name: str, **values: object) -> NotebookNode:
    """Return the notebook with some fields of one cell changed."""
    cell_named(notebook, name).update(values)
    return notebook
