"""A student's seat: what is handed out, in a Python without the instructor's package."""

import shutil
import subprocess
from pathlib import Path

import pytest

from utils.build.release import build_release
from utils.build.seat import Seat, take_seat
from utils.build.source import build_source

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def released(course: Path) -> Path:
    """Return the scratch course with a release and a copy of coursekit."""
    shutil.copytree(ROOT / "coursekit", course / "coursekit", ignore=shutil.ignore_patterns("__pycache__"))
    build_source(course, "means")
    build_release(course, "means")
    return course


def said(seat: Seat, code: str) -> str:
    done = subprocess.run(
        [seat.python, "-c", code],
        env=seat.environment,
        cwd=seat.work,
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


@pytest.mark.slow
def test_a_seat_has_the_students_coursekit_its_settings_the_libraries_and_nothing_of_the_instructors(
    released: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PYTHONPATH", "JUPYTER_PATH", "NBGRADER_EXECUTION", "MPLBACKEND", "JPY_SESSION_NAME"):
        monkeypatch.setenv(name, "instructor")
    seat = take_seat(released, "means", tmp_path / "seat")
    place = Path(said(seat, "import coursekit; print(coursekit.__file__)"))
    assert place.is_relative_to(tmp_path / "seat")
    settings = Path(said(seat, "from coursekit.lab import SETTINGS; print(SETTINGS)"))
    shipped = {
        str(path.relative_to(settings))
        for path in settings.rglob("*")
        if path.suffix in (".py", ".json", ".css")
    }
    assert shipped == {
        "labconfig/page_config.json",
        "jupyter_server_config.d/student.json",
        "jupyter_server_config.py",
        "custom/custom.css",
        "nbgrader_config.py",
    }
    assert (
        said(seat, "import jupyterlab, nbgrader, importlib.util as i; print(i.find_spec('utils'))") == "None"
    )
    assert "instructor" not in seat.environment.values()
    assert {path.name for path in seat.work.iterdir()} >= {"mean.ipynb", "README.md", "requirements.txt"}


@pytest.mark.slow
def test_a_students_notebooks_stay_as_they_are_and_all_else_is_made_anew(
    released: Path, tmp_path: Path
) -> None:
    first = take_seat(released, "means", tmp_path / "seat")
    assert first.kept == ()
    (first.work / "mean.ipynb").write_text("my work", encoding="utf-8")
    (first.work / "README.md").write_text("torn", encoding="utf-8")
    second = take_seat(released, "means", tmp_path / "seat")
    assert second.kept == ("mean.ipynb",)
    assert (second.work / "mean.ipynb").read_text("utf-8") == "my work"
    assert (second.work / "README.md").read_bytes() == (released / "release/means/README.md").read_bytes()
