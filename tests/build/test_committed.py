"""The course as committed: what lies in source/ and release/ is what the lessons build, and it reads well."""

import shutil
from pathlib import Path

import pytest

from utils.build.budget import budget
from utils.build.leaks import prove_release
from utils.build.lessons import lesson_paths, load
from utils.build.notebooks import from_notebook, to_notebook
from utils.build.pull import lesson_text
from utils.build.release import build_release
from utils.build.source import build_source, parts

ROOT = Path(__file__).resolve().parents[2]
ASSIGNMENTS = sorted(path.name for path in (ROOT / "lessons").iterdir() if any(path.glob("*.py")))
LESSONS = [
    pytest.param(path, id=f"{assignment}/{path.stem}")
    for assignment in ASSIGNMENTS
    for path in lesson_paths(ROOT, assignment)
]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a course with our lessons and settings, not yet built."""
    for name in ("nbgrader_config.py", "pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    shutil.copytree(ROOT / "lessons", tmp_path / "lessons")
    return tmp_path


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_source_and_release_are_what_the_lessons_build(copy: Path, assignment: str) -> None:
    for folder, build in (("source", build_source), ("release", build_release)):
        built = {path.name: path.read_bytes() for path in build(copy, assignment)}
        committed = ROOT / folder / assignment
        assert sorted(path.name for path in committed.iterdir() if not path.name.startswith(".")) == sorted(
            built
        )
        stale = [name for name, content in built.items() if (committed / name).read_bytes() != content]
        assert not stale, f"{folder}/{assignment}: build it again"


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_the_release_gives_nothing_away(assignment: str) -> None:
    assert prove_release(ROOT, assignment) > 0


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_every_part_says_what_it_grades_and_how(assignment: str) -> None:
    assert [part.id for part in parts(ROOT, assignment) if not (part.spec and part.kind)] == []


@pytest.mark.parametrize("assignment", ASSIGNMENTS)
def test_part_ids_are_unique(assignment: str) -> None:
    ids = [part.id for part in parts(ROOT, assignment)]
    assert len(ids) == len(set(ids)) > 0


@pytest.mark.parametrize("path", LESSONS)
def test_a_notebook_pulls_back_to_its_lesson(path: Path) -> None:
    lesson = load(path)
    pulled, notes = from_notebook(to_notebook(lesson), path.stem)
    assert notes == []
    assert lesson_text(pulled) == lesson_text(lesson)


@pytest.mark.parametrize("path", LESSONS)
def test_a_notebook_stays_within_its_budget(path: Path) -> None:
    assert budget(to_notebook(load(path))).excesses == []
