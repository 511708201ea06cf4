"""The checks of the lesson on kernel attention."""

import pytest
import torch

from coursekit.blanks import ____
from coursekit.compare import WrongAnswer
from utils.checks import kernel_attention as checks
from utils.checks import kernel_attention_mistakes as given
from utils.checks.check import FunctionCheck
from utils.checks.kernel_attention_judging import order_of_work
from utils.checks.kernel_attention_sums import GUARDED, STORAGE, WORK
from utils.checks.proof import checks_of, prove
from utils.reference.kernel_attention import crossover, feature_width, linear_attention

CHECKS = checks_of("kernel_attention")
FUNCTIONS = {name: check for name, check in CHECKS.items() if isinstance(check, FunctionCheck)}
BANK = [
    "A6a-all-positive", "A6a-nonnegative", "A6a-some-nonzero", "A6a-mercer", "A6a-squares-are-safe",
    "A6a-per-pair", "A6bi-elementwise", "A6bi-plus-one-outside", "A6bi-norms", "A6bii-cross-sqrt2",
    "A6bii-linear-coeff", "A6bii-squares-only", "A6bii-dim-half", "A6bii-dim-quadratic-only",
    "A6bii-dim-full", "A6biii-cancel", "A6biii-product-of-sums", "A6biii-no-normaliser",
    "A6c-time-drop-M", "A6c-time-N2", "A6c-time-product", "A6c-space-N2-only", "A6c-space-no-scores",
    "A6c-space-times-D", "A6d-time-ND2", "A6d-time-quadratic", "A6d-time-ND4", "A6d-space-ND2",
    "A6d-space-recompute", "A6d-space-ND", "A6p-quadratic", "A6p-eps", "A6p-no-normaliser",
]  # fmt: skip


def earned(check, answer):
    return check.judge(answer).credit


@pytest.mark.parametrize("name", CHECKS)
def test_every_mistake_is_caught_with_its_hint_and_every_alternative_is_accepted(name):
    assert prove(name, CHECKS[name]).failures == []


