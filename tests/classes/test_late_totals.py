"""The tables of points have totals after late penalties, and say so."""

from __future__ import annotations

import io
import re

from rich.console import Console
from scratch_course import ASSIGNMENT

from utils.grading import demo
from utils.grading.scores import scores_of

POLICY = """
c.AssignLatePenalties.plugin_class = "utils.classes.late_policy.PercentPerDay"
c.PercentPerDay.percent_per_day = 10
"""


def printed(table: object) -> str:
    console = Console(file=io.StringIO(), width=150)
    console.print(table)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_totals_are_what_lateness_leaves_and_who_lost_points_is_named(make_class) -> None:
    klass = make_class()
    config = klass.root / "nbgrader_config.py"
    config.write_text(config.read_text(encoding="utf-8") + POLICY, encoding="utf-8")
    klass.course("due", "sums", "2026-01-30T12:00Z")
    klass.hand_in("ada", "2026-01-30 11:00 UTC")
    klass.hand_in("ben", "2026-02-01 11:00 UTC")  # two days begun: a fifth
    klass.grade()
    earned = sum(score.points for score in scores_of(klass.root, ASSIGNMENT, "ben", klass.url).values())
    left = f"{0.8 * earned:g}"
    said = printed(
        demo.score_table(klass.root, ASSIGNMENT, ["adding", "doubling"], ["ada", "ben"], klass.url)
    )
    rows = {line.split()[1]: line for line in said.splitlines() if line.startswith("│")}
    assert f" {earned:g}/" in rows["ada"].rpartition("│")[0].rpartition("│")[2]
    assert f" {left}/" in rows["ben"].rpartition("│")[0].rpartition("│")[2]
    assert f"the total is what is left after late penalties: ben {0.2 * earned:g}" in " ".join(said.split())
    parts = printed(demo.part_table(klass.root, ASSIGNMENT, "doubling", ["ada", "ben"], klass.url))
    lines = {line.split("│")[1].strip(): line.split("│")[2:4] for line in parts.splitlines() if "│" in line}
    assert [cell.strip() for cell in lines["late penalty"]] == ["", "-0.2"]
    assert [cell.strip() for cell in lines["total"]] == ["1/1", "0.8/1"]


def test_where_nobody_lost_points_by_lateness_nothing_is_said_of_it(klass) -> None:
    klass.hand_in("ada")
    klass.grade()
    said = printed(demo.score_table(klass.root, ASSIGNMENT, ["adding"], ["ada"], klass.url))
    said += printed(demo.part_table(klass.root, ASSIGNMENT, "doubling", ["ada"], klass.url))
    assert "late" not in said


def test_a_large_class_is_printed_whole_to_a_file_and_in_several_tables_to_a_narrow_terminal(
    klass, monkeypatch
) -> None:
    students = [f"student-with-a-long-name-{number:02}" for number in range(12)]
    for student in students:
        klass.hand_in(student)
    klass.grade()
    whole = klass.course("scores", "sums")
    assert all(student in whole for student in students)
    assert "…" not in whole
    monkeypatch.setattr("rich.console.Console.is_terminal", True)
    monkeypatch.setenv("COLUMNS", "80")
    folded = klass.course("scores", "sums")
    assert all(student in folded for student in students)
    assert "…" not in folded
    assert max(len(re.sub(r"\x1b\[[0-9;]*m", "", line)) for line in folded.splitlines()) <= 80
