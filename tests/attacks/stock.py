"""The same attacks under stock nbgrader: default steps, default kernel. Writes `stock_results.json`.

    python -m tests.attacks.stock [KEY ...]     all attacks that are safe to run, or those named

Each attack gets a copy of a course in which one honest student was graded already. Stock nbgrader gives an
attacker all rights of the user who grades, so it runs in a wall of its own: nothing but the copy is writable.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import nbformat

from tests.attacks.assignment import ASSIGNMENT, LESSON
from tests.attacks.attack import Attack, Desk, make_course, make_real_course
from tests.attacks.canaries import Canaries
from tests.attacks.cases import blanks
from tests.attacks.registry import BY_KEY, ON_A_REAL_LESSON
from utils.grading.scores import scores_of

ROOT = Path(__file__).resolve().parents[2]
RESULTS = Path(__file__).with_name("stock_results.json")
HONEST = "aa-honest"
SECONDS = 150  # for one student; the longest honest run takes a tenth
CONFIG = """\
from pathlib import Path

c = get_config()
c.CourseDirectory.db_url = f"sqlite:///{Path(__file__).resolve().parent}/gradebook.db"
c.CourseDirectory.course_id = "hostile"
# Everything else is as nbgrader has it.
c.Execute.timeout = 12  # seconds a cell
c.Execute.iopub_timeout = 60  # so that a busy machine decides nothing
"""


@dataclass(frozen=True)
class StockResult:
    """What stock nbgrader made of one attack.

    unearned   points above those that the attacker's right answers earn; None when nothing was scored
    others     by how much the points of an honest student, graded before, have changed
    leaked     whether the attack found what it was not to find
    """

    unearned: float | None
    others: float
    leaked: bool
    code: int
    seconds: float

    @property
    def won(self) -> bool:
        """Return whether the attack got what it was after."""
        return bool(self.unearned and self.unearned > 0) or self.leaked or self.others != 0


def stock_course(desk: Desk) -> float:
    """Build a course with stock settings, grade one honest student, and return that student's points."""
    if desk.lesson == LESSON:
        make_course(desk.root)
    else:
        make_real_course(desk.root, desk.assignment, desk.lesson)
    (desk.root / "nbgrader_config.py").write_text(CONFIG, encoding="utf-8")
    desk.hand_in(HONEST, desk.notebook(*desk.right()))
    Canaries().plant(desk.root, desk.root / "home")
    code = _autograde(desk, HONEST, {"HOME": str(desk.root / "home")})
    points, possible = _points(desk, HONEST), _possible(desk, HONEST)
    if code or not points or points < possible:
        said = (desk.root / "stderr.txt").read_text(encoding="utf-8", errors="replace")[-2000:]
        raise RuntimeError(
            f"stock nbgrader gave an honest student {points} of {possible} points (exit code {code})\n{said}"
        )
    return points


def run(course: Desk, honest: float, attack: Attack, scratch: Path) -> StockResult:
    """Return what stock nbgrader makes of an attack in a copy of a course that gave `honest` points."""
    root = Path(shutil.copytree(course.root, scratch / attack.key, symlinks=True))
    desk = Desk(root, course.assignment, course.lesson)
    (root / "home").rename(root / "old-home")
    environment = Canaries().plant(root, root / "home")
    attack.hand_in(desk, attack.key)
    started = time.monotonic()
    code = _autograde(desk, attack.key, environment)
    seconds = time.monotonic() - started
    scored = _points(desk, attack.key)
    found = _loot(root / "autograded" / attack.key / desk.assignment / f"{desk.lesson}.ipynb")
    result = StockResult(
        unearned=None if scored is None else scored - sum(attack.points.values()),
        others=(_points(desk, HONEST) or 0.0) - honest,
        leaked=bool(found) and found != dict(attack.loot),
        code=code,
        seconds=round(seconds, 1),
    )
    shutil.rmtree(root, ignore_errors=True)
    return result


