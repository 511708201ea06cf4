"""The generated class: the same students for the same seed, every answer worth what it was drawn to be."""

from collections import Counter
from pathlib import Path

import pytest
import torch

from utils.grading.class_run import grade_class
from utils.grading.generated_class import generate
from utils.grading.scores import scores_of
from utils.grading.submission import typed, write_submission

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def students():
    return list(generate(ROOT, "attention", 200, seed=3))


def test_two_draws_with_one_seed_are_the_same_and_another_seed_differs(students):
    again = next(iter(generate(ROOT, "attention", 1, seed=3)))
    assert again.notebooks == students[0].notebooks
    assert next(iter(generate(ROOT, "attention", 1, seed=4))).drawn != students[0].drawn


def test_a_class_of_two_hundred_has_every_kind_of_answer(students):
    assert len({student.name for student in students}) == 200
    kinds = Counter(kind.split()[0] for student in students for kind in student.drawn.values())
    assert set(kinds) == {"solved", "alternative", "mistake", "blank"}
    assert min(kinds.values()) > 500


def test_most_known_mistakes_are_made_by_somebody(students):
    made = {kind for student in students for kind in student.drawn.values() if kind.startswith("mistake")}
    assert len(made) > 150


def test_every_answer_of_three_students_earns_what_it_was_drawn_to_be(students, tmp_path, built_copy):
    built_copy(tmp_path)
    for student in students[:3]:
        write_submission(tmp_path, student.name, "attention", student.notebooks)
    names = [student.name for student in students[:3]]
    grade_class(tmp_path, "attention", names, jobs=2)
    for student in students[:3]:
        scores = scores_of(tmp_path, "attention", student.name)
        earned = {part: scores[part].points / scores[part].out_of for part in student.credit}
        wrong = {
            p: (earned[p], student.drawn[p])
            for p, credit in student.credit.items()
            if earned[p] != pytest.approx(credit)
        }
        assert wrong == {}


@pytest.mark.parametrize(
    "answer", ["d^2", 14, [3, 11], torch.tensor([3.0, 11.0]), [torch.tensor(3.0), 11], torch.tensor(7)]
)
def test_a_typed_answer_is_code_that_gives_it_back(answer):
    cell = typed("scores = ____", answer)
    given = {"torch": torch}
    exec(cell, given)
    assert str(given["scores"]) == str(answer)
