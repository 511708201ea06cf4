"""What runs on Gradescope: grades the one submission that lies there and writes results.json.

Nothing is scored that was not graded: without a box, or with a lesson that got no verdict, there is no
results.json, the exit code is 1, and the instructor reads why in the output of the autograder.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from utils.checks.course_key import name_key
from utils.collect.choosing import Chosen, chosen
from utils.collect.entries import Export
from utils.collect.formats import Owner, Read
from utils.collect.handins import File, HandIn
from utils.collect.names import BadName, student_folder
from utils.export.gradescope_results import results
from utils.grading.box.host import what_this_machine_can_do
from utils.grading.class_run import Outcome, grade_class
from utils.grading.running import TRUSTED_ONLY
from utils.grading.tasks import Mode

NO_BOX = (
    "NOT GRADED: student code must not run here, for no box can be made: {}.\n"
    "Grade on a machine of your own with 'course collect' and 'course grade', or, for notebooks that you "
    "would run yourself, export again with --trusted."
)
UNBOXED = "This machine makes no box ({})."
NO_VERDICT = "NOT GRADED: {}"


class NotGraded(RuntimeError):
    """There is nothing to report to Gradescope; the message is for the instructor."""


@dataclass(frozen=True)
class Places:
    """Where Gradescope puts things."""

    root: Path

    @property
    def source(self) -> Path:
        """Return the unpacked autograder."""
        return self.root / "source"

    @property
    def settings(self) -> dict[str, Any]:
        """Return what was chosen when the autograder was exported."""
        settings: dict[str, Any] = json.loads((self.source / "settings.json").read_text(encoding="utf-8"))
        return settings

    @property
    def student(self) -> str:
        """Return who handed in: the e-mail address of the first submitter, which hidden inputs depend on."""
        about: Any = {}
        with suppress(OSError, ValueError):
            about = json.loads((self.root / "submission_metadata.json").read_text(encoding="utf-8"))
        with suppress(BadName, LookupError, TypeError, AttributeError):
            return student_folder(about["users"][0]["email"])
        number = about.get("id") if isinstance(about, dict) else None
        return f"submission-{number}" if isinstance(number, int) else "submission"


def mode_here(trusted: bool) -> tuple[Mode, str]:
    """Return how student code is run here, and what to tell the instructor. Raises `NotGraded`."""
    machine = what_this_machine_can_do()
    if machine.can_sandbox:
        return "split", "Student code runs in a box."
    if not trusted:
        raise NotGraded(NO_BOX.format(machine.why_not))
    return "trusted", f"{UNBOXED.format(machine.why_not)} {TRUSTED_ONLY}"


def run(root: Path) -> dict[str, Any]:
    """Grade the submission below a folder like Gradescope's; return the results. Raises `NotGraded`."""
    started = time.monotonic()
    places = Places(root)
    settings, student = places.settings, places.student
    mode, told = mode_here(settings["trusted"])
    print(told, flush=True)
    with tempfile.TemporaryDirectory(prefix="grading-") as scratch:  # made for its owner alone
        course = Path(scratch, "course")
        shutil.copytree(places.source / "course", course)
        name_key(course)
        taken = _handed_in(places.root / "submission", course, student, settings["assignment"])
        outcome = _graded(course, settings["assignment"], student, mode)
        found = results(
            course, settings["assignment"], student, settings["visibility"], _notes(taken, outcome)
        )
    found["execution_time"] = round(time.monotonic() - started)
    found["extra_data"] = {"mode": mode, "student": student, "incidents": outcome.incidents}
    return found


def _handed_in(submission: Path, course: Path, student: str, assignment: str) -> Chosen:
    """Put the notebooks of the submission where grading looks for them; return what was taken."""
    lessons = sorted(path.stem for path in (course / "release" / assignment).glob("*.ipynb"))
    read = Read(Owner(student, student, (), "gradescope"))
    with Export(submission) as export:
        taken = chosen(HandIn(read, [File(entry.parts, entry) for entry in export.entries]), lessons)
        taken.problems += [str(problem) for problem in export.problems]
    folder = course / "submitted" / student / assignment
    folder.mkdir(parents=True)
    for name, content in taken.files.items():
        (folder / name).write_bytes(content)
    return taken


def _graded(course: Path, assignment: str, student: str, mode: Mode) -> Outcome:
    """Grade the one student. Raises `NotGraded` unless every lesson has its verdict."""
    jobs = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    try:
        (outcome,) = grade_class(course, assignment, [student], jobs=jobs, mode=mode)
    except RuntimeError as error:  # a gradebook, a machine: nothing that a student did
        raise NotGraded(NO_VERDICT.format(error)) from error
    if outcome.state == "failed":
        raise NotGraded(NO_VERDICT.format(outcome.log))
    return outcome


def _notes(taken: Chosen, outcome: Outcome) -> list[str]:
    """Return what a student should know of how the submission was read."""
    return [*taken.notes, *(f"not taken: {problem}" for problem in taken.problems), *outcome.notes]


def write_results(root: Path, found: Mapping[str, Any]) -> Path:
    """Write results.json at once; return its path."""
    folder = root / "results"
    folder.mkdir(exist_ok=True)
    scratch = folder / ".results.json.new"
    scratch.write_text(json.dumps(found, indent=1), encoding="utf-8")
    return scratch.replace(folder / "results.json")


def main(words: list[str]) -> int:
    """Grade, or with --look only say what would happen; return the exit code."""
    root = Path(words[0]).resolve()
    try:
        if "--look" in words:
            print(mode_here(Places(root).settings["trusted"])[1])
        else:
            write_results(root, run(root))
    except NotGraded as problem:
        print(problem)
        return 0 if "--look" in words else 1  # the machine that grades may be another one
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
