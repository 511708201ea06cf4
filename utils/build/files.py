"""Writing only what changed, so that a build that changes nothing leaves no trace."""

import shutil
from collections.abc import Collection
from pathlib import Path


def write_if_changed(path: Path, content: bytes) -> bool:
    """Write a file unless it holds these bytes already; return whether it was written."""
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return True


def remove_others(folder: Path, keep: Collection[str]) -> list[Path]:
    """Remove what lies in a folder under any other name; return what was removed.

    Jupyter's checkpoints are left alone: they are an editor's and ignored by git and nbgrader.
    """
    others = [
        path for path in folder.iterdir() if path.name not in keep and path.name != ".ipynb_checkpoints"
    ]
    for path in others:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    return others
