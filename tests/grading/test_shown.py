"""What a console shows of a run: the bar's numbers at its end, and names as they are."""

from __future__ import annotations

import io

from fake_worker import team
from rich.console import Console
from scratch_course import ASSIGNMENT, Desk

from utils.grading import demo
from utils.grading.class_run import grade_class
from utils.grading.progress import ProgressBar
from utils.grading.tasks import Result

NAMES = ("[red]x", "[bold]", ":cat:", "a[link=b]c")


def console() -> Console:
    return Console(file=io.StringIO(), width=150, force_terminal=True, color_system=None)


def text_of(shown: Console) -> str:
    assert isinstance(shown.file, io.StringIO)
    return shown.file.getvalue()


def test_when_everything_is_done_nothing_is_running() -> None:
    shown = console()
    with ProgressBar(shown) as bar:
        bar.begin(3, 0)
        for running in (2, 2, 1):
            bar.running(running)
            bar.done(Result("ada", "adding", "failed"))
    *_, last = (line for line in text_of(shown).splitlines() if "running" in line)
    assert "0 running, 3 failed" in last


def test_a_student_is_shown_by_the_folders_name(desk: Desk) -> None:
    for name in NAMES:
        desk.hand_in(name, desk.solved())
    grade_class(desk.root, ASSIGNMENT, NAMES, open_workers=team())
    for table in (
        demo.score_table(desk.root, ASSIGNMENT, ["adding"], list(NAMES)),
        demo.part_table(desk.root, ASSIGNMENT, "adding", list(NAMES)),
    ):
        shown = console()
        shown.print(table)
        assert [name for name in NAMES if name not in text_of(shown)] == []
