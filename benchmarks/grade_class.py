"""How fast a class is graded: `course grade` against stock `nbgrader autograde`, on the same submissions.

    python benchmarks/grade_class.py [--students 20] [--stock-students N] [--jobs 2] [--linear] [--json]

Both grade a generated class of the real assignment, one command each, one after the other: ours with every
wall up, stock with nbgrader's own steps and kernel and nothing set but the course's name and its gradebook.
Honest submissions must get the same scores from both, or the exit code is 1. Processor time is that of the
whole machine, so nothing else should be running.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import nbformat
import torch

from utils.build.lessons import lesson_paths, load
from utils.build.release import build_release
from utils.build.solved import answers
from utils.build.source import build_source
from utils.grading.box import usage
from utils.grading.box.boxes import Boxes
from utils.grading.box.inside.warm import warm_up
from utils.grading.box.limits import Limits
from utils.grading.generated_class import generate
from utils.grading.scores import class_scores
from utils.grading.split.owners import steps
from utils.grading.split.session import Session
from utils.grading.split.template import PARTS
from utils.grading.submission import enter, write_submission

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent
ASSIGNMENT = "attention"
MEGABYTE = 10**6
TICKS = os.sysconf("SC_CLK_TCK")  # of the kernel's clock in a second
BUSY = (0, 1, 2, 5, 6)  # of the numbers of /proc/stat: user, nice, system and interrupts
LOOK_EVERY = 0.2  # seconds
EXTRA_BOXES = 4
LARGER_BY = 10
STOCK_SETTINGS = """\
c = get_config()
c.CourseDirectory.course_id = "efficient-attention"
c.CourseDirectory.db_url = "sqlite:///{root}/gradebook.db"
"""


@dataclass(frozen=True)
class Run:
    """One command over a class: wall-clock and processor seconds; megabytes of its own process at most."""

    students: int
    seconds: float
    cpu_seconds: float
    largest_mb: float

    @property
    def seconds_each(self) -> float:
        """Return the seconds for one student."""
        return self.seconds / self.students


@dataclass(frozen=True)
class Figures:
    """What the benchmark found; processor seconds are for one notebook."""

    jobs: int
    lessons: int
    ours: Run
    stock: Run
    lesson_cpu: float  # of the cells alone, run in a bare process
    overhead_cpu: float  # what ours needs beside them
    stock_overhead_cpu: float
    extra_box_mb: float
    compared: int  # scores that both gave
    different: list[str]
    linear: Run | None = None

    @property
    def throughput_ratio(self) -> float:
        """Return how many times more students ours grades in the same time."""
        return self.stock.seconds_each / self.ours.seconds_each

    @property
    def linearity(self) -> float | None:
        """Return the time for ten times as many students, over ten times the time; 1 is linear."""
        return self.linear.seconds_each / self.ours.seconds_each if self.linear else None

    def as_json(self) -> str:
        """Return everything, the derived figures too."""
        derived = {"throughput_ratio": self.throughput_ratio, "linearity": self.linearity}
        return json.dumps(derived | asdict(self), indent=1)

    def as_markdown(self) -> str:
        """Return the table for the README."""
        one = f"{self.ours.students} students, {self.lessons} notebooks each"
        subset = "" if self.stock.students == self.ours.students else f" (of {self.stock.students} of them)"
        rows = [
            ("", "`course grade`", "stock `nbgrader autograde`"),
            ("---", "---", "---"),
            (one, f"{self.ours.seconds:.0f} s", f"{self.stock.seconds:.0f} s{subset}"),
            ("a student", f"{self.ours.seconds_each:.2f} s", f"{self.stock.seconds_each:.1f} s"),
            ("times as fast", f"**{self.throughput_ratio:.1f}**", "1"),
            ("processor time of a lesson's own cells", f"{self.lesson_cpu:.2f} s", "the same"),
            (
                "processor time beside them, a notebook",
                f"{self.overhead_cpu:.2f} s",
                f"{self.stock_overhead_cpu:.2f} s",
            ),
            ("memory of one more box", f"{self.extra_box_mb:.0f} MB", "no box"),
            (f"equal scores, of {self.compared}", f"{self.compared - len(self.different)}", ""),
        ]
        if self.linear and self.linearity:
            grown = f"{self.linear.largest_mb:.0f} MB after {self.ours.largest_mb:.0f} MB"
            rows.append(
                (f"{self.linear.students} students, time for each", f"{self.linearity:.2f} times", "")
            )
            rows.append(("largest process then", grown, ""))
        return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def course_in(folder: Path, students: int) -> Path:
    """Build a course of its own in a folder, hand in a generated class, and return it."""
    folder.mkdir(parents=True)
    for name in ("nbgrader_config.py", "pyproject.toml"):
        shutil.copy(ROOT / name, folder)
    shutil.copytree(ROOT / "lessons", folder / "lessons")
    build_source(folder, ASSIGNMENT)
    build_release(folder, ASSIGNMENT)
    for student in generate(folder, ASSIGNMENT, students):
        write_submission(folder, student.name, ASSIGNMENT, student.notebooks)
    return folder


def stock_copy(course: Path, folder: Path, students: Sequence[str]) -> Path:
    """Return a copy of a course with nbgrader's own settings, and the submissions of some students."""
    shutil.copytree(course, folder, ignore=shutil.ignore_patterns("submitted", "autograded", ".cache"))
    (folder / "nbgrader_config.py").write_text(STOCK_SETTINGS.format(root=folder), encoding="utf-8")
    for student in students:
        shutil.copytree(course / "submitted" / student, folder / "submitted" / student)
    return folder


