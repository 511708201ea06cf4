"""How long things take. Run with `make bench`; these are figures to look at, not tests with a limit."""

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from coursekit.answers import big_o
from utils.build.lessons import lesson_paths
from utils.build.release import build_release
from utils.build.source import build_source
from utils.grading.release_proof import run

ROOT = Path(__file__).resolve().parents[1]
LESSONS = [path.stem for path in lesson_paths(ROOT, "attention")]


def test_build_all_lessons(benchmark):
    """Target: 5 s."""
    benchmark.pedantic(lambda: (build_source(ROOT, "attention"), build_release(ROOT, "attention")), rounds=3)


@pytest.mark.parametrize("lesson", LESSONS)
def test_run_a_solved_notebook(benchmark, lesson, tmp_path):
    """Target: 5 s on two cores, the start of its kernel included."""
    path = ROOT / "source" / "attention" / f"{lesson}.ipynb"
    stop = benchmark.pedantic(lambda: run(nbformat.read(path, as_version=4), tmp_path), rounds=2)
    assert stop is None


def test_check_one_big_o_answer(benchmark):
    """Target: 20 ms."""
    verdict = benchmark(
        big_o.compare, "d^2 + b d + b n d/h", "O(d^2 + bd + bnd)", ["b", "n", "d", "h"], ["h <= d"]
    )
    assert verdict.relation == "too_loose"


def test_import_coursekit(benchmark):
    """Target: 0.3 s, the start of Python included."""
    benchmark.pedantic(
        lambda: subprocess.run([sys.executable, "-c", "import coursekit"], check=True), rounds=5
    )
