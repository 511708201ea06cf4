"""The zip that students download: the release, and the wheel of coursekit that it installs.

Nothing is fetched, and two packages of the same release have the same bytes.
"""

import io
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from utils.build.handout import licence_texts, project, wheel_name
from utils.build.leaks import prove_release

# The earliest date a zip can hold; every entry has it, so that the bytes depend on the content alone.
EPOCH = (1980, 1, 1, 0, 0, 0)
EPOCH_SECONDS = "315532800"
READABLE = 0o100644 << 16

PROJECT = """\
[build-system]
requires = []
build-backend = "setuptools.build_meta"

[project]
name = "coursekit"
version = "{version}"
description = "{description}"
requires-python = "{requires-python}"
license = "{license}"
license-files = {files}
dependencies = {dependencies}

[project.optional-dependencies]
lab = {lab}

[tool.setuptools]
packages = {{ find = {{ include = ["coursekit*"] }} }}

[tool.setuptools.package-data]
"*" = ["*.json", "*.svg", "py.typed"]
coursekit = ["jupyter_config/*.py", "jupyter_config/*/*.json", "jupyter_config/*/*.css"]
"""


class PackageError(RuntimeError):
    """The wheel could not be built; the message is the end of pip's log."""


def package(root: Path, assignment: str) -> Path:
    """Write `dist/<assignment>.zip` from `release/<assignment>/` and return its path.

    The release is proved first: raises LeakError if it shows what it should not, PackageError if pip fails.
    """
    entries = handed_out(root, assignment)
    target = root / "dist" / f"{assignment}.zip"
    target.parent.mkdir(exist_ok=True)
    target.write_bytes(zipped({f"{assignment}/{name}": content for name, content in entries.items()}))
    return target


def handed_out(root: Path, assignment: str) -> dict[str, bytes]:
    """Return every file that a student gets, by name: the release, proved first, and the wheel.

    Raises as `package` does.
    """
    prove_release(root, assignment)
    release = root / "release" / assignment
    files = {path.name: path.read_bytes() for path in release.iterdir() if path.is_file()}
    return {**files, wheel_name(root): build_wheel(root)}


def build_wheel(root: Path) -> bytes:
    """Return the wheel of `coursekit/` alone. Raises PackageError."""
    with tempfile.TemporaryDirectory() as scratch:
        here = Path(scratch)
        shutil.copytree(root / "coursekit", here / "coursekit")
        for name, text in {"pyproject.toml": _project_text(root), **licence_texts(root)}.items():
            (here / name).write_text(text, encoding="utf-8")
        _run_pip(here)
        return _repacked((here / "wheel" / wheel_name(root)).read_bytes())


def _project_text(root: Path) -> str:
    """Return the student package's pyproject.toml, every fact in it taken from the course's."""
    about = project(root)
    lists = {
        "files": _toml(list(licence_texts(root))),
        "dependencies": _toml(about["dependencies"]),
        "lab": _toml(about["optional-dependencies"]["lab"]),
    }
    return PROJECT.format(**{**about, **lists})


def _toml(texts: list[str]) -> str:
    """Return a list of texts as TOML."""
    return "[" + ", ".join(f"'{text}'" for text in texts) + "]"


def _run_pip(folder: Path) -> None:
    """Build a wheel into `folder/wheel` with what is installed, offline. Raises PackageError."""
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "--no-deps",
        "--no-build-isolation",
        "--no-index",
        "--quiet",
    ]
    command += ["--disable-pip-version-check", "--wheel-dir", "wheel", "."]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH_SECONDS}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise PackageError(f"the wheel of coursekit could not be built:\n{done.stderr[-2000:]}")


def _repacked(wheel: bytes) -> bytes:
    """Return a wheel with its entries in order, dated alike; the recorded hashes hold, for contents stay."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        return zipped({name: archive.read(name) for name in archive.namelist()})


def zipped(entries: Mapping[str, bytes]) -> bytes:
    """Return a zip of named contents whose bytes depend on nothing else."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(entries):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.external_attr = READABLE
            entry.create_system = 3  # Unix, also where the zip is made on Windows
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, entries[name])
    return buffer.getvalue()