def measured(command: Sequence[str], course: Path, students: int) -> Run:
    """Run a command in a course; return what it took. Raises RuntimeError when it fails."""
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryFile() as said:
        cpu, started = machine_cpu(), time.monotonic()
        process, largest = subprocess.Popen(command, cwd=course, env=environment, stdout=said, stderr=said), 0
        while process.poll() is None:
            largest = max(largest, _high_water(process.pid))
            time.sleep(LOOK_EVERY)
        seconds, cpu = time.monotonic() - started, machine_cpu() - cpu
        if process.returncode:
            said.seek(0)
            raise RuntimeError(f"{' '.join(command)}: {said.read().decode()[-2000:]}")
    return Run(students, seconds, cpu, largest / MEGABYTE)


def _high_water(pid: int) -> int:
    """Return the most memory that a process has held, 0 when it has ended."""
    found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))
    return 1024 * int(found[1]) if found else 0


def machine_cpu() -> float:
    """Return the processor seconds that this machine has worked since it started."""
    numbers = Path("/proc/stat").read_text().splitlines()[0].split()[1:]
    return sum(int(numbers[field]) for field in BUSY) / TICKS


def graded_by_us(course: Path, students: int, jobs: int) -> Run:
    """Grade a class with `course grade`."""
    command = [str(BIN / "course"), "grade", ASSIGNMENT, "--jobs", str(jobs)]
    return measured(command, course, students)


def graded_by_stock(course: Path, students: int) -> Run:
    """Grade a class with stock nbgrader."""
    return measured([str(BIN / "nbgrader"), "autograde", ASSIGNMENT], course, students)


def score_differences(ours: Path, stock: Path, students: Sequence[str]) -> tuple[int, list[str]]:
    """Return how many scores there are, and a line for each on which the two gradebooks differ."""
    mine, theirs = (
        class_scores(course, ASSIGNMENT, students, f"sqlite:///{course}/gradebook.db")
        for course in (ours, stock)
    )
    parts = [(student, part) for student in students for part in mine[student] | theirs[student]]
    found = [
        (f"{student} {part}", mine[student].get(part), theirs[student].get(part)) for student, part in parts
    ]
    return len(parts), [
        f"{name}: ours {a and a.points}, stock {b and b.points}"
        for name, a, b in found
        if a is None or b is None or a.points != b.points
    ]


def bare_cpu_seconds(course: Path, students: Sequence[str]) -> float:
    """Return the processor seconds, for one notebook, of the cells that are run, in a bare process."""
    os.environ |= {"MPLBACKEND": "agg", "OMP_NUM_THREADS": "1"}
    warm_up()
    for path in lesson_paths(course, ASSIGNMENT):
        for part in PARTS:
            import_module(f"{part}.{path.stem}")
    spent = [
        _child_cpu_seconds(lambda cells=cells: _run_cells(cells))  # type: ignore[misc]
        for student in students
        for cells in _cells_run(course, student)
    ]
    return sum(spent) / len(spent)


