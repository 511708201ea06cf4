"""The zip that students download."""

import io
import os
import shutil
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from utils.build.handout import readme_text, requirements_text, wheel_name
from utils.build.leaks import LeakError
from utils.build.lessons import load
from utils.build.package import PackageError, build_wheel, package, zipped
from utils.build.release import build_release
from utils.build.source import build_source

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def released(course: Path) -> Path:
    """Return the scratch course with a release and a copy of coursekit."""
    shutil.copytree(ROOT / "coursekit", course / "coursekit", ignore=shutil.ignore_patterns("__pycache__"))
    build_source(course, "means")
    build_release(course, "means")
    return course


@pytest.mark.slow
def test_the_zip_holds_the_release_and_the_wheel_and_is_the_same_every_time(released: Path) -> None:
    path = package(released, "means")
    first = path.read_bytes()
    os.utime(released / "coursekit" / "blanks.py", (0, 0))
    (released / "coursekit" / "__pycache__").mkdir()
    (released / "coursekit" / "__pycache__" / "blanks.pyc").write_bytes(b"")
    before = os.umask(0o077)
    try:
        assert package(released, "means").read_bytes() == first
    finally:
        os.umask(before)
    with zipfile.ZipFile(path) as archive:
        wheel = f"coursekit-{version()}-py3-none-any.whl"
        files = ["LICENSE", "README.md", wheel, "mean.ipynb", "requirements.txt"]
        assert archive.namelist() == [f"means/{name}" for name in files]
        assert archive.read("means/LICENSE") == (ROOT / "LICENSE").read_bytes()
        assert archive.read("means/mean.ipynb") == (released / "release/means/mean.ipynb").read_bytes()


@pytest.mark.slow
def test_the_wheel_holds_coursekit_and_nothing_else_of_the_course() -> None:
    with zipfile.ZipFile(io.BytesIO(build_wheel(ROOT))) as wheel:
        names = wheel.namelist()
        metadata = wheel.read(f"coursekit-{version()}.dist-info/METADATA").decode()
        licence = wheel.read(f"coursekit-{version()}.dist-info/licenses/LICENSE")
    assert {name.split("/")[0] for name in names} == {"coursekit", f"coursekit-{version()}.dist-info"}
    python = {str(path.relative_to(ROOT)) for path in (ROOT / "coursekit").rglob("*.py")}
    assert {name for name in names if name.endswith(".py")} == python
    about = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert all(f"Requires-Dist: {needed}\n" in metadata for needed in about["dependencies"])
    assert licence == (ROOT / "LICENSE").read_bytes()
    assert "License-Expression: MIT\n" in metadata
    assert "coursekit/jupyter_config/custom/custom.css" in names
    assert "extra == 'lab'" in metadata.replace('"', "'")
    assert "course" not in metadata.split("Provides-Extra:")[1].split("\n")[0]
    assert "Provides-Extra: dev" not in metadata


@pytest.mark.slow
def test_pip_installs_the_wheel_from_the_unpacked_zip_without_an_index(
    released: Path, tmp_path: Path
) -> None:
    with zipfile.ZipFile(package(released, "means")) as archive:
        archive.extractall(tmp_path / "download")
    folder = tmp_path / "download" / "means"
    command = [
        sys.executable,
        "-m",
        "pip",
        "install",
        "--no-index",
        "--no-deps",
        "--target",
        "here",
        "--quiet",
    ]
    command += ["--disable-pip-version-check", "-r", "requirements.txt"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    code = "import coursekit; print(coursekit.__file__)"
    environment = {**os.environ, "PYTHONPATH": str(folder / "here")}
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, env=environment, check=True,
                          capture_output=True, text=True)  # fmt: skip
    assert Path(done.stdout.strip()).is_relative_to(folder / "here")


def test_a_release_that_leaks_is_not_packaged(released: Path) -> None:
    shutil.copy(released / "source" / "means" / "mean.ipynb", released / "release" / "means")
    with pytest.raises(LeakError):
        package(released, "means")
    assert not (released / "dist").exists()


@pytest.mark.slow
def test_a_wheel_that_cannot_be_built_is_reported_with_pips_words(released: Path) -> None:
    project = released / "pyproject.toml"
    project.write_text(project.read_text("utf-8").replace("pint==", "pint=?"), encoding="utf-8")
    with pytest.raises(PackageError, match=r"(?s)could not be built.*must be pep508"):
        build_wheel(released)


def test_a_zip_depends_on_names_and_contents_alone() -> None:
    assert zipped({"b": b"2", "a": b"1"}) == zipped({"a": b"1", "b": b"2"})
    with zipfile.ZipFile(io.BytesIO(zipped({"b": b"2", "a": b"1"}))) as archive:
        assert [(entry.filename, entry.date_time[:3]) for entry in archive.infolist()] == [
            ("a", (1980, 1, 1)),
            ("b", (1980, 1, 1)),
        ]


def version() -> str:
    """Return the version that pyproject.toml states."""
    return str(tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"])


def test_the_readme_names_the_wheel_the_titles_and_the_points(course: Path) -> None:
    lesson = load(course / "lessons" / "means" / "mean.py")
    text = readme_text(course, "means", [lesson])
    assert text.startswith("# Means\n")
    assert "| `mean.ipynb` | What a mean hides | 5 |" in text
    assert f"means/{wheel_name(course)}" in text
    colab = next(line for line in text.splitlines() if line.startswith("!pip install"))
    assert "pint==" in colab
    assert "torch" not in colab


def test_an_assignments_own_words_open_the_readme(course: Path) -> None:
    (course / "lessons" / "means" / "README.md").write_text("# Averages\n\nSix of them.\n", encoding="utf-8")
    assert readme_text(course, "means", []).startswith("# Averages\n\nSix of them.\n\n## The notebooks\n")


def test_requirements_name_the_wheel_beside_them(course: Path) -> None:
    assert requirements_text(course).splitlines()[-1] == f"./{wheel_name(course)}[lab]"
