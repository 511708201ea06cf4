"""`nbgrader release_feedback` and Formgrader's envelopes: pages into the exchange, for those who use it.

nbgrader's own way reads a secret from every student's folder of feedback and ends in a traceback where there
is none: students who were collected from a learning platform have no secret, and neither has anybody whom
`course grade` graded. `nbgrader_config.py` names this class instead.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from nbgrader.exchange.default import ExchangeReleaseFeedback
from nbgrader.utils import notebook_hash

from utils.feedback.index import INDEX

SECRET, TIME = "submission_secret.txt", "timestamp.txt"
# The list of pages has no name in the exchange, so a page that goes there must not point to it.
TO_INDEX = f'<nav aria-label="Pages"><a href="{INDEX}">All notebooks</a></nav>\n'


class ReleaseFeedback(ExchangeReleaseFeedback):  # type: ignore[misc] # nbgrader ships no types
    """Puts the pages of students who handed in through the exchange where `nbgrader fetch_feedback` looks."""

    def copy_files(self) -> None:
        """Release the pages; say in one line each who gets none and why.

        Raises ExchangeError if nobody gets any, as nbgrader's classes do.
        """
        reasons: dict[str, list[str]] = {}
        released = 0
        for folder in self._folders():
            student = folder.parent.name
            try:
                released += self._release(folder, self._secret(folder, student))
            except NotReleased as reason:
                reasons.setdefault(str(reason), []).append(student)
        lines = [f"{', '.join(students)}: {reason}" for reason, students in reasons.items()]
        if not released:
            self.fail("; ".join(lines) or f"There are no pages at {self.src_path}: write feedback first.")
        for line in lines:
            self.log.warning(line)

    def _folders(self) -> Iterator[Path]:
        """Yield the folders with pages, those of excluded students left out."""
        exact = Path(self.src_path)  # `[` and `*` may be in a name
        found = [exact] if exact.is_dir() else sorted(Path("/").glob(self.src_path.lstrip(os.path.sep)))
        excluded = set(self.coursedir.student_id_exclude.split(","))
        for folder in found:
            if folder.parent.name not in excluded and any(folder.glob("*.html")):
                yield folder

    def _secret(self, folder: Path, student: str) -> str:
        """Return the word from which the names in the exchange are made. Raises NotReleased.

        `nbgrader autograde` carries it along. `course grade` takes nothing of a student's but notebooks and
        the time; then it is the submission's, if that is still the one that was graded.
        """
        if known := _own_text(folder / SECRET):
            return known
        steps = self.coursedir
        submitted = Path(steps.format_path(steps.submitted_directory, student, steps.assignment_id))
        secret = _own_text(submitted / SECRET)
        if not secret:
            raise NotReleased(
                "did not hand in through the exchange, so nothing was released;"
                f" the pages lie in {steps.feedback_directory}/STUDENT/{steps.assignment_id}"
            )
        if _own_text(submitted / TIME) != _own_text(folder / TIME):
            raise NotReleased("handed in again since the pages were written; grade and write feedback first")
        return secret

    def _release(self, folder: Path, secret: str) -> int:
        """Copy the pages of one student; return how many."""
        pages = [path for path in sorted(folder.glob("*.html")) if path.name != INDEX]
        for page in pages:
            text = page.read_text(encoding="utf-8").replace(TO_INDEX, "", 1)
            target = Path(self.dest_path) / f"{notebook_hash(secret=secret, notebook_id=page.stem)}.html"
            scratch = target.with_suffix(".tmp")
            scratch.write_text(text, encoding="utf-8")
            shutil.copymode(page, scratch)
            scratch.replace(target)
        self.log.info("Released to %s: %s", folder.parent.name, ", ".join(page.stem for page in pages))
        return len(pages)


class NotReleased(Exception):
    """A student gets no pages through the exchange; the message is the reason."""


def _own_text(path: Path) -> str:
    """Return the text of a file; nothing for what is none, or a link to somewhere else."""
    own = path.is_file() and not path.is_symlink()
    return path.read_text(encoding="utf-8", errors="replace") if own else ""
