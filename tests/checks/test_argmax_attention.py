"""The checks of the lesson on hard attention."""

import inspect

import pytest
import torch

from utils.checks import argmax_attention as checks
from utils.checks.check import FunctionCheck
from utils.checks.proof import checks_of, prove
from utils.reference import argmax_attention as reference

CHECKS = checks_of("argmax_attention")
FUNCTIONS = {name: check for name, check in CHECKS.items() if isinstance(check, FunctionCheck)}

K = torch.tensor([[1, 0, 5, 0], [2, 3, 0, 0], [0, 4, 0, 1]], dtype=torch.float64)
V = torch.tensor([[2, 1, 0, 1], [0, 4, -1, 0], [1, 3, 4, -1]], dtype=torch.float64)
Q = torch.tensor([1, 1, 2], dtype=torch.float64)

BANK = {
    "A2a-score", "A2a-index", "A2a-key", "A2a-rows-as-keys", "A2a-value-row", "A2a-softmax",
    "A2a-raw-weights", "A2a-ocr-query", "A2a-ocr-matrix", "A2b-nothing-trains", "A2b-infinite-gradient",
    "A2b-like-max",
    "A2b-only-speed",
}


@pytest.mark.parametrize("name", CHECKS)
def test_every_mistake_is_caught_with_its_hint_and_every_alternative_is_accepted(name):
    assert prove(name, CHECKS[name]).failures == []


@pytest.mark.parametrize("student", ["a", "b", "c", "d", "e"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_proof_does_not_depend_on_whose_numbers_are_drawn(name, student, monkeypatch):
    monkeypatch.setenv("COURSE_STUDENT", student)
    assert prove(name, FUNCTIONS[name]).failures == []


def test_every_known_misconception_of_the_question_is_recognised_somewhere():
    recognised = {mistake.misconception for check in CHECKS.values() for mistake in check.mistakes}
    assert recognised >= BANK


@pytest.mark.parametrize("name", CHECKS)
def test_no_two_mistakes_of_a_check_share_a_hint(name):
    hints = [mistake.hint for mistake in CHECKS[name].mistakes]
    assert len(set(hints)) == len(hints)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_exercise_knows_eight_mistakes_and_five_alternatives(name):
    check = FUNCTIONS[name]
    assert len(check.mistakes) >= 8
    assert len(check.alternatives) >= 5


def test_the_keys_of_the_typed_answers_are_what_the_reference_computes():
    scores = reference.scores(Q, K)
    assert checks.check_a_scores.right == scores.tolist()
    assert checks.check_a_index.right == int(scores.argmax())
    assert checks.check_a.right == reference.hard_attention(Q, K, V).tolist()


def test_the_wrong_answers_are_what_their_misconceptions_compute():
    wrong = {m.misconception: torch.tensor(m.answer, dtype=torch.float64) for m in checks.check_a.mistakes}
    scores = reference.scores(Q, K)
    weights = torch.softmax(scores, dim=0)
    for misconception, computed in {
        "A2a-score": scores.max()[None],
        "A2a-key": K[:, 1],
        "A2a-rows-as-keys": V[:, (K[:, :3] @ Q).argmax()],
        "A2a-value-row": V[1],
        "A2a-softmax": V @ weights,
        "A2a-scaled-softmax": V @ torch.softmax(scores / 3**0.5, dim=0),
        "A2a-raw-weights": V @ scores,
        "A2a-ocr-matrix": K[:, :3] @ torch.tensor([0, 0, 1], dtype=torch.float64),
    }.items():
        assert (wrong[misconception] - computed).abs().max() < 5e-5, misconception


@pytest.mark.parametrize(
    "written", [[0.998, 3.986, 3.001], [0.9979, 3.9858, 3.0013], "(0.9979, 3.986, 3.0013)"]
)
def test_the_soft_output_is_recognised_however_it_was_rounded(written):
    judgement = checks.check_a.judge(written)
    assert judgement.credit == 0
    assert judgement.wrong.hint == next(
        m.hint for m in checks.check_a.mistakes if m.misconception == "A2a-softmax"
    )


def test_nothing_trains_earns_half_of_the_points_and_every_other_wrong_option_nothing():
    assert checks.check_b("c", points=2) is None
    assert checks.check_b("a", points=2) == 1.0
    for letter in "bde":
        with pytest.raises(AssertionError):
            checks.check_b(letter, points=2)


def test_answers_that_models_gave_come_out_as_they_were_judged():
    assert checks.check_a_scores("[3, 11, 5, 2]") is None
    assert checks.check_a("(1, 4, 3)^T") is None


def test_one_based_counting_is_told_from_a_wrong_key():
    counted, elsewhere = checks.check_a_index.judge(2), checks.check_a_index.judge(3)
    assert "torch" in counted.wrong.hint
    assert counted.wrong.hint != elsewhere.wrong.hint


def test_planted_keys_have_the_scores_and_the_distances_asked_for():
    scores, apart = checks.LONG_AND_ALIGNED
    q, keys = checks.planted(torch.Generator().manual_seed(3), 3, scores, apart)
    torch.testing.assert_close(q @ keys, torch.tensor(scores, dtype=torch.float64))
    lengths = (torch.tensor(scores, dtype=torch.float64) / 2).square() + torch.tensor(apart).square()
    torch.testing.assert_close(keys.norm(dim=0).square(), lengths)
    by_angle = torch.nn.functional.cosine_similarity(q[:, None], keys, dim=0)
    by_distance = (keys - q[:, None]).norm(dim=0)
    rules = [scores.index(max(scores)), int(by_angle.argmax()), int(by_distance.argmin()), apart.index(30.0)]
    assert rules == [1, 3, 4, 5]


@pytest.mark.parametrize("cases", [checks.hard_cases, checks.soft_cases, checks.through_cases])
def test_no_two_axes_of_a_case_have_the_same_length(cases):
    for _, keys, values, *_ in cases(torch.Generator().manual_seed(0)):
        d, m, v = *keys.shape, len(values)
        assert len({d, m, v}) == 3
        assert min(d, m, v) > 1


def test_only_the_shifted_exponential_survives_the_coldest_case():
    *_, cold, _ = checks.soft_cases(torch.Generator().manual_seed(0))
    q, keys, _, temperature = cold
    assert (q @ keys / temperature).exp().isinf().any()


@pytest.mark.parametrize("name", FUNCTIONS)
def test_mistakes_and_alternatives_can_be_pasted_into_a_notebook(name):
    check = FUNCTIONS[name]
    for function in [*(m.answer for m in check.mistakes), *check.alternatives.values()]:
        namespace = {"torch": torch, "F": torch.nn.functional}
        exec(inspect.getsource(function), namespace)
        assert set(function.__code__.co_names) & set(function.__globals__) <= {"torch", "F"}


def test_a_warning_of_autograd_does_not_cost_a_right_answer_its_points(recwarn):
    loop = checks.check_hard_attention.alternatives["a loop over the keys"]
    assert checks.check_hard_attention(loop) is None
    assert len(recwarn) == 0


def test_a_report_with_a_sparse_gradient_is_refused_and_stops_nothing():
    def sparse(q, K, V, upstream):
        return {"q": None, "K": None, "V": torch.zeros_like(V).to_sparse()}

    judgement = checks.check_gradients.judge(sparse)
    assert judgement.credit == 0
    assert "layout" in judgement.wrong.first
