"""nbgrader's steps from a submission to scores, and the ones of ours among them.

`nbgrader_config.py` names them, so that `nbgrader autograde`, Formgrader's button and `course grade` give the
same scores.
"""

from __future__ import annotations

import math
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters import NotebookExporter
from nbformat import NotebookNode
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    AssignLatePenalties,
    CheckCellMetadata,
    IgnorePattern,
    LimitOutput,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)

from utils.grading.extensions import hand_over_at
from utils.grading.intake import rebuilt
from utils.grading.reading import files_for, handed_in_at, submitted_notebook
from utils.grading.running import NOT_GIVEN
from utils.grading.split.step import SplitRun
from utils.grading.versions import known_at

# A number as Python, numpy and torch show it: 2.5, np.float64(2.5), tensor(2.5000, dtype=torch.float64).
_DIGITS = r"[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?"
_NUMBER = re.compile(rf"(?P<plain>{_DIGITS})|(?:np\.\w+|tensor)\((?P<wrapped>{_DIGITS})(?:, \w+=[\w.]+)*\)")

Resources = dict[str, Any]
Step = tuple[NotebookNode, Resources]

# A warning that Python prints names the file and quotes the line that it was raised in.
_WARNING = re.compile(r"^\S.*?:\d+: (?P<what>\w*Warning: .*)\n(?:[ \t]+.*\n?)?", re.MULTILINE)


def lessons_of(coursedir: CourseDirectory, assignment: str) -> list[str]:
    """Return the names of the notebooks that were handed out."""
    return sorted(path.stem for path in Path(_released(coursedir, assignment)).glob("*.ipynb"))


def _released(coursedir: CourseDirectory, assignment: str) -> str:
    folder: str = coursedir.format_path(coursedir.release_directory, ".", assignment)
    return folder


class TolerantExporter(NotebookExporter):  # type: ignore[misc] # nbgrader and nbconvert ship no types
    """Reads a submission even when a file is damaged, renamed or missing: the unreadable is not answered."""

    def from_filename(
        self, filename: str, resources: Resources | None = None, **kw: Any
    ) -> tuple[str, Resources]:
        """Return the converted notebook. nbgrader asks twice: for the submission, then for the one to run."""
        converter = self.parent
        if not converter._sanitizing:
            as_it_is: tuple[str, Resources] = super().from_filename(filename, resources, **kw)
            return as_it_is
        folder, lesson = Path(filename).parent, Path(filename).stem
        resources = resources or {}
        lessons = lessons_of(converter.coursedir, resources["nbgrader"]["assignment"])
        taken = submitted_notebook(folder, lesson, lessons)
        resources |= {"metadata": {"path": str(folder), "name": lesson}, "intake": taken}
        read: tuple[str, Resources] = self.from_notebook_node(taken.notebook, resources=resources, **kw)
        return read


class Rebuild(NbGraderPreprocessor):  # type: ignore[misc]
    """Puts the student's answers into the released notebook; everything else of the submission is dropped."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> Step:
        """Return the rebuilt notebook, with a first cell of notes when something was unusual."""
        names = resources["nbgrader"]
        folder = _released(self.parent.parent.coursedir, names["assignment"])
        released = nbformat.read(Path(folder) / f"{names['notebook']}.ipynb", as_version=4)
        known = known_at(names["db_url"], names["assignment"], names["notebook"])
        made = rebuilt(released, resources["intake"], known)
        if made.reason:
            made.notebook.metadata[NOT_GIVEN] = made.reason
        for note in made.notes:
            self.log.warning("%s, %s: %s", names["student"], names["notebook"], note, extra={"intake": note})
        return made.notebook, resources


class AddHiddenTests(OverwriteCells):  # type: ignore[misc]
    """Puts the full tests into the rebuilt notebook, and does not warn that released ones are shorter."""

    def report_change(self, name: str, attr: str, old: Any, new: Any) -> None:
        """Warn of a change, unless it is the one that every cell with hidden tests has."""
        if attr != "checksum":
            super().report_change(name, attr, old, new)


class LatePenalties(AssignLatePenalties):  # type: ignore[misc]
    """nbgrader's step, which knows of extensions that were granted before anything was handed in."""

    def preprocess(self, nb: NotebookNode, resources: Resources) -> Step:
        """Return the notebook as it is; its penalty is written to the gradebook."""
        hand_over_at(resources["nbgrader"]["db_url"], resources["nbgrader"]["assignment"])
        done: Step = super().preprocess(nb, resources)
        return done


