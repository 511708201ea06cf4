"""A graded course of one real lesson."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import nbformat
import pytest

# The modules beside this file are for these tests alone, so they are no package; attacks are everybody's.
sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).resolve().parents[2])]

from utils.build.lessons import load  # noqa: E402
from utils.build.release import build_release  # noqa: E402
from utils.build.solved import solved  # noqa: E402
from utils.build.source import build_source  # noqa: E402
from utils.grading.class_run import grade_class  # noqa: E402
from utils.grading.submission import TIMESTAMP, enter  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
ASSIGNMENT, LESSON = "attention", "scaled_dot_product"
WRONG_SHAPE = "def mean_dot(mu, sigma):\n    return (mu**2).sum(dim=-1, keepdim=True)"


@pytest.fixture(scope="session")
def graded_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a course with one real lesson, answered by ada with one mistake, graded. Copy it before use."""
    root = tmp_path_factory.mktemp("feedback") / "course"
    (root / "lessons" / ASSIGNMENT).mkdir(parents=True)
    for name in ("nbgrader_config.py", "pyproject.toml", f"lessons/{ASSIGNMENT}/{LESSON}.py"):
        shutil.copy(ROOT / name, root / name)
    build_source(root, ASSIGNMENT)
    build_release(root, ASSIGNMENT)
    notebook = solved(load(root / "lessons" / ASSIGNMENT / f"{LESSON}.py"))
    folder = root / "submitted" / "ada" / ASSIGNMENT
    folder.mkdir(parents=True)
    nbformat.write(enter(notebook, {"a_function": WRONG_SHAPE}), folder / f"{LESSON}.ipynb")
    (folder / "timestamp.txt").write_text(TIMESTAMP, encoding="utf-8")
    (outcome,) = grade_class(root, ASSIGNMENT, ["ada"], mode="trusted")
    assert outcome.state == "graded", outcome.log
    return root


@pytest.fixture
def course(graded_once: Path, tmp_path: Path) -> Path:
    return shutil.copytree(graded_once, tmp_path / "course")
