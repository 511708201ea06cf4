"""A class of attackers among honest students, graded by `course grade` as an instructor runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import nbformat
import psutil
from nbformat import NotebookNode

from tests.attacks.attack import ROOT, Attack, Desk
from tests.attacks.canaries import Canaries, Listener
from tests.attacks.snapshot import Machine, adopt_orphans, digest
from tests.attacks.stock import loot_in
from utils.grading.scores import scores_of

# The first of the class, one in its middle, the last: attacks come before, between and after them.
HONEST = ("aa-honest", "mm-honest", "zz-honest")
# Short, so that attacks which never end do not make the tests wait; an honest notebook needs a second.
LIMITS = {"cell_seconds": 4, "notebook_seconds": 40, "memory_bytes": 2**30, "processes": 24}
DEADLINE = 420  # seconds for the whole class
FIRST_BOX_UID = 60_000
BATCH = "\nc.SplitRun.limits = {limits!r}\nc.SplitRun.launcher = {launcher!r}\n"


@dataclass
class GradedClass:
    """Everything that a run over a class of attackers has left and said."""

    desk: Desk
    code: int
    printed: str
    seconds: float
    left: dict[str, list[str]]
    calls_heard: int
    trusted_memory: int
    canaries: Canaries
    untouched: bool
    temporary: list[str] = field(default_factory=list)

    @property
    def root(self) -> Path:
        """Return where the course lies."""
        return self.desk.root

    def points(self, student: str) -> dict[str, float]:
        """Return a student's points by the part's name."""
        scores = scores_of(self.root, self.desk.assignment, student)
        return {part.split(".")[1]: score.points for part, score in scores.items()}

    def executed(self, student: str) -> Path:
        """Return where a student's executed notebook lies."""
        return self.root / "autograded" / student / self.desk.assignment / f"{self.desk.lesson}.ipynb"

    def notebook(self, student: str) -> NotebookNode:
        """Return a student's executed notebook."""
        return nbformat.read(self.executed(student), as_version=4)

    def loot(self, student: str) -> dict[str, object]:
        """Return what an attack says that it found."""
        return loot_in(self.notebook(student))

    def page(self, student: str) -> Path:
        """Return a student's feedback page."""
        return self.root / "feedback" / student / self.desk.assignment / f"{self.desk.lesson}.html"

    def said_to(self, student: str) -> str:
        """Return what the student can read: outputs of all cells, and notes on how the notebook was read."""
        cells = self.notebook(student).cells
        texts = [cell.source for cell in cells if cell.id == "intake-notes"]
        for output in (output for cell in cells for output in cell.get("outputs", [])):
            texts += [output.get("text", ""), output.get("evalue", ""), *output.get("traceback", [])]
            texts.append(str(output.get("data", {}).get("text/plain", "")))
        return "\n".join(texts)

    @cached_property
    def written(self) -> list[Path]:
        """Return every file that the run has written, except for the gradebook."""
        folders = (self.root / "autograded", self.root / "feedback")
        return [path for folder in folders for path in folder.rglob("*") if path.is_file()]


def grade(desk: Desk, attacks: Collection[Attack], *, launcher: str = "warm", jobs: int = 2) -> GradedClass:
    """Grade a class of attackers and write its feedback; watch the machine meanwhile."""
    root = desk.root
    with (root / "nbgrader_config.py").open("a", encoding="utf-8") as config:
        config.write(BATCH.format(limits=LIMITS, launcher=launcher))
    canaries = Canaries()
    environment = canaries.plant(root, root / "home")
    for student in HONEST:  # first, since some attacks link to them
        desk.hand_in(student, desk.notebook(*desk.right()))
    given = [root / name for name in ("source", "release", "lessons", "submitted", ".course-key")]
    adopt_orphans()
    with tempfile.TemporaryDirectory(prefix="atk-", dir="/tmp") as temporary, Listener() as listener:
        environment |= {"TMPDIR": temporary, "PYTHONPATH": str(ROOT), "JUPYTER_PLATFORM_DIRS": "1"}
        before = Machine.now()
        if any(attack.fails for attack in attacks):  # it takes a neighbour along, who was graded before
            _course(root, environment, "grade", desk.assignment, "--student", HONEST[0])
        for attack in attacks:
            attack.hand_in(desk, attack.key)
        files = digest(given)
        started = time.monotonic()
        with Memory() as memory:
            code, printed = _course(root, environment, "grade", desk.assignment, "--jobs", str(jobs))
        seconds = time.monotonic() - started
        left, heard = before.left_since(), listener.heard()
        behind = sorted(os.listdir(temporary))
        feedback_code, feedback_printed = _course(root, environment, "feedback", desk.assignment)
        return GradedClass(
            desk=desk,
            code=code or feedback_code,
            printed=printed + feedback_printed,
            seconds=seconds,
            left=left,
            calls_heard=heard,
            trusted_memory=memory.highest,
            canaries=canaries,
            untouched=digest(given) == files,
            temporary=behind,
        )


def _course(root: Path, environment: dict[str, str], *arguments: str) -> tuple[int, str]:
    """Run a command of the course; return its exit code and what it printed, 124 when it did not end."""
    log = root / f"{arguments[0]}.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "utils.cli", *arguments],
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            code = process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            code = 124
    return code, log.read_text(encoding="utf-8", errors="surrogateescape")


class Memory:
    """Looks, while it is open, for the highest memory of one process on the trusted side of the wall."""

    LOOKS_EVERY = 0.3  # seconds

    def __init__(self) -> None:
        self.highest = 0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def _look(self) -> None:
        while not self._stop.wait(self.LOOKS_EVERY):
            for process in psutil.Process().children(recursive=True):
                try:
                    if process.uids().real < FIRST_BOX_UID:
                        self.highest = max(self.highest, process.memory_info().rss)
                except psutil.NoSuchProcess:
                    continue

    def __enter__(self) -> Memory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()


def results_of(root: Path) -> str:
    """Return what the course's records hold as JSON text, for a search in it."""
    files = [path for path in (root / ".cache").rglob("*.json") if "instructor" not in path.parts]
    return json.dumps([path.read_text(encoding="utf-8") for path in files])