def _autograde(desk: Desk, student: str, environment: dict[str, str]) -> int:
    """Run stock nbgrader for one student; return its exit code, or 124 when it does not end."""
    root = desk.root
    wall = ["bwrap", "--ro-bind", "/", "/", "--dev", "/dev", "--proc", "/proc", "--tmpfs", "/tmp"]
    for code in (sys.prefix, str(ROOT)):  # these may lie below /tmp
        wall += ["--ro-bind", code, code]
    wall += ["--bind", str(root), str(root), "--chdir", str(root)]
    wall += ["--unshare-pid", "--unshare-net", "--unshare-ipc", "--die-with-parent", "--new-session"]
    own = {
        "JUPYTER_PLATFORM_DIRS": "1",
        "OMP_NUM_THREADS": "1",
        "IPYTHONDIR": str(root / "home" / ".ipython"),
    }
    command = [*wall, sys.executable, "-m", "nbgrader", "autograde", desk.assignment, f"--student={student}"]
    own |= {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    with (root / "stderr.txt").open("wb") as said:
        try:
            return subprocess.run(
                command,
                env={**_of_no_other_course(), **environment, **own},
                stdout=subprocess.DEVNULL,
                stderr=said,
                timeout=SECONDS,
                check=False,
            ).returncode
        except subprocess.TimeoutExpired:
            return 124


def _of_no_other_course() -> dict[str, str]:
    """Return this process's environment without what a run of ours has named, such as a key that is gone."""
    return {name: value for name, value in os.environ.items() if not name.startswith("COURSE_")}


def _points(desk: Desk, student: str) -> float | None:
    """Return a student's points by machine and by hand, None when nobody has scored anything."""
    scores = scores_of(desk.root, desk.assignment, student)
    return sum(score.points for score in scores.values()) if scores else None


def _possible(desk: Desk, student: str) -> float:
    """Return the points that a machine can give a student."""
    scores = scores_of(desk.root, desk.assignment, student)
    return sum(score.out_of for score in scores.values() if not score.waits)


def _loot(path: Path) -> dict[str, object]:
    """Return what an attack says that it found."""
    if not path.is_file():
        return {}
    return loot_in(nbformat.read(path, as_version=4))


def loot_in(notebook: nbformat.NotebookNode) -> dict[str, object]:
    """Return what an attack has written down in the outputs of a notebook."""
    found: dict[str, object] = {}
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            for line in output.get("text", "").splitlines():
                start = line.find("loot {")
                if start >= 0:
                    found |= json.loads(line[start + len("loot ") :])
    return found


def measure(attacks: Iterable[Attack], *, jobs: int = 2) -> dict[str, StockResult]:
    """Return the result of each attack that may be run under stock nbgrader, by key."""
    chosen = [attack for attack in attacks if not attack.not_in_stock]
    on_a_real_lesson = [attack for attack in chosen if attack in ON_A_REAL_LESSON]
    on_the_target = [attack for attack in chosen if attack not in ON_A_REAL_LESSON]
    return {
        **_measured(on_the_target, ASSIGNMENT, LESSON, jobs),
        **_measured(on_a_real_lesson, blanks.ASSIGNMENT, blanks.LESSON, jobs),
    }


def _measured(attacks: Sequence[Attack], assignment: str, lesson: str, jobs: int) -> dict[str, StockResult]:
    if not attacks:
        return {}
    with tempfile.TemporaryDirectory(prefix="stock-") as scratch, ThreadPoolExecutor(jobs) as pool:
        course = Desk(Path(scratch) / "course", assignment, lesson)
        honest = stock_course(course)
        runs = {attack.key: pool.submit(run, course, honest, attack, Path(scratch)) for attack in attacks}
        return {key: _said(key, done.result()) for key, done in runs.items()}


def _said(key: str, result: StockResult) -> StockResult:
    print(f"{key:32} {'WON ' if result.won else 'lost'} {result}", flush=True)
    return result


def main(keys: list[str]) -> None:
    """Measure the named attacks, or all, and write the results beside this file."""
    results = measure([BY_KEY[key] for key in keys] or BY_KEY.values())
    known = json.loads(RESULTS.read_text())["attacks"] if keys and RESULTS.exists() else {}
    known |= {key: asdict(result) for key, result in results.items()}
    versions = {
        name: version(name) for name in ("nbgrader", "nbclient", "ipykernel", "ipython", "numpy", "torch")
    }
    text = json.dumps({"versions": versions, "attacks": dict(sorted(known.items()))}, indent=1)
    RESULTS.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
