"""The notebooks themselves, run: the solved ones to their end, the released ones to their first blank."""

from pathlib import Path

import nbformat
import pytest

from utils.build.lessons import lesson_paths
from utils.grading.release_proof import run

ROOT = Path(__file__).resolve().parents[2]
LESSONS = [path.stem for path in lesson_paths(ROOT, "attention")]


def test_the_assignment_has_its_six_lessons():
    assert sorted(
        [
            "scaled_dot_product",
            "argmax_attention",
            "multi_head_attention",
            "decoding",
            "kernel_attention",
            "linear_attention",
        ]
    ) == LESSONS


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_solved_notebook_runs_without_an_error_and_without_a_word_on_stderr(lesson, tmp_path):
    notebook = nbformat.read(ROOT / "source" / "attention" / f"{lesson}.ipynb", as_version=4)
    assert run(notebook, tmp_path) is None
    outputs = [(cell.id, output) for cell in notebook.cells for output in cell.get("outputs", [])]
    assert [(name, o.text) for name, o in outputs if o.output_type == "stream" and o.name == "stderr"] == []
    figures = [name for name, o in outputs if "image/png" in o.get("data", {})]
    assert len(figures) >= 2


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_released_notebook_runs_to_its_first_blank_which_says_where_it_is(lesson, tmp_path):
    stop = run(nbformat.read(ROOT / "release" / "attention" / f"{lesson}.ipynb", as_version=4), tmp_path)
    assert stop is not None
    assert stop.error == "EmptyBlank"
    assert "still empty" in stop.message
