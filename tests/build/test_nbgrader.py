"""nbgrader itself, as configured, grades the small lesson and writes its feedback."""

import copy
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbgrader.api import Gradebook
from nbgrader.apps import NbGraderAPI

from utils.build.labels import without_heads
from utils.build.lessons import load
from utils.build.notebooks import to_text
from utils.build.release import build_release, course_config
from utils.build.solved import answers, solved
from utils.build.source import build_source

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.slow


@pytest.fixture
def kernel_path(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let kernels import this checkout, installed or not, and nbgrader find its programs."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PATH", os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    return


@pytest.fixture
def built(course: Path, kernel_path: None) -> Path:
    """Return the scratch course, built."""
    build_source(course, "means")
    build_release(course, "means")
    return course


def released(course: Path) -> Any:
    return nbformat.read(course / "release" / "means" / "mean.ipynb", as_version=4)


def submit(course: Path, student: str, notebook: Any) -> None:
    folder = course / "submitted" / student / "means"
    folder.mkdir(parents=True)
    (folder / "mean.ipynb").write_text(to_text(notebook), encoding="utf-8")


def perfect(course: Path) -> Any:
    """Return the release with every answer filled in."""
    notebook = released(course)
    texts = answers(load(course / "lessons" / "means" / "mean.py"))
    for cell in notebook.cells:
        cell.source = texts.get(cell.id, cell.source)
    return notebook


def test_a_perfect_submission_is_the_solved_lesson_cell_for_cell(built: Path) -> None:
    lesson = load(built / "lessons" / "means" / "mean.py")
    handed_in = perfect(built).cells
    texts = zip((cell.id for cell in handed_in), without_heads(handed_in), strict=True)
    assert list(texts)[:-2] == [(cell.id, cell.source) for cell in solved(lesson).cells]


def test_nbgrader_grades_a_class_and_feedback_shows_no_hidden_test(built: Path) -> None:
    wrong, doubled = perfect(built), perfect(built)
    solution = next(cell for cell in wrong.cells if cell.id == "mean")
    solution.source = solution.source.replace("total / len(numbers)", "(numbers[0] + numbers[1]) / 2")
    copied = copy.deepcopy(next(cell for cell in doubled.cells if cell.id == "test-mean"))
    copied.id = "copy"
    doubled.cells.append(copied)
    for student, notebook in (
        ("ada", perfect(built)),
        ("bea", released(built)),
        ("cyd", wrong),
        ("dan", doubled),
    ):
        submit(built, student, notebook)
    api = NbGraderAPI(config=course_config(built))
    scores = {}
    for student in ("ada", "bea", "cyd", "dan"):
        result = api.autograde("means", student)
        assert result["success"], result
        with Gradebook(f"sqlite:///{built}/gradebook.db", "efficient-attention") as book:
            scores[student] = book.find_submission("means", student).score
    assert scores == {"ada": 2, "bea": 0, "cyd": 0, "dan": 2}
    assert api.generate_feedback("means", "cyd")["success"]
    page = (built / "feedback" / "cyd" / "means" / "mean.html").read_text("utf-8")
    assert "AssertionError: Your answer here." in page
    assert "HIDDEN TESTS" not in page
    assert "[3, 5, 10]" not in page
    assert "utils.build" not in page
