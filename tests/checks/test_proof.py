"""Every known mistake is caught and every known alternative accepted, in every lesson of the course."""

import ast
import inspect
from pathlib import Path

import pytest
import torch

from utils.build.source import parts
from utils.checks.check import FunctionCheck
from utils.checks.proof import checks_of, prove
from utils.grading.submission import function_text, typed

ROOT = Path(__file__).resolve().parents[2]
LESSONS = sorted(path.stem for path in (ROOT / "lessons" / "attention").glob("*.py"))
CHECKS = [(part, check) for lesson in LESSONS for part, check in checks_of(lesson).items()]
IDS = [part for part, _ in CHECKS]
KNOWN = (Path(__file__).parent / "misconceptions.txt").read_text(encoding="utf-8").split()


@pytest.mark.parametrize(("part", "check"), CHECKS, ids=IDS)
def test_every_known_mistake_is_caught_with_its_hint_and_every_alternative_accepted(part, check):
    assert prove(part, check).failures == []


@pytest.mark.parametrize(("part", "check"), CHECKS, ids=IDS)
def test_hints_are_sentences_of_their_own_and_do_not_hold_the_answer(part, check):
    hints = [mistake.hint for mistake in check.mistakes]
    assert len(set(hints)) == len(hints)
    for hint in hints:
        assert hint.rstrip().endswith((".", "?"))
        assert not (isinstance(check.right, str) and len(check.right) > 3 and check.right in hint)


@pytest.mark.parametrize(
    ("part", "check"),
    [c for c in CHECKS if isinstance(c[1], FunctionCheck)],
    ids=[i for i, c in CHECKS if isinstance(c, FunctionCheck)],
)
def test_a_function_exercise_knows_eight_mistakes_and_five_alternatives_that_can_be_typed(part, check):
    assert len(check.mistakes) >= 8
    assert len(check.alternatives) >= 5
    for answer in [*(mistake.answer for mistake in check.mistakes), *check.alternatives.values()]:
        assert inspect.isfunction(answer)
        ast.parse(function_text(answer, check.variable))


@pytest.mark.parametrize(
    ("part", "check"),
    [c for c in CHECKS if not isinstance(c[1], FunctionCheck)],
    ids=[i for i, c in CHECKS if not isinstance(c, FunctionCheck)],
)
def test_an_answer_is_judged_alike_as_a_value_and_typed_into_a_cell(part, check):
    given = [*check.alternatives.values(), *(mistake.answer for mistake in check.mistakes)]
    for answer in (answer for answer in given if not callable(answer)):
        cell = {"torch": torch}
        exec(typed("answer = ____", answer), cell)
        assert check.judge(cell["answer"]).credit == check.judge(answer).credit, answer


def test_every_graded_part_has_a_check_and_every_check_a_part():
    graded = {part.id for part in parts(ROOT, "attention") if not part.manual}
    assert graded == set(IDS)


def test_every_known_misconception_is_in_the_table_of_some_check():
    told = {mistake.misconception for _, check in CHECKS for mistake in check.mistakes}
    assert [name for name in KNOWN if name not in told] == []
