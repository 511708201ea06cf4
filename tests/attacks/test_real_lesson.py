"""Attacks on a lesson of ours, whose tests complete templates with a key."""

from __future__ import annotations

import pytest

from tests.attacks.attack import Attack, Desk, make_real_course
from tests.attacks.cases import blanks
from tests.attacks.graded import HONEST, GradedClass, grade
from tests.attacks.promises import assert_nothing_left
from tests.attacks.registry import ON_A_REAL_LESSON
from utils.build.source import parts


@pytest.fixture(scope="module")
def graded(tmp_path_factory: pytest.TempPathFactory) -> GradedClass:
    """Return a class of attackers and honest students on the lesson."""
    root = make_real_course(tmp_path_factory.mktemp("real") / "course", blanks.ASSIGNMENT, blanks.LESSON)
    return grade(Desk(root, blanks.ASSIGNMENT, blanks.LESSON), ON_A_REAL_LESSON)


@pytest.mark.parametrize("attack", ON_A_REAL_LESSON, ids=[attack.what for attack in ON_A_REAL_LESSON])
def test_the_key_of_the_other_blanks_neither_earns_a_point_nor_is_shown(
    graded: GradedClass, attack: Attack
) -> None:
    assert {part: points for part, points in graded.points(attack.key).items() if points} == attack.points
    said = graded.said_to(attack.key)
    assert [words for words in attack.told if words not in said] == []
    assert [words for words in attack.untold if words in said] == []


def test_honest_students_among_them_keep_all_their_points(graded: GradedClass) -> None:
    machine = [part for part in parts(graded.root, blanks.ASSIGNMENT) if not part.manual]
    full = {part.id.split(".")[1]: float(part.points) for part in machine}
    for student in HONEST:
        assert {part: points for part, points in graded.points(student).items() if part in full} == full


def test_the_run_leaves_nothing(graded: GradedClass) -> None:
    assert_nothing_left(graded)
