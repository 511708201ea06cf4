"""The same promises with boxes that bubblewrap starts: one attack of each case, and all that look outside."""

from __future__ import annotations

import shutil

import pytest

from tests.attacks.attack import Attack, Desk, make_course
from tests.attacks.graded import GradedClass, grade
from tests.attacks.promises import (
    assert_neighbours,
    assert_nothing_left,
    assert_outcome,
    places_of_canaries,
)
from tests.attacks.registry import ATTACKS, case_title

pytestmark = pytest.mark.skipif(shutil.which("bwrap") is None, reason="bubblewrap is not installed")
# What a box can see and reach, whoever started it; of other kinds, some that end or fill their box.
ALL_OF = ("R", "H12", "H13")
SOME = (
    "s04-patch-run-cell",
    "s20-replay",
    "s22-drip",
    "x11-left-traps",
    "x11-next-student",
    "h01-infinite-loop",
    "h04-fork-bomb",
    "h06-shared",
    "h06-processes",
    "h07-shm",
    "h09-os-exit",
    "h10-kill",
    "h11-survivor",
    "h16-env-set",
)
COLD = [attack for attack in ATTACKS if attack.case.startswith(ALL_OF) or attack.key in SOME]


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> GradedClass:
    """Return a class of attackers, graded with cold boxes."""
    root = make_course(tmp_path_factory.mktemp("cold") / "course")
    return grade(Desk(root), COLD, launcher="cold")


def test_every_named_attack_is_there() -> None:
    assert {attack.key for attack in COLD} >= set(SOME)


@pytest.mark.parametrize("attack", COLD, ids=[f"{case_title(a.case)}: {a.what}" for a in COLD])
def test_an_attack_earns_and_finds_exactly_what_it_should(graded: GradedClass, attack: Attack) -> None:
    assert_outcome(graded, attack)


def test_honest_students_among_attackers_keep_all_their_points(graded: GradedClass) -> None:
    assert_neighbours(graded)


def test_a_run_leaves_nothing_and_writes_no_secret(graded: GradedClass) -> None:
    assert graded.code == 0, graded.printed[-2000:]
    assert_nothing_left(graded)
    assert places_of_canaries(graded) == {}
