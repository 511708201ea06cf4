"""Honest work earns the same in a warm box, in a cold box, without a box, and from nbgrader alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from tests.honest import habits
from tests.honest.matrix import Handed, both, differences, generated, handed, not_due, samples
from tests.honest.modes import ASSIGNMENT, ROOT, Class, Points, course_in, graded
from utils.build.source import parts
from utils.grading import sample_class
from utils.grading.generated_class import Student, every_answer, known_answers, lessons_of

# Three students who together answer every kind of part, rightly and wrongly: a student and two lessons.
FEW = {
    "every-02": ("argmax_attention", "multi_head_attention"),
    "every-06": ("linear_attention", "scaled_dot_product"),
    "every-09": ("decoding", "kernel_attention"),
}
# Objects that a kernel hands over as they are and a box does not, and a function that ends a kernel.
UNLIKE_A_BOX = ("habit-other-objects", "habit-exits")


@pytest.fixture(scope="module")
def everyone() -> Handed:
    """Return everything that the checks know, students' habits, and the sample class."""
    return both(generated(), _answered(samples()))


def _answered(handed_in: Handed) -> Handed:
    """Return the sample class without the notebooks that a model left as they were."""
    lessons = {(student, part.split(".")[0]) for student, part in handed_in.due}
    perfect = {sample_class.PERFECT: handed_in.students[sample_class.PERFECT]}
    answered = {
        student: {lesson: notebook for lesson, notebook in notebooks.items() if (student, lesson) in lessons}
        for student, notebooks in handed_in.students.items()
    }
    return Handed({**{name: own for name, own in answered.items() if own}, **perfect}, handed_in.due)


@pytest.fixture(scope="module")
def in_boxes(everyone: Handed, tmp_path_factory: pytest.TempPathFactory) -> Points:
    """Return everybody's points from warm boxes."""
    course = course_in(tmp_path_factory.mktemp("everyone") / "course", everyone.students)
    return graded(course, "split warm")


@pytest.fixture(scope="module")
def few(everyone: Handed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a course of three students."""
    return course_in(tmp_path_factory.mktemp("few") / "course", _few(everyone))


def _few(everyone: Handed) -> Class:
    return {
        student: {lesson: everyone.students[student][lesson] for lesson in lessons}
        for student, lessons in FEW.items()
    }


def test_every_known_answer_is_handed_in_by_somebody() -> None:
    given = Counter(
        (part, name)
        for student in every_answer(ROOT, ASSIGNMENT)
        for part, name in student.drawn.items()
        if name != "solved"
    )
    known = Counter(
        (part, answer.name)
        for lesson in lessons_of(ROOT, ASSIGNMENT).values()
        for part, check in lesson.checks.items()
        for answer in known_answers(check)
    )
    assert given == known
    assert given.total() > 1000


def test_the_worth_of_every_known_answer_is_known(everyone: Handed) -> None:
    depends = {("kernel_attention.claim", "solved")}  # a claim about code that is not right is judged by it
    unknown = {
        (part, name)
        for student in every_answer(ROOT, ASSIGNMENT)
        for part, name in student.drawn.items()
        if (student.name, part) not in everyone.due
    }
    assert unknown == depends


def test_every_known_answer_earns_in_a_box_what_it_is_worth(everyone: Handed, in_boxes: Points) -> None:
    assert not_due(everyone.due, in_boxes) == []


def test_three_students_hand_in_every_kind_of_part() -> None:
    lessons = {lesson for own in FEW.values() for lesson in own}
    kinds = {part.kind for part in parts(ROOT, ASSIGNMENT) if part.id.split(".")[0] in lessons}
    assert kinds == {part.kind for part in parts(ROOT, ASSIGNMENT)}


@pytest.mark.slow
@pytest.mark.parametrize("mode", ["split cold", "stock"])
def test_three_students_earn_the_same(few: Path, in_boxes: Points, mode: str) -> None:
    points = graded(few, mode)
    assert len(points) > 80
    assert differences({"split warm": in_boxes, mode: points}) == []


@pytest.mark.slow
def test_the_sample_class_and_what_is_unlike_a_box_earn_the_same_without_one(
    everyone: Handed, in_boxes: Points, tmp_path: Path
) -> None:
    chosen = [
        name for name in everyone.students if name in UNLIKE_A_BOX or name in sample_class.models(ASSIGNMENT)
    ]
    some = everyone.of(chosen)
    points = graded(course_in(tmp_path / "course", some.students), "trusted")
    assert differences({"split warm": in_boxes, "trusted": points}) == []
    assert not_due(some.due, points) == []


def test_a_difference_and_a_wrong_score_are_named() -> None:
    due = handed([Student("a", credit={"decoding.a": 1.0, "decoding.b": 0.0})]).due
    found: Points = {("a", "decoding.a"): 0.0, ("a", "decoding.b"): 0.0}
    assert not_due(due, found) == ["a decoding.a: 0.0, must be 3"]
    assert not_due(due, {}) != []
    assert differences({"trusted": found, "stock": due}) == ["a decoding.a: {'trusted': 0.0, 'stock': 3.0}"]


def test_only_what_is_listed_may_differ_in_stock() -> None:
    assert {student for student, _ in habits.LOST_IN_STOCK} | habits.NOT_IN_STOCK.keys() == {
        "habit-warns",
        "habit-exits",
    }
