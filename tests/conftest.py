"""What all tests share: no window for figures, one thread for torch, the course's root."""

import os
from pathlib import Path

import pytest

os.environ.setdefault("MPLBACKEND", "Agg")
os.environ.setdefault("OMP_NUM_THREADS", "1")


@pytest.fixture(scope="session")
def course_root() -> Path:
    return Path(__file__).resolve().parents[1]
