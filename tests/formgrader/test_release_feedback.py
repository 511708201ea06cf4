"""Pages of feedback through a real exchange folder, to students who use it and about those who do not."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.grading.scratch_course import ASSIGNMENT, ROOT, Desk, make_course
from utils.grading.class_run import grade_class
from utils.grading.feedback_run import write_feedback

ELSEWHERE = (
    "did not hand in through the exchange, so nothing was released;"
    f" the pages lie in feedback/STUDENT/{ASSIGNMENT}"
)
PAGES = {"adding.html", "doubling.html"}
STUDENTS_SETTINGS = """
c = get_config()
c.CourseDirectory.course_id = "efficient-attention"
c.CourseDirectory.student_id = "ada"
c.Exchange.root = "{exchange}"
"""


@dataclass
class Exchange:
    """A course, the home of ada, who uses its exchange, and what nbgrader's commands do for the two."""

    desk: Desk
    home: Path

    def instructor(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run one of nbgrader's commands in the course."""
        return self._nbgrader(self.desk.root, *words)

    def ada(self, *words: str) -> None:
        """Run one of nbgrader's commands in the home of ada."""
        self._nbgrader(self.home, *words).check_returncode()

    def _nbgrader(self, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "HOME": str(folder),
            "JUPYTER_CONFIG_DIR": str(folder / ".jupyter"),
            "JUPYTER_DATA_DIR": str(folder / ".jupyter-data"),
            "PYTHONPATH": str(ROOT),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        }
        command = [sys.executable, "-m", "nbgrader", *words]
        return subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, check=False
        )

    def submit(self, answer: str) -> None:
        """Hand in ada's notebook through the exchange and collect it."""
        work = self.desk.solved(add=answer)
        path = self.desk.hand_in("scratch", work)
        shutil.move(path, self.home / ASSIGNMENT / path.name)
        shutil.rmtree(self.desk.root / "submitted" / "scratch")
        self.ada("submit", ASSIGNMENT)
        self.instructor("collect", ASSIGNMENT, "--update").check_returncode()

    def grade(self, *students: str) -> None:
        """Grade students and write their pages."""
        outcomes = grade_class(self.desk.root, ASSIGNMENT, students, mode="trusted")
        assert [outcome.log for outcome in outcomes if outcome.state != "graded"] == []
        pages = write_feedback(self.desk.root, ASSIGNMENT, students, jobs=1)
        assert [page.log for page in pages if page.state != "written"] == []

    def fetched(self) -> dict[str, str]:
        """Fetch ada's feedback and return its newest pages, by name."""
        self.ada("fetch_feedback", ASSIGNMENT)
        newest = max((self.home / ASSIGNMENT / "feedback").iterdir())
        return {path.name: path.read_text("utf-8") for path in newest.iterdir()}


@pytest.fixture
def exchange(tmp_path: Path) -> Exchange:
    """Return a course whose assignment ada has fetched through the exchange."""
    made = Exchange(Desk(make_course(tmp_path / "course")), tmp_path / "ada")
    folder = made.desk.root / "exchange"
    folder.mkdir()
    folder.chmod(0o777)
    made.home.mkdir()
    settings = STUDENTS_SETTINGS.format(exchange=folder)
    (made.home / "nbgrader_config.py").write_text(settings, encoding="utf-8")
    made.instructor("release_assignment", ASSIGNMENT).check_returncode()
    made.ada("fetch_assignment", ASSIGNMENT)
    return made


@pytest.mark.slow
def test_who_uses_the_exchange_gets_the_pages_there_and_the_others_are_named(exchange: Exchange) -> None:
    said = exchange.instructor("release_feedback", ASSIGNMENT)
    assert said.returncode == 1
    assert "There are no pages" in said.stderr
    exchange.submit("def add(a, b):\n    return a - b")
    exchange.desk.hand_in("bob", exchange.desk.solved())  # from a learning platform that gave no time
    exchange.grade("ada", "bob")
    said = exchange.instructor("release_feedback", ASSIGNMENT)
    assert said.returncode == 0, said.stderr
    assert said.stderr.count(f"bob: {ELSEWHERE}") == 1
    assert "Traceback" not in said.stderr
    pages = exchange.fetched()
    assert set(pages) == PAGES
    assert "1 + 2 is 3" in pages["adding.html"]
    assert "index.html" not in pages["adding.html"]
    index = exchange.desk.root / "feedback" / "ada" / ASSIGNMENT / "adding.html"
    assert "index.html" in index.read_text("utf-8")

    said = exchange.instructor("release_feedback", ASSIGNMENT, "--student", "bob")
    assert said.returncode == 1
    assert f"bob: {ELSEWHERE}" in said.stderr
    assert "Traceback" not in said.stderr


@pytest.mark.slow
def test_pages_about_an_earlier_hand_in_are_not_released_as_those_of_the_new_one(exchange: Exchange) -> None:
    exchange.submit("def add(a, b):\n    return a - b")
    exchange.grade("ada")
    exchange.submit("def add(a, b):\n    return a + b")
    said = exchange.instructor("release_feedback", ASSIGNMENT)
    assert said.returncode == 1
    assert "ada: handed in again since the pages were written; grade and write feedback first" in said.stderr
    exchange.grade("ada")
    # Where `nbgrader autograde` and `generate_feedback` carry it.
    secret = exchange.desk.folder("ada") / "submission_secret.txt"
    shutil.move(secret, exchange.desk.root / "feedback" / "ada" / ASSIGNMENT)
    exchange.instructor("release_feedback", ASSIGNMENT).check_returncode()
    assert "1 + 2 is 3" not in exchange.fetched()["adding.html"]
