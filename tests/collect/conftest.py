"""A course to collect into, and the command that does it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

# The modules beside this file are for these tests alone, so they are no package.
sys.path.insert(0, str(Path(__file__).parent))

from collect_desk import Desk  # noqa: E402


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Desk:
    """Return a desk in an empty course."""
    return Desk(tmp_path / "course", tmp_path / "exports", monkeypatch, capsys)


@pytest.fixture
def collected(desk: Desk) -> Callable[..., str]:
    """Return a function that zips files and collects them."""

    def run(files: Mapping[str, bytes], *more: str, code: int = 0) -> str:
        return desk.collect(desk.zip(files), *more, code=code)

    return run
