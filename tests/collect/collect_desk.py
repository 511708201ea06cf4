"""A course to collect into, and what `course collect` does to it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from exported import ASSIGNMENT, course, submitted, zipped

from utils.cli import main


class Desk:
    """A course, and what `course collect` does to it."""

    def __init__(self, root: Path, scratch: Path, monkeypatch: pytest.MonkeyPatch, capsys) -> None:
        self.root, self._scratch, self._capsys = course(root), scratch, capsys
        monkeypatch.chdir(root)

    def zip(self, files: Mapping[str, bytes], name: str = "export.zip") -> Path:
        """Write a zip and return its path."""
        return self.file(name, zipped(files))

    def file(self, name: str, content: bytes) -> Path:
        """Write a file beside the course and return its path."""
        path = self._scratch / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def collect(self, source: Path, *more: str, code: int = 0) -> str:
        """Collect an export; return what was said. The command has to end with the code."""
        ended = main(["collect", ASSIGNMENT, str(source), *more])
        said = self._capsys.readouterr()
        assert ended == code, said
        return said.out + said.err

    @property
    def submitted(self) -> dict[str, str]:
        """Return what lies in submitted/, by path."""
        return submitted(self.root)
