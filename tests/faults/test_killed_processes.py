"""kill -9 of each process that a run consists of, in the middle of the run."""

from __future__ import annotations

from pathlib import Path

from tests.faults.conftest import Prove
from tests.faults.registry import FAULTS


def test_a_killed_runner_leaves_nothing_running_and_the_next_run_does_the_rest(
    prove: Prove, course: Path
) -> None:
    prove(FAULTS["runner"], course)


def test_a_killed_box_template_is_replaced_and_costs_no_point(prove: Prove, course: Path) -> None:
    prove(FAULTS["box template"], course)


def test_a_killed_judge_template_is_replaced_and_costs_no_point(prove: Prove, course: Path) -> None:
    prove(FAULTS["judge template"], course)


def test_a_killed_judge_costs_no_point(prove: Prove, course: Path) -> None:
    prove(FAULTS["judge"], course)


def test_a_box_killed_from_outside_costs_no_point(prove: Prove, course: Path) -> None:
    prove(FAULTS["box"], course)


def test_a_killed_warden_costs_no_point(prove: Prove, course: Path) -> None:
    prove(FAULTS["warden"], course)


def test_ctrl_c_ends_everything_and_the_next_run_does_the_rest(prove: Prove, course: Path) -> None:
    prove(FAULTS["Ctrl-C"], course)
