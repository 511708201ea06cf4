"""A scratch course and a command to give it; grading is done by workers that decide at once."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

# The scratch course and its quick workers are those of the tests of grading.
sys.path[:0] = [str(Path(__file__).parents[1] / "grading"), str(Path(__file__).parents[1] / "faults")]

from fake_worker import team  # noqa: E402
from scratch_course import ASSIGNMENT, Desk, make_course  # noqa: E402

from utils.cli import main  # noqa: E402
from utils.grading import digests  # noqa: E402
from utils.grading.class_run import Outcome, grade_class, students_of  # noqa: E402
from utils.grading.gradebook import OpenGradebook  # noqa: E402


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the scratch course as it was built. Copy it before changing anything."""
    return make_course(tmp_path_factory.mktemp("built") / "course")


class Class:
    """A class of the scratch course, and what an instructor does to it."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.root, self.desk, self._capsys = root, Desk(root), capsys
        self.url = f"sqlite:///{root}/gradebook.db?timeout=60"

    def course(self, *words: str, code: int = 0) -> str:
        """Run a command and return what it printed; it has to end with the code."""
        ended = main([*words, "--db", self.url])
        said = self._capsys.readouterr()
        assert ended == code, said
        return said.out + said.err

    def book(self) -> OpenGradebook:
        """Open the gradebook."""
        return OpenGradebook(self.url, ASSIGNMENT)

    def hand_in(self, student: str, when: str = "") -> None:
        """Hand in both lessons, right, with a time in timestamp.txt if one is given."""
        self.desk.hand_in(student, self.desk.solved())
        self.desk.hand_in(student, self.desk.solved("doubling"), "doubling.ipynb")
        if when:
            self.desk.hand_in_bytes(student, when.encode(), "timestamp.txt")

    def grade(self) -> dict[str, Outcome]:
        """Grade everybody; return what happened, by student."""
        students = students_of(self.root, ASSIGNMENT)
        done = grade_class(self.root, ASSIGNMENT, students, open_workers=team(), db=self.url)
        return {outcome.student: outcome for outcome in done}

    def file(self, name: str, content: str | bytes) -> Path:
        """Write a file beside the course and return its path."""
        path = self.root.parent / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path


@pytest.fixture
def make_class(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[], Class]:
    """Return what makes a class; the current folder is its course."""
    monkeypatch.setattr(digests, "CODE_THAT_DECIDES", ())  # the code may be worked on while the tests run

    def make() -> Class:
        root = shutil.copytree(built, tmp_path / "course")
        monkeypatch.chdir(root)
        return Class(root, capsys)

    return make


@pytest.fixture
def klass(make_class: Callable[[], Class]) -> Class:
    """Return a class in which nobody has handed in anything."""
    return make_class()
