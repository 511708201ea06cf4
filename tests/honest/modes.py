"""One class, graded in every way there is: in warm boxes, in cold boxes, without a box, by nbgrader alone.

Honest work must earn the same in all of them. Each way gets a copy of the course with a gradebook of its own.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path

from nbformat import NotebookNode

from utils.build.release import build_release
from utils.build.source import build_source
from utils.grading.class_run import Outcome, grade_class
from utils.grading.scores import class_scores
from utils.grading.submission import write_submission

ROOT = Path(__file__).resolve().parents[2]
ASSIGNMENT = "attention"
SETTINGS = "nbgrader_config.py"
COLD = '\nc.SplitRun.launcher = "cold"\n'
STOCK = """\
from pathlib import Path

c = get_config()
c.CourseDirectory.course_id = "honest"
c.CourseDirectory.db_url = f"sqlite:///{Path(__file__).resolve().parent}/gradebook.db"
# Every step is nbgrader's own.
c.Execute.startup_timeout = 120  # seconds, as in our settings, so that a busy machine decides nothing
c.Execute.iopub_timeout = 60
"""
SECONDS = 5400  # for nbgrader alone and every known answer; it takes a quarter of that

Class = Mapping[str, Mapping[str, NotebookNode]]  # notebooks by student and lesson
Points = dict[tuple[str, str], float]  # by student and part


def course_in(folder: Path, students: Class) -> Path:
    """Build a course of its own in a new folder, hand in the notebooks, and return it."""
    folder.mkdir(parents=True)
    for name in (SETTINGS, "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "lessons", folder / "lessons")
    build_source(folder, ASSIGNMENT)
    build_release(folder, ASSIGNMENT)
    for student, notebooks in students.items():
        write_submission(folder, student, ASSIGNMENT, notebooks)
    return folder


def graded(course: Path, mode: str, *, jobs: int = 2, without: Iterable[str] = ()) -> Points:
    """Grade a copy of the course, beside it, in one of MODES; return the points of what was handed in.

    The students in `without` are left out. Raises RuntimeError when a submission could not be graded.
    """
    copy = course.with_name(f"{course.name}-{mode.replace(' ', '-')}")
    shutil.copytree(course, copy)
    for student in without:
        shutil.rmtree(copy / "submitted" / student, ignore_errors=True)
    MODES[mode](copy, jobs)
    handed_in = {student: _lessons(copy, student) for student in _students(copy)}
    scores = class_scores(copy, ASSIGNMENT, handed_in)
    return {
        (student, part): score.points
        for student, lessons in handed_in.items()
        for part, score in scores[student].items()
        if part.split(".")[0] in lessons
    }


def _students(course: Path) -> list[str]:
    return sorted(path.name for path in (course / "submitted").iterdir() if path.is_dir())


def _lessons(course: Path, student: str) -> set[str]:
    return {path.stem for path in (course / "submitted" / student / ASSIGNMENT).glob("*.ipynb")}


def _in_warm_boxes(course: Path, jobs: int) -> None:
    _require_graded(grade_class(course, ASSIGNMENT, _students(course), jobs=jobs))


def _in_cold_boxes(course: Path, jobs: int) -> None:
    path = course / SETTINGS
    path.write_text(path.read_text(encoding="utf-8") + COLD, encoding="utf-8")
    _require_graded(grade_class(course, ASSIGNMENT, _students(course), jobs=jobs))


def _trusted(course: Path, jobs: int) -> None:
    _require_graded(grade_class(course, ASSIGNMENT, _students(course), jobs=jobs, mode="trusted"))


def _require_graded(outcomes: Iterable[Outcome]) -> None:
    failed = [f"{outcome.student}: {outcome.log}" for outcome in outcomes if outcome.state != "graded"]
    if failed:
        raise RuntimeError("\n".join(failed))


def _by_nbgrader_alone(course: Path, jobs: int) -> None:
    """Run nbgrader with its own steps; it grades one notebook after the other, whatever `jobs` says."""
    (course / SETTINGS).write_text(STOCK, encoding="utf-8")
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    own = {"PATH": path, "OMP_NUM_THREADS": "1", "MPLBACKEND": "", "JUPYTER_PLATFORM_DIRS": "1"}
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "autograde", ASSIGNMENT],
        cwd=course,
        env={name: value for name, value in (os.environ | own).items() if value},
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"nbgrader autograde: {done.stderr[-2000:]}")


MODES = {
    "split warm": _in_warm_boxes,
    "split cold": _in_cold_boxes,
    "trusted": _trusted,
    "stock": _by_nbgrader_alone,
}
