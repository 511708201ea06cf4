"""Exports of learning platforms, made small: a course with two lessons, and zips with any names in them."""

from __future__ import annotations

import io
import json
import stat
import zipfile
from collections.abc import Mapping
from pathlib import Path

ASSIGNMENT = "sums"
LESSONS = ("adding", "doubling")


def course(root: Path) -> Path:
    """Make a folder that counts as a course with two lessons."""
    lessons = root / "lessons" / ASSIGNMENT
    lessons.mkdir(parents=True)
    (root / "nbgrader_config.py").touch()
    for name in LESSONS:
        (lessons / f"{name}.py").touch()
    return root


def notebook(text: str) -> bytes:
    """Return a notebook in which a student wrote something."""
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "source": text}
    return json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}).encode()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip of files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 1, 30, 15, 0, 0)), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def of_kind(name: str, kind: int, content: bytes) -> bytes:
    """Return a zip with one entry of a kind that is no ordinary file."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        info = zipfile.ZipInfo(name)
        info.create_system = 3
        info.external_attr = (kind | stat.S_IRWXU) << 16
        archive.writestr(info, content)
    return buffer.getvalue()


def submitted(root: Path) -> dict[str, str]:
    """Return every notebook and time in submitted/ by its path; not what grading does not see."""
    folder = root / "submitted"
    paths = [path for path in folder.rglob("*") if path.is_file()]
    seen = [path.relative_to(folder) for path in paths]
    return {
        path.as_posix(): _shown(folder / path)
        for path in sorted(seen)
        if not any(part.startswith(".") for part in path.parts)
    }


def _shown(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return text.strip() if path.suffix == ".txt" else json.loads(text)["cells"][0]["source"]
