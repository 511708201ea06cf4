"""The hostile class, graded once for all tests of a file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

# The modules beside this file import each other as `tests.attacks`, as `python -m tests.attacks.stock` does.
sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
pytest.register_assert_rewrite("tests.attacks.promises")

from tests.attacks.attack import Desk, make_course  # noqa: E402
from tests.attacks.graded import GradedClass, grade  # noqa: E402
from tests.attacks.registry import ATTACKS  # noqa: E402


@pytest.fixture(scope="session")
def graded(tmp_path_factory: pytest.TempPathFactory) -> GradedClass:
    """Return a class in which every attack sits among honest students, graded with warm boxes."""
    return grade(Desk(make_course(tmp_path_factory.mktemp("attacks") / "course")), ATTACKS)
