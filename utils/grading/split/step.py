"""The split run as a step of nbgrader's, so that its commands and Formgrader's button grade as safely.

The processes that start judges and boxes are started for the first notebook and kept until the program ends.
"""

from __future__ import annotations

import atexit
import json
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from nbformat import NotebookNode
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import Bool, Dict, Enum

from utils.grading.box.limits import Limits
from utils.grading.running import NOT_GIVEN, TRUSTED_ONLY, RunNotebook, not_run
from utils.grading.split.judges import JudgeFailed, Judges

if TYPE_CHECKING:
    from utils.grading.box.boxes import Boxes

Resources = dict[str, Any]
Step = tuple[NotebookNode, Resources]
SLACK = 60  # seconds that a judge may take beyond the time for the notebook


class SplitRun(NbGraderPreprocessor):  # type: ignore[misc] # nbgrader ships no types
    """Runs a student's cells in a box and graded cells outside of it."""

    trusted = Bool(False, help="run student code without a box, beside the hidden tests").tag(config=True)
    launcher = Enum(["warm", "cold"], "warm", help="fork boxes from a warm process, or start each").tag(
        config=True
    )
    limits = Dict(help="numbers of the box's policy, by name").tag(config=True)

    def preprocess(self, nb: NotebookNode, resources: Resources) -> Step:
        """Return the executed notebook. A graded cell without a verdict gets an error that says why."""
        if self.trusted:
            self.log.warning(TRUSTED_ONLY)
            done: Step = RunNotebook(parent=self.parent).preprocess(nb, resources)
            return done
        if reason := nb.metadata.pop(NOT_GIVEN, None):
            not_run(nb, reason)
            return nb, resources
        try:
            return self._judged(nb, resources["nbgrader"]), resources
        except JudgeFailed as error:
            self.log.error("%s: %s", resources["nbgrader"]["student"], error)
            not_run(nb, f"the grader failed on this notebook ({str(error).splitlines()[-1]})")
            return nb, resources

    def _judged(self, nb: NotebookNode, names: dict[str, str]) -> NotebookNode:
        course = self.parent.parent.coursedir
        folder = course.format_path(course.release_directory, ".", names["assignment"])
        boxes, judges = _templates()
        answer = judges.ask(
            "run",
            seconds=Limits(**self.limits).notebook_seconds + SLACK,
            notebook=nbformat.writes(nb, version=4),
            released=(Path(folder) / f"{names['notebook']}.ipynb").read_text(encoding="utf-8"),
            student=names["student"],
            lesson=names["notebook"],
            limits=dict(self.limits),
            box=boxes.address,
            launcher=self.launcher,
        )
        told = json.loads(answer)
        for incident in told["incidents"]:
            self.log.warning("%s, %s: %s", names["student"], names["notebook"], incident)
        return nbformat.reads(told["notebook"], as_version=4)


@cache
def _templates() -> tuple[Boxes, Judges]:
    """Start what starts boxes and judges; both end with this program."""
    from utils.grading.box.boxes import Boxes

    boxes, judges = Boxes(), Judges()
    atexit.register(boxes.close)
    atexit.register(judges.close)
    return boxes, judges