@pytest.mark.parametrize("student", ["a", "b", "c"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_proof_does_not_depend_on_whose_numbers_are_drawn(name, student, monkeypatch):
    monkeypatch.setenv("COURSE_STUDENT", student)
    assert prove(name, FUNCTIONS[name]).failures == []


def test_every_known_misconception_of_the_question_is_recognised_somewhere():
    told = {mistake.misconception for check in CHECKS.values() for mistake in check.mistakes}
    assert [name for name in BANK if name not in told] == []


def test_half_the_points_go_to_exactly_the_answers_that_are_right_under_an_assumption():
    half = {(check.part, m.misconception) for check in CHECKS.values() for m in check.mistakes if m.credit}
    assert half == {
        ("a", "A6a-all-positive"),
        ("a", "A6a-nonnegative"),
        ("a_squares", "A6a-squares-are-safe"),
        ("b_dimension", "A6bii-dim-half"),
        ("b_rewrite", "A6p-eps"),
        ("c_time", "A6c-time-drop-M"),
        ("c_memory", "A6c-space-N2-only"),
        ("linear_attention", "A6p-eps"),
    }
    assert all(m.credit in (0, 0.5) for check in CHECKS.values() for m in check.mistakes)


# --- answers that language models gave, as they wrote them --------------------------------------------------


def in_the_order_of_a_listing(q):
    D = q.shape[-1]
    mixed = [2**0.5 * q[..., i] * q[..., j] for i in range(D) for j in range(i + 1, D)]
    single = [q[..., i] ** 2 for i in range(D)]
    linear = [2**0.5 * q[..., i] for i in range(D)]
    return torch.stack([*single, *mixed, *linear, torch.ones_like(q[..., 0])], dim=-1)


TYPED = [
    (checks.check_a, "b", 0.5),
    (checks.check_a, "a", 0.5),
    (checks.check_a, "e", 1),
    (checks.check_a, "c", 0),
    (checks.check_a_squares, "a", 0.5),
    (checks.check_b_kernel, r"\text{sim}(q, k) = (q^T k + 1)^2", 1),
    (checks.check_b_map, in_the_order_of_a_listing, 1),
    (checks.check_b_dimension, "P = (D + 1)(D + 2)/2", 1),
    (checks.check_b_dimension, "approximately D^2/2", 0.5),
    (checks.check_b_rewrite, given.sums_first, 1),
    (checks.check_c_time, "O(N^2 D)", 0.5),
    (checks.check_c_memory, "O(N^2)", 0.5),
    (checks.check_d_time, "O(ND^3)", 1),
    (checks.check_d_memory_stored, "O(ND^2 + D^3)", 1),
    (checks.check_linear_attention, given.added_to_the_denominator, 0.5),
]


@pytest.mark.parametrize(("check", "answer", "credit"), TYPED, ids=lambda value: getattr(value, "part", None))
def test_an_answer_of_a_language_model_earns_its_verified_verdict(check, answer, credit):
    assert earned(check, answer) == credit


# --- functions ----------------------------------------------------------------------------------------------


GUARDED_OR_FIXED = [given.added_in_any_dtype, given.clamped_denominator, given.ones_of_the_default_dtype]


@pytest.mark.parametrize("function", GUARDED_OR_FIXED, ids=lambda f: f.__name__)
def test_linear_code_with_a_guarded_denominator_or_a_fixed_dtype_earns_half(function):
    judgement = checks.check_linear_attention.judge(function)
    assert judgement.credit == 0.5
    assert judgement.wrong.hint == GUARDED


def test_a_guard_does_not_earn_half_where_the_work_is_quadratic():
    def guarded_pairs(Q, K, V, phi):
        weights = phi(Q) @ phi(K).T
        return weights @ V / (weights.sum(-1, keepdim=True) + 1e-6)

    judgement = checks.check_linear_attention.judge(guarded_pairs)
    assert judgement.credit == 0
    assert judgement.wrong.hint == STORAGE


def test_a_large_constant_below_earns_nothing():
    def heavily_guarded(Q, K, V, phi):
        return phi(Q) @ (phi(K).T @ V) / (phi(Q) @ phi(K).sum(0) + 1e-1)[:, None]

    assert earned(checks.check_linear_attention, heavily_guarded) == 0


QUADRATIC = [
    (given.all_pairs_first, STORAGE, "largest tensor"),
    (given.all_pairs_for_the_denominator, STORAGE, "largest tensor"),
    (given.one_row_of_weights_at_a_time, WORK, "the work grows"),
]


@pytest.mark.parametrize(("function", "hint", "first"), QUADRATIC, ids=lambda v: getattr(v, "__name__", None))
def test_quadratic_code_is_caught_by_counting_wherever_it_hides(function, hint, first):
    wrong = checks.check_linear_attention.judge(function).wrong
    assert wrong.hint == hint
    assert first in wrong.first


def test_code_that_is_right_only_for_few_positions_is_found():
    def gives_up(Q, K, V, phi):
        return given.all_pairs_first(Q, K, V, phi) if len(Q) < 20 else torch.zeros_like(V)

    wrong = checks.check_linear_attention.judge(gives_up).wrong
    assert "for many" in wrong.what


@pytest.mark.parametrize("student", ["a", "b", "c", "d", "e", "f"])
def test_even_the_smallest_constant_below_is_seen_whoever_is_graded(student, monkeypatch):
    def barely_guarded(Q, K, V, phi):
        below = phi(Q) @ phi(K).sum(0) + torch.finfo(V.dtype).eps
        return phi(Q) @ (phi(K).T @ V) / below[:, None]

    monkeypatch.setenv("COURSE_STUDENT", student)
    assert earned(checks.check_linear_attention, barely_guarded) == 0.5


def test_a_table_of_all_pairs_is_found_even_if_nothing_is_computed_in_it():
    def reserves_a_table(Q, K, V, phi):
        Q.new_empty(len(Q), len(Q))
        return linear_attention(Q, K, V, phi)

    assert checks.check_linear_attention.judge(reserves_a_table).wrong.hint == STORAGE


def test_feature_maps_that_differ_in_order_sign_and_width_are_all_right():
    def turned(x):
        features = given.squares_first(x)
        source = torch.Generator().manual_seed(features.shape[-1])
        square = torch.randn(features.shape[-1], features.shape[-1], generator=source, dtype=torch.float64)
        return features @ torch.linalg.qr(square)[0].to(x.dtype)

    assert earned(checks.check_b_map, turned) == 1


def test_a_feature_map_that_looks_at_other_rows_is_not_one():
    def centred(x):
        return given.squares_first(x - x.mean(-2, keepdim=True))

    assert earned(checks.check_b_map, centred) == 0


def test_a_feature_map_without_gradient_is_told_so():
    wrong = checks.check_b_map.judge(lambda x: given.squares_first(x.detach())).wrong
    assert "gradient" in wrong.what


# --- the crossing and the claim -----------------------------------------------------------------------------


def test_each_wrong_crossing_is_what_its_oversight_gives():
    P, softmax = feature_width(64), 2 * 64
    first = {
        "A6-crossover-no-denominator": 2 * P * 64 // softmax + 1,
        "A6-crossover-mass-free": (2 * P * 64 + P) // softmax + 1,
        "A6-crossover-off-by-one": crossover(64, 64, P) - 1,
        "A6-crossover-rule-of-thumb": 64**2 // 2,
        "A6-crossover-redundant": crossover(64, 64, 1 + 64 + 64**2),
        "A6-crossover-plain-width": crossover(64, 64, 64),
        "A6-crossover-drop-M": (2 * P * 64 + 2 * P) // 64 + 1,
    }
    assert {m.misconception: m.answer for m in checks.check_crossover.mistakes} == first
    assert checks.check_crossover.right == crossover(64, 64, P)


LINEAR = [linear_attention, *checks.check_linear_attention.alternatives.values()]


@pytest.mark.parametrize("function", LINEAR, ids=lambda f: f.__name__)
def test_every_linear_code_bears_out_the_same_claim(function):
    assert checks.check_claim("N D M", function) is None
    with pytest.raises(WrongAnswer):
        checks.check_claim("N^2 D + N^2 M", function)


@pytest.mark.parametrize("function", [given.all_pairs_first, given.one_row_of_weights_at_a_time])
def test_a_claim_is_about_the_code_that_was_written(function):
    assert checks.check_claim("N^2 (D + M)", function) is None
    with pytest.raises(WrongAnswer):
        checks.check_claim("N D M", function)


def test_a_claim_about_code_that_does_not_run_is_held_against_the_reference():
    assert checks.check_claim("N D M", lambda *_: ____()) is None


def test_the_reference_does_the_work_that_the_claim_is_held_against():
    assert order_of_work(linear_attention) == "2 N D M"
