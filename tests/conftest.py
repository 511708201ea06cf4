"""What all tests share: no window for figures, one thread for torch, the course's root, a browser."""

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from utils.build.release import build_release
from utils.build.source import build_source
from utils.grading import sample_class

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="module")  # one browser at a time: a process has room for one of Playwright's loops
def browser() -> Iterator[Any]:
    """Give a running Chromium."""
    from tests.chromium import NoBrowser, chromium

    with contextlib.ExitStack() as stack:
        try:
            running = stack.enter_context(chromium())
        except NoBrowser as error:
            pytest.skip(str(error))
        yield running


@pytest.fixture(scope="session")
def course_root() -> Path:
    return Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def built_copy(course_root: Path) -> Callable[[Path], Path]:
    """Return a function that makes a course of its own in a folder, built, with a gradebook of its own."""

    def make(folder: Path) -> Path:
        # Copied, not linked: nbgrader's settings take the folder that they lie in for the course.
        for name in ("nbgrader_config.py", "pyproject.toml"):
            shutil.copy(course_root / name, folder)
        shutil.copytree(course_root / "lessons", folder / "lessons")
        build_source(folder, "attention")
        build_release(folder, "attention")
        return folder

    return make


def pytest_terminal_summary(terminalreporter) -> None:
    """After the sample class was graded, list the answers without a cell and the verdicts that differ."""
    if not any("test_sample_class" in report.nodeid for report in terminalreporter.stats.get("passed", ())):
        return
    terminalreporter.section("sample class: answers that were not entered in a cell")
    terminalreporter.write_line("\n".join(sample_class.without_a_cell("attention")))
    terminalreporter.section("sample class: where the person who checked and the verified verdict differ")
    terminalreporter.write_line("\n".join(sample_class.disagreements("attention")))
