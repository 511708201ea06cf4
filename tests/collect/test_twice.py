"""Collecting again: nothing changes, a newer hand-in replaces an older one, a kill leaves nothing half."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from collect_desk import Desk
from exported import notebook

from utils.collect.collecting import collect
from utils.grading.run_lock import run_lock

Collected = Callable[..., str]
OLD, NEW = notebook("old"), notebook("new")
EARLY = "hw_ada_attempt_2026-01-30-15-00-00_adding.ipynb"
LATE = "hw_ada_attempt_2026-01-31-15-00-00_adding.ipynb"
BENS = "hw_ben_attempt_2026-01-30-15-00-00_doubling.ipynb"
PLACE = "ada/sums/adding.ipynb"


def state(root: Path) -> dict[str, tuple[int, int]]:
    """Return everything in submitted/, hidden files too, with its times."""
    return {
        path.relative_to(root).as_posix(): (path.stat().st_mtime_ns, path.stat().st_ino)
        for path in sorted((root / "submitted").rglob("*"))
    }


def test_collecting_twice_changes_nothing(desk: Desk, collected: Collected) -> None:
    collected({EARLY: OLD, BENS: NEW})
    before = state(desk.root)
    assert "2 unchanged; 0 could not be placed" in collected({EARLY: OLD, BENS: NEW})
    assert state(desk.root) == before


def test_a_later_hand_in_replaces_an_earlier_one_which_is_kept_aside(
    desk: Desk, collected: Collected
) -> None:
    collected({EARLY: OLD})
    assert "1 replaced" in collected({LATE: NEW})
    assert desk.submitted[PLACE] == "new"
    kept = desk.root / "submitted/ada/.older/sums-1/adding.ipynb"
    assert kept.read_bytes() == OLD


def test_an_earlier_hand_in_never_replaces_a_later_one(desk: Desk, collected: Collected) -> None:
    collected({LATE: NEW})
    assert "not taken: a later one lies there" in collected({EARLY: OLD})
    assert desk.submitted[PLACE] == "new"


def test_canvas_uploads_are_ordered_by_their_numbers(desk: Desk, collected: Collected) -> None:
    name = "lovelaceada_1_{}_adding.ipynb"
    collected({name.format(20): NEW})
    assert "not taken" in collected({name.format(9): OLD})
    assert "1 replaced" in collected({name.format(21): OLD})


def test_a_removed_notebook_goes_with_the_hand_in_that_had_it(desk: Desk, collected: Collected) -> None:
    collected({EARLY: OLD, EARLY.replace("adding", "doubling"): OLD})
    collected({LATE: NEW})
    assert "ada/sums/doubling.ipynb" not in desk.submitted


def test_without_any_date_a_different_hand_in_is_not_taken_silently(desk: Desk, collected: Collected) -> None:
    collected({"ada/adding.ipynb": OLD})
    said = collected({"ada/adding.ipynb": NEW}, code=1)
    assert "nothing tells which is newer" in said
    assert desk.submitted[PLACE] == "old"


def test_what_somebody_put_there_by_hand_is_not_replaced_by_something_undated(
    desk: Desk, collected: Collected
) -> None:
    mine = desk.root / "submitted/ada/sums/adding.ipynb"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(OLD)
    collected({"ada/adding.ipynb": NEW}, code=1)
    assert mine.read_bytes() == OLD


def test_two_hand_ins_of_the_same_moment_are_not_guessed_between(desk: Desk, collected: Collected) -> None:
    names = desk.file("names.csv", b"student_id,email\nada,a@x\nada,b@x\n")
    files = {"a@x/adding.ipynb": OLD, "b@x/adding.ipynb": NEW}
    said = collected(files, "--names", str(names), code=1)
    assert "cannot be told which of 2 hand-ins is the last" in said
    assert desk.submitted == {}


class Killed(BaseException):
    """What a kill looks like from inside."""


@pytest.mark.parametrize("step", range(1, 8))
def test_a_kill_at_any_step_leaves_the_old_hand_in_or_the_new_one_and_the_next_run_mends_it(
    desk: Desk, collected: Collected, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    collected({EARLY: OLD})
    later = desk.zip({LATE: NEW}, "later.zip")
    left = [step]

    def killing(before: Callable[..., object]) -> Callable[..., object]:
        def call(*args: object, **kwargs: object) -> object:
            left[0] -= 1
            if left[0] == 0:
                raise Killed
            return before(*args, **kwargs)

        return call

    with monkeypatch.context() as patched:
        for name in ("rename", "mkdir", "write_bytes", "write_text"):
            patched.setattr(Path, name, killing(getattr(Path, name)))
        with pytest.raises(Killed):
            collect(desk.root, "sums", later)
    # A grader finds one whole hand-in or, between two renamings, none; what was there is never lost.
    whole = {"old": "2026-01-30", "new": "2026-01-31"}
    seen = desk.submitted
    if PLACE in seen:
        assert seen["ada/sums/timestamp.txt"].startswith(whole[seen[PLACE]])
    else:
        assert seen == {}
        assert (desk.root / "submitted/ada/.replaced-sums/adding.ipynb").read_bytes() == OLD
    desk.collect(later)
    assert desk.submitted[PLACE] == "new"
    hidden = {path.name for path in (desk.root / "submitted/ada").iterdir()}
    assert hidden == {"sums", ".older"}
    assert (desk.root / "submitted/ada/.older/sums-1/adding.ipynb").read_bytes() == OLD


def test_what_a_killed_run_had_set_aside_comes_back_with_the_next_one_whatever_it_collects(
    desk: Desk, collected: Collected, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected({EARLY: OLD})
    renamed = Path.rename

    def killed_between(path: Path, target: Path) -> Path:
        if path.name == ".incoming-sums":
            raise Killed
        return renamed(path, target)

    with monkeypatch.context() as patched:
        patched.setattr(Path, "rename", killed_between)
        with pytest.raises(Killed):
            collect(desk.root, "sums", desk.zip({LATE: NEW}))
    assert PLACE not in desk.submitted
    collected({BENS: NEW})
    assert desk.submitted[PLACE] == "old"


def test_nothing_is_collected_into_a_course_that_is_being_graded(desk: Desk, collected: Collected) -> None:
    with run_lock(desk.root):
        assert "is being graded" in collected({"ada/adding.ipynb": NEW}, code=1)
    assert desk.submitted == {}


@pytest.mark.parametrize("linked", ["submitted", "submitted/ada", "submitted/ada/sums"])
def test_nothing_is_written_through_a_link(
    desk: Desk, collected: Collected, tmp_path: Path, linked: str
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    link = desk.root / linked
    link.parent.mkdir(parents=True, exist_ok=True)
    link.symlink_to(elsewhere)
    assert "is a link; nothing is written through it" in collected({"ada/adding.ipynb": NEW}, code=1)
    assert os.listdir(elsewhere) == []
