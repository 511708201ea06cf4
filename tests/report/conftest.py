"""A course whose gradebook the tests fill themselves."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest

# The module beside this file is for these tests alone, so they are no package.
sys.path.insert(0, str(Path(__file__).parent))

from made_class import ROOT, make_course  # noqa: E402

ASSIGNMENT = "attention"


@pytest.fixture(scope="session")
def entered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a course with one real lesson, entered in a gradebook that knows nobody. Copy it first."""
    text = (ROOT / "lessons" / ASSIGNMENT / "decoding.py").read_text(encoding="utf-8")
    return make_course(tmp_path_factory.mktemp("entered") / "course", ASSIGNMENT, {"decoding": text})


@pytest.fixture
def course(entered: Path, tmp_path: Path) -> Path:
    """Return a copy of that course."""
    return shutil.copytree(entered, tmp_path / "course")
