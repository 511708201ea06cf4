"""The checks of the lesson on linear attention."""

import inspect
import math
from pathlib import Path

import pytest
import torch

from coursekit.compare import WrongAnswer
from utils.build.lessons import load
from utils.build.solved import answers
from utils.checks import linear_attention as checks
from utils.checks import linear_attention_chunks as chunks
from utils.checks import linear_attention_random as estimated
from utils.checks import linear_attention_recurrence as recurrence
from utils.checks import linear_attention_waves as waves
from utils.checks.check import FunctionCheck
from utils.checks.proof import checks_of, prove

CHECKS = checks_of("linear_attention")
FUNCTIONS = {name: check for name, check in CHECKS.items() if isinstance(check, FunctionCheck)}
SUBMISSIONS = [
    (name, answer)
    for name, check in FUNCTIONS.items()
    for answer in [*(m.answer for m in check.mistakes), *check.alternatives.values()]
]


def told(check, answer):
    with pytest.raises(WrongAnswer) as caught:
        check(answer)
    return str(caught.value)


@pytest.mark.parametrize("name", CHECKS)
def test_every_mistake_is_caught_with_its_hint_and_every_alternative_is_accepted(name):
    assert prove(name, CHECKS[name]).failures == []


@pytest.mark.parametrize("student", ["a", "b", "c"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_proof_does_not_depend_on_whose_numbers_are_drawn(name, student, monkeypatch):
    monkeypatch.setenv("COURSE_STUDENT", student)
    assert prove(name, FUNCTIONS[name]).failures == []


@pytest.mark.parametrize("name", CHECKS)
def test_every_hint_of_a_check_is_its_own(name):
    hints = [mistake.hint for mistake in CHECKS[name].mistakes]
    assert len(set(hints)) == len(hints)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_exercise_knows_eight_mistakes_and_five_alternatives(name):
    assert len(FUNCTIONS[name].mistakes) >= 8
    assert len(FUNCTIONS[name].alternatives) >= 5


@pytest.mark.parametrize(("name", "answer"), SUBMISSIONS, ids=lambda x: getattr(x, "__name__", x))
def test_a_submission_can_be_pasted_into_the_notebook_as_it_stands(name, answer):
    namespace = {"math": math, "torch": torch, "Tensor": torch.Tensor}
    exec(compile(inspect.getsource(answer), "<pasted>", "exec"), namespace)
    pasted = namespace[answer.__name__]
    expected, received = CHECKS[name].judge(answer), CHECKS[name].judge(pasted)
    assert received.credit == expected.credit
    assert str(received.wrong) == str(expected.wrong)


def test_the_cost_that_forgets_how_features_are_made_is_known_by_its_name():
    known = {m.misconception: m.answer for m in checks.check_cost_features.mistakes}
    assert known["10.Q1-feature-creation"] == "N D_r M"
    assert "where do the features" in told(checks.check_cost_features, "O(N * D_r * M)")


def test_the_variance_that_some_texts_print_earns_nothing_and_is_sent_back_to_the_figure():
    assert "your curve crosses" in told(checks.check_variance, r"$\sigma^{2}$")


@pytest.mark.parametrize("order", [waves.cosines_first, waves.interleaved])
def test_features_in_another_order_are_as_right(order):
    assert checks.check_random_features.judge(order).wrong is None


@pytest.mark.parametrize(
    ("check", "answer", "grows", "hint"),
    [
        (checks.check_rff_attention, estimated.whole_table, "numbers alive", estimated.FORMS_THE_TABLE),
        (checks.check_rff_attention, estimated.row_by_row, "work grow", estimated.REPEATS_THE_SUM),
        (checks.check_causal, recurrence.masked_table, "numbers alive", recurrence.KEEPS_THE_TABLE),
        (checks.check_causal, recurrence.past_anew, "work grow", recurrence.STARTS_ANEW),
        (checks.check_chunked, chunks.table_of_all, "numbers alive", recurrence.KEEPS_THE_TABLE),
        (checks.check_chunked, chunks.step_by_step, "same products", recurrence.LENGTH_UNUSED),
    ],
)
def test_right_numbers_at_the_wrong_cost_are_refused_with_what_was_counted(check, answer, grows, hint):
    message = told(check, answer)
    assert grows in message
    assert hint in message


@pytest.mark.parametrize(
    ("check", "text"),
    [
        (checks.check_gaussian_identity, r"\exp\left(\frac{\|q\|_2^2 + \|k\|_2^2}{2\sqrt{D}}\right)"),
        (checks.check_gaussian_identity, "F = exp(q^T q / (2 sqrt(D))) * exp(k^T k / (2 sqrt(D)))"),
        (checks.check_variance, r"\sigma^{-2}"),
        (checks.check_variance, "Var = 1/sigma^2"),
        (checks.check_cost_features, r"$\mathcal{O}(N D_r D + N D_r M)$"),
        (checks.check_causal_time, "O(N*C*M + N*C)"),
        (checks.check_causal_state, r"\mathcal{O}(CM + C)"),
        (checks.check_chunked_cost, "O(N (L C + L M + C M))"),
        (checks.check_state_size, "64*65 = 4160"),
        (checks.check_crossover, 33),
    ],
)
def test_a_right_answer_is_accepted_as_a_person_may_write_it(check, text):
    assert check(text) is None


def test_a_wrong_earlier_function_costs_its_own_points_only(course_root: Path):
    solved = answers(load(course_root / "lessons" / "attention" / "linear_attention.py"))
    wrong = {check.variable: check.mistakes[0].answer for check in FUNCTIONS.values()}
    for name, check in FUNCTIONS.items():
        namespace = {"math": math, "torch": torch, **wrong}
        exec(compile(solved[check.part], "<solved>", "exec"), namespace)
        assert check.judge(namespace[check.variable]).wrong is None, name


def test_a_change_in_the_tenth_digit_must_reach_the_result():
    judgement = checks.check_directions.judge(waves.directions_in_single)
    assert "seven digits" in str(judgement.wrong)


def test_a_memory_that_forgets_is_caught_although_short_sequences_are_right():
    q, k, v = checks._sequence(torch.Generator().manual_seed(0), 7, 4, 3)
    torch.testing.assert_close(recurrence.last_seven_alone(q, k, v), checks.check_causal.right(q, k, v))
    assert "forgotten" in told(checks.check_causal, recurrence.last_seven_alone)
