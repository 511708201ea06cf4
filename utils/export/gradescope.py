"""An autograder for Gradescope: the grader, the release, the hidden tests and two scripts, in one zip.

Gradescope unpacks it to /autograder/source, runs setup.sh once, and run_autograder for every submission.
"""

from __future__ import annotations

import io
import json
import sqlite3
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Literal

from utils.build.handout import project
from utils.build.package import EPOCH
from utils.checks.course_key import key_file
from utils.grading.course_setup import course_of, settings, tests_written
from utils.grading.gradebook import OpenGradebook

Visibility = Literal["after_published", "after_due_date", "hidden", "visible"]
CODE = Path(__file__).resolve().parents[2]
CODE_FILES = (".py", ".json", ".svg", ".typed")
LEFT_OUT = ("__pycache__", "sample_class")
SCRIPTS = ("setup.sh", "run_autograder")
EXECUTABLE, PRIVATE = 0o100700 << 16, 0o100600 << 16
SETUP = Path(__file__).with_name("setup.sh")
RUN = Path(__file__).with_name("run_autograder.sh")


def autograder(
    root: Path, assignment: str, *, trusted: bool = False, visibility: Visibility = "after_published"
) -> dict[str, bytes]:
    """Return the files of the autograder by their names.

    With `trusted`, student code is run without a box where none can be made. Raises `GradebookError`,
    `StaleRelease` when the release is not what the tests belong to.
    """
    chosen = {"assignment": assignment, "trusted": trusted, "visibility": visibility}
    files = {
        "setup.sh": SETUP.read_bytes(),
        "run_autograder": RUN.read_bytes(),
        "requirements.txt": _requirements(root).encode(),
        "settings.json": json.dumps(chosen, indent=1).encode(),
        "course/nbgrader_config.py": (root / "nbgrader_config.py").read_bytes(),
        "course/pyproject.toml": (root / "pyproject.toml").read_bytes(),
        "course/gradebook.db": _empty_gradebook(root, assignment),
    }
    release = root / "release" / assignment
    files |= {
        f"course/release/{assignment}/{path.name}": path.read_bytes()
        for path in sorted(release.glob("*.ipynb"))
    }
    if key := key_file(root):
        files["course/.course-key"] = key.read_bytes()
    return files | dict(_code())


def _empty_gradebook(root: Path, assignment: str) -> bytes:
    """Return a gradebook that knows the assignment with its hidden tests, and no student."""
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch, "gradebook.db")
        with OpenGradebook(f"sqlite:///{path}", assignment) as book:
            tests_written(book, course_of(root, assignment, "split", settings(root)))
            book.engine.dispose()
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")  # everything in the one file
        return path.read_bytes()


def _requirements(root: Path) -> str:
    """Return what the grader needs, each version as the course states it."""
    about = project(root)
    own = f"{about['name']}["
    lists = [about["dependencies"], *(about["optional-dependencies"][kind] for kind in ("lab", "course"))]
    wanted = [text for one in lists for text in one if not text.startswith(own)]
    return "".join(f"{text}\n" for text in dict.fromkeys(wanted))


def _code() -> Iterator[tuple[str, bytes]]:
    """Yield the grader's own files: what a student gets, and what grades."""
    for package in ("coursekit", "utils"):
        for path in sorted((CODE / package).rglob("*")):
            inside = path.relative_to(CODE)
            code = path.suffix in CODE_FILES or path in (SETUP, RUN) or path.name == "py.typed"
            if path.is_file() and code and not set(LEFT_OUT) & set(inside.parts):
                yield f"code/{inside.as_posix()}", path.read_bytes()


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Return a zip whose scripts can be run and whose files only their owner reads; alike for like files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system = 3  # Unix, also where the zip is made on Windows
            entry.external_attr = EXECUTABLE if name in SCRIPTS else PRIVATE
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, files[name])
    return buffer.getvalue()
