"""A student's seat on this computer: the download unpacked, and a Python in which `utils` does not exist.

Nothing is fetched: the libraries are those of the running environment, and only coursekit is the student's.

    python -m utils.build.seat attention .student      sets it up and starts JupyterLab there
"""

import io
import os
import shutil
import sys
import sysconfig
import venv
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from utils.build.handout import wheel_name
from utils.build.package import handed_out

OURS = ("PYTHON", "JUPYTER", "JPY_", "IPYTHON", "NBGRADER", "VIRTUAL_ENV", "MPLBACKEND")
OWN_FOLDERS = {
    "JUPYTER_CONFIG_DIR": "jupyter/config",
    "JUPYTER_DATA_DIR": "jupyter/data",
    "JUPYTER_RUNTIME_DIR": "jupyter/runtime",
    "IPYTHONDIR": "jupyter/ipython",
}


@dataclass(frozen=True)
class Seat:
    """Where a student works, and with which Python; `kept` are the notebooks that were there before."""

    work: Path
    python: Path
    environment: Mapping[str, str] = field(repr=False)
    kept: tuple[str, ...] = ()


def take_seat(root: Path, assignment: str, folder: Path) -> Seat:
    """Set up `folder` for an assignment and return it.

    Notebooks that lie there already are somebody's work and stay; all else is made anew.
    Raises LeakError and PackageError as `course package` does.
    """
    folder = folder.resolve()
    files = dict(handed_out(root, assignment))
    python = _environment_without_utils(folder / "venv", files[wheel_name(root)])
    work = folder / assignment
    work.mkdir(parents=True, exist_ok=True)
    kept = tuple(name for name in sorted(files) if name.endswith(".ipynb") and (work / name).exists())
    for name in files.keys() - set(kept):
        (work / name).write_bytes(files[name])
    return Seat(work, python, _settings(folder, python), kept)


def _environment_without_utils(place: Path, wheel: bytes) -> Path:
    """Return the Python of a virtual environment that holds the wheel and sees this one's libraries.

    A line in a .pth file names a folder whose own .pth files are not read. So the libraries beside us are
    found, and the editable install of the course, which is such a .pth file, is not.
    """
    if not place.exists():
        venv.create(place, symlinks=True)
        for shared in ("share/jupyter", "etc/jupyter"):
            (place / shared).parent.mkdir(exist_ok=True)
            (place / shared).symlink_to(Path(sys.prefix) / shared)
    packages = Path(sysconfig.get_path("purelib", "venv", {"base": str(place), "platbase": str(place)}))
    (packages / "libraries.pth").write_text(sysconfig.get_path("purelib") + "\n", encoding="utf-8")
    for old in packages.glob("coursekit*"):
        shutil.rmtree(old)
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        archive.extractall(packages)
    return place / "bin" / "python"


def _settings(folder: Path, python: Path) -> dict[str, str]:
    """Return the variables of a student's shell: none of ours about Python or Jupyter, folders of its own."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    own = {name: str(folder / place) for name, place in OWN_FOLDERS.items()}
    path = os.pathsep.join([str(python.parent), os.environ.get("PATH", os.defpath)])
    return {**plain, **own, "PATH": path, "JUPYTER_PLATFORM_DIRS": "1"}


def main() -> None:
    """Set up a seat, and become the JupyterLab that runs there."""
    assignment, folder, *arguments = sys.argv[1:]
    seat = take_seat(Path.cwd(), assignment, Path(folder))
    if seat.kept:
        print(f"kept in {seat.work}, remove them for fresh ones: {', '.join(seat.kept)}", flush=True)
    # No process of ours stays in between: it would get Ctrl-C, too, and end JupyterLab in mid-sentence.
    os.chdir(seat.work)
    os.execve(seat.python, [str(seat.python), "-m", "coursekit.lab", *arguments], dict(seat.environment))


if __name__ == "__main__":
    main()
