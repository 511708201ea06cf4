"""The executed notebooks in autograded/: each there as a whole, and nothing of a run that was killed."""

from __future__ import annotations

from pathlib import Path

import pytest

from utils.grading import executed
from utils.grading.executed import executed_path, write_executed
from utils.grading.tasks import Course, Task

TASK = Task("ada", "adding")


def names(course: Course) -> list[str]:
    """Return what lies beside the executed notebook, hidden files included."""
    return sorted(path.name for path in executed_path(course, TASK).parent.iterdir())


def test_what_a_killed_run_was_writing_is_removed_by_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = Course(str(tmp_path), "sums")

    class Killed(BaseException):
        """As kill -9 has it, nothing is cleared up."""

    def killed(handle: int) -> None:
        monkeypatch.setattr(Path, "unlink", lambda *_, **__: None)
        raise Killed

    monkeypatch.setattr(executed.os, "fsync", killed)
    with pytest.raises(Killed):
        write_executed(course, TASK, "{}")
    assert len(names(course)) == 1
    assert names(course)[0].endswith(executed.SCRATCH)
    monkeypatch.undo()
    write_executed(course, TASK, "{}")
    assert names(course) == ["adding.ipynb"]


def test_a_file_that_could_not_be_written_leaves_the_earlier_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = Course(str(tmp_path), "sums")
    write_executed(course, TASK, "first")

    def full(handle: int) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(executed.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_executed(course, TASK, "second")
    assert names(course) == ["adding.ipynb"]
    assert executed_path(course, TASK).read_text(encoding="utf-8") == "first"