def _cells_run(course: Path, student: str) -> Iterator[list[str]]:
    """Yield, for each executed notebook, the text of the cells that a graded run runs."""
    for path in sorted((course / "autograded" / student / ASSIGNMENT).glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        released = nbformat.read(course / "release" / ASSIGNMENT / path.name, as_version=4)
        what = zip(notebook.cells, steps(notebook, released), strict=True)
        yield [cell.source for cell, step in what if step.in_box or step.in_judge]


def _run_cells(cells: Sequence[str]) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    for text in cells:
        try:
            exec(compile(text, "<cell>", "exec"), names)
        except (Exception, SystemExit):  # a wrong answer raises; so it does in a notebook
            continue


def _child_cpu_seconds(work: Callable[[], None]) -> float:
    """Return the processor seconds of some work in a fork of this process, which prints nothing."""
    child = os.fork()
    if child == 0:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        try:
            work()
        finally:
            os._exit(0)
    _, _, spent = os.wait4(child, 0)
    return spent.ru_utime + spent.ru_stime


def extra_box_megabytes(course: Path) -> float:
    """Return what one more box adds to the memory of all, each after the cells of a solved notebook."""
    limits, lesson = Limits(), load(lesson_paths(course, ASSIGNMENT)[0])
    released = nbformat.read(course / "release" / ASSIGNMENT / f"{lesson.name}.ipynb", as_version=4)
    solved = enter(released, answers(lesson))
    cells = [
        cell.source for cell, step in zip(solved.cells, steps(solved, released), strict=True) if step.in_box
    ]
    held = []
    with Boxes(limits) as boxes, ExitStack() as stack:
        for _ in range(1 + EXTRA_BOXES):
            session = Session(boxes.open(), limits)
            stack.callback(session.close)
            for text in cells:
                session.run(text, limits.cell_seconds)
            held.append(usage.memory_bytes(os.getpid(), ()))  # and of all descendants
    return (held[-1] - held[0]) / EXTRA_BOXES / MEGABYTE


def benchmark(students: int, stock_students: int, jobs: int, linear: bool) -> Figures:
    """Grade one generated class both ways and return what it took."""
    with tempfile.TemporaryDirectory(prefix="grade-class-") as scratch:
        course = course_in(Path(scratch, "ours"), students)
        everyone = sorted(path.name for path in (course / "submitted").iterdir() if path.is_dir())
        some = everyone[:stock_students]
        stock = stock_copy(course, Path(scratch, "stock"), some)
        lessons = len(lesson_paths(course, ASSIGNMENT))
        ours = graded_by_us(course, students, jobs)
        theirs = graded_by_stock(stock, len(some))
        compared, different = score_differences(course, stock, some)
        bare = bare_cpu_seconds(course, some)
        return Figures(
            jobs=jobs,
            lessons=lessons,
            ours=ours,
            stock=theirs,
            lesson_cpu=bare,
            overhead_cpu=ours.cpu_seconds / (students * lessons) - bare,
            stock_overhead_cpu=theirs.cpu_seconds / (len(some) * lessons) - bare,
            extra_box_mb=extra_box_megabytes(course),
            compared=compared,
            different=different,
            linear=_many(Path(scratch, "many"), students * LARGER_BY, jobs) if linear else None,
        )


def _many(folder: Path, students: int, jobs: int) -> Run:
    return graded_by_us(course_in(folder, students), students, jobs)


def main() -> int:
    """Print the figures; return 1 when the two did not give the same scores."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--students", type=int, default=20)
    parser.add_argument(
        "--stock-students", type=int, help="time stock on the first of them only; default: all"
    )
    parser.add_argument("--jobs", type=int, default=2, help="submissions that ours grades at a time")
    parser.add_argument("--linear", action="store_true", help="also grade ten times as many, with ours")
    parser.add_argument("--json", action="store_true", help="print every number, for a machine")
    asked = parser.parse_args()
    torch.set_num_threads(1)  # threads of OpenMP do not survive the forks below
    figures = benchmark(
        asked.students, min(asked.stock_students or asked.students, asked.students), asked.jobs, asked.linear
    )
    print(figures.as_json() if asked.json else figures.as_markdown())
    print("\n".join(figures.different), file=sys.stderr)
    return 1 if figures.different else 0


if __name__ == "__main__":
    sys.exit(main())
