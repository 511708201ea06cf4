"""Source to release, by nbgrader in this process."""

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from utils.build.files import remove_others, write_if_changed


class ReleaseError(RuntimeError):
    """nbgrader could not make the release; the message is its log."""


def build_release(root: Path, assignment: str) -> list[Path]:
    """Write `release/<assignment>/` from `source/<assignment>/` and return its files, sorted by name.

    nbgrader writes to another folder first, so a failure leaves the old release in place and unchanged files
    keep their times. Cells are recorded in the course's gradebook, which is made if there is none.
    Raises ReleaseError with nbgrader's log.
    """
    folder = root / "release" / assignment
    with tempfile.TemporaryDirectory() as scratch:
        _generate(root, assignment, Path(scratch))
        made = sorted(path for path in (Path(scratch) / assignment).iterdir() if path.is_file())
        for path in made:
            write_if_changed(folder / path.name, path.read_bytes())
    remove_others(folder, {path.name for path in made})
    return [folder / path.name for path in made]


def course_config(root: Path) -> Any:
    """Return the settings in the course's `nbgrader_config.py`, as traitlets' Config."""
    from traitlets.config import PyFileConfigLoader

    config = PyFileConfigLoader("nbgrader_config.py", path=str(root)).load_config()
    config.CourseDirectory.root = str(root.resolve())
    return config


def _generate(root: Path, assignment: str, release: Path) -> None:
    """Have nbgrader write the release of an assignment below a folder. Raises ReleaseError."""
    from nbgrader.converters import GenerateAssignment
    from nbgrader.coursedir import CourseDirectory
    from nbgrader.utils import capture_log

    config = course_config(root)
    course = CourseDirectory(config=config, assignment_id=assignment, release_directory=str(release))
    converter = GenerateAssignment(coursedir=course, config=config, force=True)
    with scripts_on_path():
        result = capture_log(converter)
    if not result["success"]:
        raise ReleaseError(f"{result.get('log', '')}\n{result.get('error', '')}".strip())


@contextlib.contextmanager
def scripts_on_path() -> Iterator[None]:
    """Let nbgrader find `alembic`, which it starts as a program, when only python's full path was given."""
    before = os.environ.get("PATH", "")
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    try:
        yield
    finally:
        os.environ["PATH"] = before
