"""What a score depends on, as a digest: a task whose digest has not changed need not be graded again.

A digest has two halves: what the student handed in, and everything else (tests, code, course key, versions).
"""

from __future__ import annotations

import ast
import hashlib
import stat
import sys
from collections.abc import Collection, Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from utils.grading.reading import LARGEST_NOTEBOOK, files_for
from utils.grading.submitted_files import NotTaken, notebooks_below
from utils.grading.tasks import Course

CODE = Path(__file__).resolve().parents[2]
CODE_THAT_DECIDES = ("coursekit", "utils/build", "utils/checks", "utils/reference", "utils/grading")
# Settings that change no verdict, only what lateness costs.
_LATENESS = [["c", name] for name in ("AssignLatePenalties", "LateSubmissionPlugin", "PercentPerDay")]
VERSIONS = ("torch", "numpy", "ipython", "nbgrader")
HALF = 32  # hexadecimal digits of each half: 128 bits, no two will ever agree by chance


class Digests:
    """The digests of one run's tasks; the code is read once."""

    def __init__(self, course: Course) -> None:
        self._course = course
        text = (course.folder / "nbgrader_config.py").read_text(encoding="utf-8")
        ours = (course.mode.encode(), settings_that_decide(text).encode(), _key(course))
        self._common = _of_files(_code(), *ours, *_versions())

    def of(self, student: str, lesson: str) -> str:
        """Return the digest of a task, as its submission lies there now."""
        handed_in = submission_digest(self._course.submitted(student), lesson, self._course.lessons)
        named = hashlib.sha256(f"{student}\0{handed_in}".encode("utf-8", "surrogatepass")).hexdigest()
        return f"{named[:HALF]}-{self.of_lesson(lesson)}"

    def of_lesson(self, lesson: str) -> str:
        """Return the half of a digest that is the same for all students."""
        course = self._course
        files = [Path(course.tests[lesson]), course.released(lesson)]
        names = "\0".join(course.lessons).encode()
        return _of_files({path.name: path for path in files}, self._common.encode(), names)[:HALF]


def settings_that_decide(text: str) -> str:
    """Return the settings in the text of `nbgrader_config.py` without comments and those about lateness.

    What lateness costs is worked out from the gradebook (`utils.grading.lateness`), after each run.
    """
    tree = ast.parse(text)
    tree.body = [line for line in tree.body if not _about_lateness(line)]
    return ast.unparse(tree)


def _about_lateness(line: ast.stmt) -> bool:
    """Return whether a line is like `c.PercentPerDay.percent_per_day = 10`."""
    if not isinstance(line, ast.Assign):
        return False
    return all(ast.unparse(target).split(".")[:2] in _LATENESS for target in line.targets)


def same_submission(one: str, other: str) -> bool:
    """Return whether two digests are about the same submitted files."""
    return one.partition("-")[0] == other.partition("-")[0]


def submission_digest(folder: Path, lesson: str, lessons: Collection[str]) -> str:
    """Return a digest of what intake reads for a lesson: its file, the names of the others, the time.

    Of a submission that cannot be taken in it is a digest of the reason, so nobody's files stop a class.
    """
    try:
        names = sorted(path.relative_to(folder).as_posix() for path in notebooks_below(folder))
        chosen = files_for(folder, lessons)[0].get(lesson)
    except NotTaken as error:
        return hashlib.sha256(f"not taken: {error}".encode("utf-8", "surrogatepass")).hexdigest()
    digest = hashlib.sha256("\0".join(names).encode("utf-8", "surrogatepass"))
    for path in (chosen, folder / "timestamp.txt"):
        digest.update(b"\0" + (b"none" if path is None else _content(path)))
    return digest.hexdigest()


def _content(path: Path) -> bytes:
    """Return what is in a file, or what intake says instead: its kind, its size, that it cannot be read."""
    try:
        about = path.lstat()
        if not stat.S_ISREG(about.st_mode):
            return b"kind %o" % stat.S_IFMT(about.st_mode)
        if about.st_size > LARGEST_NOTEBOOK:
            return b"size %d" % about.st_size
        return b"file " + path.read_bytes()
    except FileNotFoundError:
        return b"none"
    except OSError as error:
        return f"not read: {error.strerror}".encode()


def _code() -> dict[str, Path]:
    paths = [path for part in CODE_THAT_DECIDES for path in (CODE / part).rglob("*.py")]
    return {path.relative_to(CODE).as_posix(): path for path in paths}


def _versions() -> Iterable[bytes]:
    yield sys.version.encode()
    for name in VERSIONS:
        try:
            yield f"{name} {version(name)}".encode()
        except PackageNotFoundError:
            yield name.encode()


def _key(course: Course) -> bytes:
    return Path(course.key).read_bytes() if course.key else b"public"


def _of_files(files: dict[str, Path], *more: bytes) -> str:
    digest = hashlib.sha256()
    for name, path in sorted(files.items()):
        digest.update(f"{name}\0".encode() + path.read_bytes() + b"\0")
    for text in more:
        digest.update(text + b"\0")
    return digest.hexdigest()
