"""What a student reads about a real lesson: the message of a check, and nothing of the check itself."""

from __future__ import annotations

import shutil
from pathlib import Path

import nbformat
import pytest
from graded_class import page_text
from scratch_course import ROOT

from utils.build.lessons import load
from utils.build.release import build_release
from utils.build.solved import solved
from utils.build.source import build_source
from utils.grading.class_run import grade_class
from utils.grading.feedback_run import write_feedback
from utils.grading.scores import scores_of
from utils.grading.submission import enter

ASSIGNMENT, LESSON = "attention", "scaled_dot_product"
# An exception that no check expects, because only the grader's own code meets it.
TRAP = """
class Trap:
    def __eq__(self, other):
        raise RuntimeError("this answer cannot be compared")

    def __str__(self):
        raise RuntimeError("this answer cannot be shown")

    __repr__ = __float__ = __str__
    __hash__ = None
"""
ANSWERS = {
    "a_instance": "mean_in_example = 15",
    "b_instance": TRAP + "variance_in_example = Trap()",
    "a_function": (
        "import warnings\ndef mean_dot(mu, sigma):\n    warnings.warn('of mine', stacklevel=2)\n"
        "    return (mu**2).sum(dim=-1)"
    ),
    "b_function": "def variance_dot(mu, sigma):\n    return mu.no_such_method()",
    "c_function": "def scaled_scores(query, key):\n    return query @ key.transpose(-2, -1)",
}


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a course with one real lesson, in which one student has made different kinds of mistakes."""
    root = tmp_path_factory.mktemp("real") / "course"
    (root / "lessons" / ASSIGNMENT).mkdir(parents=True)
    for name in ("nbgrader_config.py", "pyproject.toml", f"lessons/{ASSIGNMENT}/{LESSON}.py"):
        shutil.copy(ROOT / name, root / name)
    build_source(root, ASSIGNMENT)
    build_release(root, ASSIGNMENT)
    notebook = enter(solved(load(root / "lessons" / ASSIGNMENT / f"{LESSON}.py")), ANSWERS)
    folder = root / "submitted" / "ada" / ASSIGNMENT
    folder.mkdir(parents=True)
    nbformat.write(notebook, folder / f"{LESSON}.ipynb")
    (outcome,) = grade_class(root, ASSIGNMENT, ["ada"], mode="trusted")
    assert outcome.state == "graded", outcome.log
    write_feedback(root, ASSIGNMENT, ["ada"])
    return root


@pytest.fixture(scope="module")
def page(course: Path) -> str:
    """Return what the student reads."""
    return page_text(course / "feedback" / "ada" / ASSIGNMENT / f"{LESSON}.html")


def test_a_page_shows_the_message_of_a_wrong_answer(page: str) -> None:
    assert "mean_in_example is not right." in page
    assert "first wrong thing" in page


def test_a_page_shows_what_an_exception_in_a_check_says_and_not_where(page: str) -> None:
    assert "cannot be" in page
    assert "no_such_method" in page
    assert "of mine" in page


@pytest.mark.parametrize(
    "secret",
    [
        "utils.checks",
        "utils/checks",
        "utils/grading",
        "checks.check_",
        "HIDDEN TESTS",
        "import scaled_dot_product as checks",
        "site-packages",
        "Traceback",
        "self.judge",
        "raise judgement",
    ],
)
def test_no_page_shows_code_or_places_of_the_checks(page: str, secret: str) -> None:
    assert secret not in page


def test_only_the_wrong_answers_lose_points(course: Path) -> None:
    lost = {
        part.split(".")[1]
        for part, score in scores_of(course, ASSIGNMENT, "ada").items()
        if score.points < score.out_of and not score.waits
    }
    assert lost == {"a_instance", "b_instance", "b_function", "c_function"}