class KeepWarnings(NbGraderPreprocessor):  # type: ignore[misc]
    """Moves a graded cell's stderr to its stdout: a warning is worth reading, and costs no points."""

    def preprocess_cell(self, cell: NotebookNode, resources: Resources, index: int) -> Step:
        """Return the cell with its stderr output renamed, without the lines of code that warnings quote."""
        if cell.metadata.get("nbgrader", {}).get("grade"):
            for output in cell.get("outputs", []):
                if output.output_type == "stream" and output.name == "stderr":
                    output.name = "stdout"
                    output.text = _WARNING.sub(lambda found: found["what"] + "\n", output.text)
        return cell, resources


class PlainScores(NbGraderPreprocessor):  # type: ignore[misc]
    """Lets a graded cell end only with a number of points, and cuts it to what the cell can earn.

    nbgrader takes `tensor(0.)`, `True`, nan or a negative number for full points, and gives up a whole
    submission for a number that is too large. Here a number of any type counts, and the rest is an error.
    """

    def preprocess_cell(self, cell: NotebookNode, resources: Resources, index: int) -> Step:
        """Return the cell; a value that is no number of points is replaced by an error."""
        mark = cell.metadata.get("nbgrader", {})
        if mark.get("grade") and cell.cell_type == "code":
            cell.outputs = [_score_or_error(output, float(mark["points"])) for output in cell.outputs]
        return cell, resources


def _score_or_error(output: NotebookNode, most: float) -> NotebookNode:
    if output.output_type != "execute_result":
        return output
    shown = str(output.data.get("text/plain", "nothing"))
    number = _NUMBER.fullmatch(shown)
    if number and math.isfinite(points := float(number["plain"] or number["wrapped"])):
        output.data = {"text/plain": repr(min(max(points, 0.0), most))}
        return output
    message = f"this cell ended with {shown[:80]!r}, which is no number of points"
    return nbformat.v4.new_output("error", ename="NoScore", evalue=message, traceback=[f"NoScore: {message}"])


# Rebuild comes first: after it, nothing of the submitted file is left but the texts of the answers.
SANITIZE_STEPS = [Rebuild, OverwriteKernelspec, AddHiddenTests, CheckCellMetadata]
AUTOGRADE_STEPS = [
    SplitRun,
    KeepWarnings,
    PlainScores,
    IgnorePattern,
    LimitOutput,
    SaveAutoGrades,
    LatePenalties,
    CheckCellMetadata,
]


def repair_names(assignment: str, student: str, notebooks: list[str]) -> None:
    """Tell nbgrader which lessons a submission holds, under the names that they must have.

    nbgrader hands over its own list of files before it converts them, and goes on with what is in it
    afterwards; `TolerantExporter` finds the file for a name. A submission without any lesson gets all of
    them, as missing.
    """
    if not notebooks:
        return
    folder = Path(notebooks[0]).parent
    course = Path.cwd()  # nbgrader has changed into the course's root
    lessons = sorted(path.stem for path in (course / "release" / assignment).glob("*.ipynb"))
    given = {Path(path).name for path in notebooks}
    found = [lesson for lesson, path in files_for(folder, lessons)[0].items() if path.name in given]
    named = [lesson for lesson in lessons if f"{lesson}.ipynb" in given]
    notebooks[:] = [str(folder / f"{lesson}.ipynb") for lesson in sorted({*found, *named} or lessons)]


def timestamp_or_none(coursedir: CourseDirectory, folder: str) -> datetime | None:
    """Return when a submission was handed in; None, with a warning, when that cannot be read.

    It takes the place of a method of nbgrader's that ends the program, and so the class, for a damaged file.
    """
    try:
        return handed_in_at(Path(folder))
    except ValueError as error:
        coursedir.log.warning("%s: %s", folder, error)
        return None
