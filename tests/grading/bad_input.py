"""What students really hand in: each case with the promise that it keeps, its scores and its message."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import nbformat
from nbformat import NotebookNode
from scratch_course import Desk, cell_named, duplicated, edited, without

# Files named like modules that the tests or the course import, and files that change how Python starts.
SHADOWS = (
    "coursekit/__init__.py",
    "coursekit/blanks.py",
    "utils/__init__.py",
    "numpy.py",
    "torch.py",
    "statistics.py",
    "sitecustomize.py",
    "nbgrader_config.py",
    "IPython/__init__.py",
)
NOTHING = {"total": 0.0, "add": 0.0, "add_more": 0.0, "scale": 0.0, "share": 0.0}
NO_SUM = {"add": 0.0, "add_more": 0.0}
WRONG_SUM = "def add(a, b):\n    return 0"
WRONG_SCALE = "def scale(number):\n    return 0"
WARNS = "import warnings\ndef add(a, b):\n    warnings.warn('old ways', stacklevel=2)\n    return a + b"
KILLS = "import os, signal\ndef add(a, b):\n    os.kill(os.getpid(), signal.SIGKILL)"
FLOODS = "def add(a, b):\n    while True:\n        print('x' * 1000)"
ENDLESS = "def scale(number):\n    while True:\n        pass"
# An interrupt reaches this loop, and is swallowed.
STUBBORN = """\
def scale(number):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
"""


@dataclass(frozen=True)
class Case:
    """One student: what is handed in, the parts that lose points, and words the student must read."""

    promise: str
    hand_in: Callable[[Desk, str], object]
    scores: Mapping[str, float] = field(default_factory=dict)
    messages: tuple[str, ...] = ()


def cells(**changed: str) -> Callable[[Desk, str], object]:
    """Return a submission that is right except for the cells given."""
    return lambda desk, student: desk.hand_in(student, desk.solved(**changed))


def _bytes(content: bytes) -> Callable[[Desk, str], object]:
    return lambda desk, student: desk.hand_in_bytes(student, content)


def _as_json(desk: Desk, student: str, notebook: NotebookNode, encoding: str = "utf-8") -> None:
    """Hand in a notebook that nbformat would refuse to write."""
    text = json.dumps(notebook, ensure_ascii=encoding == "utf-8")
    desk.hand_in_bytes(student, text.encode(encoding))


def _foreign(desk: Desk, student: str) -> None:
    cell = nbformat.v4.new_code_cell("x = 1", id="elsewhere")
    cell.metadata["nbgrader"] = {"grade_id": "cell-3a5f", "solution": True}
    desk.hand_in(student, nbformat.v4.new_notebook(cells=[cell]))


def _truncated(desk: Desk, student: str) -> None:
    content = nbformat.writes(desk.solved()).encode()
    desk.hand_in_bytes(student, content[: content.index(b'"id": "scale"')])


def _renamed(desk: Desk, student: str) -> None:
    desk.hand_in(student, desk.solved(), "Adding-copy (2).ipynb")


def _extra(desk: Desk, student: str) -> None:
    desk.hand_in(student, nbformat.v4.new_notebook(), "notes.ipynb")
    desk.hand_in(student, desk.released(), "adding (1).ipynb")
    desk.hand_in(student, desk.solved())


def _deleted(desk: Desk, student: str) -> None:
    notebook = desk.solved(scale=WRONG_SCALE)
    for name in ("total", "test-scale", "given-setup"):
        without(notebook, name)
    desk.hand_in(student, notebook)


def _copies(desk: Desk, student: str) -> None:
    notebook = duplicated(desk.solved(add=WRONG_SUM), "total")
    duplicated(notebook, "add", "def add(a, b): return a + b")
    duplicated(notebook, "scale", "def scale(number): return (")
    duplicated(notebook, "share", cell_named(desk.released(), "share").source)
    desk.hand_in(student, duplicated(notebook, "test-add"))


def _split(desk: Desk, student: str) -> None:
    notebook = edited(desk.solved(), "add", source="def add(a, b):")
    desk.hand_in(student, duplicated(notebook, "add", "    return a + b"))


def _other_types(desk: Desk, student: str) -> None:
    notebook = desk.solved()
    for name, kind in (("add", "markdown"), ("test-add", "raw"), ("written-why", "code"), ("scale", "raw")):
        cell_named(notebook, name).cell_type = kind
    _as_json(desk, student, notebook)


def _metadata(desk: Desk, student: str) -> None:
    notebook = desk.solved(total="total = 0", add=WRONG_SUM, scale=WRONG_SCALE)
    cell_named(notebook, "test-total").metadata["tags"] = ["skip-execution"]
    cell_named(notebook, "test-add").metadata["nbgrader"]["points"] = 1000
    cell_named(notebook, "test-scale").metadata["nbgrader"]["grade_id"] = "free"
    cell_named(notebook, "share").metadata["nbgrader"]["grade_id"] = "another"
    desk.hand_in(student, edited(notebook, "test-add_more", source="pass"))


def _latin(desk: Desk, student: str) -> None:
    _as_json(desk, student, desk.solved(total="total = 6  # déjà vu"), "latin-1")


def _folder(desk: Desk, student: str) -> None:
    desk.hand_in_bytes(student, b"no notebook", "adding.ipynb/inside.txt")


def _link(desk: Desk, student: str) -> None:
    (desk.folder(student) / "adding.ipynb").symlink_to(desk.root / "source" / "sums" / "adding.ipynb")


def _large(desk: Desk, student: str) -> None:
    output = nbformat.v4.new_output("stream", text="x" * 30_000_000)
    desk.hand_in(student, edited(desk.solved(), "add", outputs=[output]))


def _modules(desk: Desk, student: str) -> None:
    desk.hand_in(student, desk.solved())
    for name in SHADOWS:
        desk.hand_in_bytes(student, b"raise SystemExit('a module of the student was imported')", name)
    desk.hand_in_bytes(student, b"backend: nonsense", "matplotlibrc")


def _damaged_time(desk: Desk, student: str) -> None:
    desk.hand_in(student, desk.solved(add=WARNS, share="share = 2.5"))
    desk.hand_in_bytes(student, b"\xff\xfe yesterday?", "timestamp.txt")


def _odd_texts(desk: Desk, student: str) -> None:
    marks = "### BEGIN HIDDEN TESTS\ndef add(a, b):\n    return a + b\n"
    notebook = desk.solved(total="total = 6  # \ud800", add=marks)
    notebook.cells.insert(2, nbformat.v4.new_code_cell("import os; os._exit(1)", id="of-my-own"))
    _as_json(desk, student, notebook)


CASES = {
    "truncated": Case(
        "a truncated notebook earns the points of the cells before the break",
        _truncated,
        {"scale": 0.0, "share": 0.0},
        ("is damaged: only its first",),
    ),
    "foreign": Case(
        "a notebook of another course earns nothing and is named as such",
        _foreign,
        NOTHING,
        ("not the notebook that was handed out",),
    ),
    "no-notebook": Case(
        "a folder without a notebook gets zeros and a page that says so",
        lambda desk, student: desk.folder(student),
        NOTHING,
        ("adding.ipynb was not handed in",),
    ),
    "extra": Case(
        "an extra notebook and a renamed copy beside the right one are named and not read",
        _extra,
        {},
        ("notes.ipynb is not a notebook of this assignment", "adding (1).ipynb was not read"),
    ),
    "renamed": Case(
        "a notebook that is only there under another name is graded",
        _renamed,
        {},
        ("Adding-copy (2).ipynb was taken for adding.ipynb",),
    ),
    "deleted": Case(
        "a deleted answer loses its points, deleted tests and read-only cells are put back",
        _deleted,
        {"total": 0.0, "scale": 0.0},
        ("The cell total is missing", "deleted have been put back: given-setup, test-scale"),
    ),
    "copies": Case(
        "of identical, edited, broken and untouched copies the last complete answer counts",
        _copies,
        {},
        (
            "The cell add occurs 2 times; the pieces were joined",
            "The cell scale occurs 2 times; the last one that",
        ),
    ),
    "split": Case(
        "an answer that was split into two cells is put together", _split, {}, ("joined in their order",)
    ),
    "[odd] o'name*": Case("changed cell types are put right, whatever the student is called", _other_types),
    "metadata": Case(
        "edited ids and points, tags and a changed test neither unhook a test nor hide an answer",
        _metadata,
        {"total": 0.0, "scale": 0.0, **NO_SUM},
        ("changed have been put back: test-add_more",),
    ),
    "loops": Case(
        "endless loops and endless printing lose the parts that run into them",
        cells(add=FLOODS, scale=ENDLESS),
        {"scale": 0.0, **NO_SUM},
        ("CellTimeoutError",),
    ),
    "stubborn": Case(
        "a loop that swallows interrupts loses the parts that run into it",
        cells(scale=STUBBORN),
        {"scale": 0.0},
        ("could not be stopped at its time limit",),
    ),
    "raises": Case(
        "an exception in the first answer and a failing import lose their own points only",
        cells(total="total = 1 / 0", add="import not_there\n" + WARNS),
        {"total": 0.0, **NO_SUM},
        ("ZeroDivisionError", "ModuleNotFoundError"),
    ),
    "exits": Case(
        "an answer that ends the process is left out and the rest is graded",
        cells(add="import os\nos._exit(0)"),
        NO_SUM,
        ("ended the notebook's Python process",),
    ),
    "killed": Case(
        "a test in which the process dies is not passed",
        cells(add=KILLS),
        NO_SUM,
        ("ended the notebook's Python process",),
    ),
    "latin-1": Case("a notebook in Latin-1 is read", _latin, {}, ("is not in UTF-8",)),
    "empty": Case(
        "an empty file gets zeros and a sentence", _bytes(b"\n"), NOTHING, ("adding.ipynb is empty",)
    ),
    "folder": Case(
        "a folder named like a notebook gets zeros", _folder, NOTHING, ("adding.ipynb is a folder",)
    ),
    "link": Case("a link to the instructor's notebook is not followed", _link, NOTHING, ("is a link",)),
    "large": Case("30 MB of outputs are dropped and the answers graded", _large, {}, ("has 30 MB",)),
    "modules": Case("modules that travel with a submission are not imported", _modules),
    "warning": Case(
        "a warning costs nothing, a damaged timestamp changes nothing, a partial score is kept",
        _damaged_time,
        {"share": 2.5},
        ("Your code printed something while it was checked", "timestamp.txt holds no date"),
    ),
    "rebinds": Case(
        "rebinding names of a read-only cell is undone and reported",
        cells(total="unit = 'mine'\nstatistics = None\ntotal = 6"),
        {},
        ("redefines statistics, unit",),
    ),
    "blank": Case(
        "a blank left in loses its own points only",
        cells(total="total = ____", share="share = ____"),
        {"total": 0.0, "share": 0.0},
        ("a blank is still empty",),
    ),
    "negative": Case(
        "a negative score counts as none",
        cells(share="share = -1"),
        {"share": 0.0},
        (),
    ),
    "texts": Case(
        "an author's marks and letters that no file can hold do no harm, cells of one's own are not run",
        _odd_texts,
        {},
        ("Cells of your own are not run (1 found)",),
    ),
}
