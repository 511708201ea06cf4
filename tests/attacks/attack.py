"""What an attack is: a submission, the points it may earn, and what its student and instructor must read."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from tests.attacks.assignment import ASSIGNMENT, LESSON, TEXT, WRONG, WRONG_SQUARE
from utils.build.lessons import load
from utils.build.release import build_release
from utils.build.solved import answers
from utils.build.source import build_source
from utils.grading.submission import enter

ROOT = Path(__file__).resolve().parents[2]
# Attacks write down what they found with this; the line is read from the outputs of the graded notebook.
PRELUDE = """\
import json

def loot(**found):
    print("loot", json.dumps(found, default=repr))

"""


class Desk:
    """Where attackers write and hand in."""

    def __init__(self, root: Path, assignment: str = ASSIGNMENT, lesson: str = LESSON) -> None:
        self.root, self.assignment, self.lesson = root, assignment, lesson

    def released(self) -> NotebookNode:
        """Return the notebook as it was handed out."""
        return nbformat.read(self.root / "release" / self.assignment / f"{self.lesson}.ipynb", as_version=4)

    def right(self) -> dict[str, str]:
        """Return the right text of every cell to fill in."""
        return answers(load(self.root / "lessons" / self.assignment / f"{self.lesson}.py"))

    def notebook(self, *right: str, **cells: str) -> NotebookNode:
        """Return a notebook with wrong answers, except for cells that are right or whose text is given.

        Of another lesson than the hostile one, the other cells stay as they were handed out.
        """
        model = self.right()
        others = WRONG if self.lesson == LESSON else {}
        return enter(self.released(), {**others, **{name: model[name] for name in right}, **cells})

    def folder(self, student: str) -> Path:
        """Return the folder that a student hands in, made if need be."""
        folder = self.root / "submitted" / student / self.assignment
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def hand_in(self, student: str, notebook: NotebookNode, name: str = "") -> Path:
        """Write a notebook as JupyterLab would, and return its path."""
        return self.hand_in_bytes(student, nbformat.writes(notebook, version=4).encode(), name)

    def hand_in_bytes(self, student: str, content: bytes, name: str = "") -> Path:
        """Write a file of a submission, the notebook unless it has another name, and return its path."""
        path = self.folder(student) / (name or f"{self.lesson}.ipynb")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path


HandIn = Callable[[Desk, str], object]


@dataclass(frozen=True)
class Attack:
    """One hostile submission. `key` starts with the id of its case and names the student who hands it in.

    `points` holds the parts that earn any; all others must earn exactly 0. `told` are words that the student
    reads in the graded notebook, `untold` words that must not stand there; `loot` is what the attack may have
    found, exactly.
    `fails` are words of the reason when nobody is graded from the file; then nothing at all is recorded.
    `may_be_stopped`: a slow machine may reach the limit of the cell before the attack tells what it found.
    `not_in_stock` says why stock nbgrader is not shown this attack on the machine that runs the tests.
    """

    key: str
    what: str
    hand_in: HandIn
    points: Mapping[str, float] = field(default_factory=dict)
    told: tuple[str, ...] = ()
    untold: tuple[str, ...] = ()
    loot: Mapping[str, object] = field(default_factory=dict)
    fails: tuple[str, ...] = ()
    may_be_stopped: bool = False
    not_in_stock: str = ""

    @property
    def case(self) -> str:
        """Return the id of the case: `S01`."""
        return self.key.partition("-")[0].upper()


def cell(text: str, *right: str, part: str = "square") -> HandIn:
    """Return a submission with a hostile cell among wrong answers, and right ones where they are named."""
    if "loot(" in text:
        text = PRELUDE + text
    if part == "square" and "def square" not in text:
        text = f"{text.rstrip()}\n\n{WRONG_SQUARE}"

    def hand_in(desk: Desk, student: str) -> None:
        desk.hand_in(student, desk.notebook(*right, **{part: text}))

    return hand_in


def files(contents: Mapping[str, str], *right: str) -> HandIn:
    """Return a submission of wrong answers with files beside the notebook."""

    def hand_in(desk: Desk, student: str) -> None:
        desk.hand_in(student, desk.notebook(*right))
        for name, text in contents.items():
            desk.hand_in_bytes(student, text.encode(), name)

    return hand_in


def make_course(root: Path) -> Path:
    """Build the hostile course in `root` and return it."""
    return _built(root, ASSIGNMENT, LESSON, TEXT)


def make_real_course(root: Path, assignment: str, lesson: str) -> Path:
    """Build a course of one of our own lessons in `root` and return it."""
    return _built(
        root, assignment, lesson, (ROOT / "lessons" / assignment / f"{lesson}.py").read_text("utf-8")
    )


def _built(root: Path, assignment: str, lesson: str, text: str) -> Path:
    folder = root / "lessons" / assignment
    folder.mkdir(parents=True)
    (folder / f"{lesson}.py").write_text(text, encoding="utf-8")
    # Copied, not linked: nbgrader's settings take the folder that they lie in for the course.
    for name in ("nbgrader_config.py", "pyproject.toml"):
        shutil.copy(ROOT / name, root)
    build_source(root, assignment)
    build_release(root, assignment)
    return root
