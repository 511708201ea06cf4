"""Comparison of Big-O answers: every known case, and properties that hold for all."""

import json
import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.answers import big_o, formula
from coursekit.answers.verdict import UnreadableAnswer

CASES = json.loads((Path(__file__).parent / "big_o_cases.json").read_text(encoding="utf-8"))
OPPOSITE = {
    "equal": "equal", "too_loose": "too_tight", "too_tight": "too_loose", "incomparable": "incomparable",
}  # fmt: skip


def relation(case):
    options = {key: case[key] for key in ("constants", "units") if key in case}
    compare = formula.compare if case["kind"] == "exact" else big_o.compare
    try:
        return compare(
            case["expected"], case["submitted"], case["variables"], case["constraints"], **options
        ).relation
    except UnreadableAnswer:
        return "unparseable"


@pytest.mark.parametrize(
    "case", CASES, ids=[f"{i}: {case['submitted'][:40]}" for i, case in enumerate(CASES)]
)
def test_every_known_case_gets_its_verdict(case):
    assert relation(case) == case["verdict"], case["note"]


ONE_WAY = {"n^3/2", "(n-d)^2"}  # an author's shorthand with two readings, and a cost that vanishes
THETA = [
    case
    for case in CASES
    if case["kind"] == "theta" and isinstance(case["expected"], str) and case["verdict"] in OPPOSITE
    if not ONE_WAY & {case["expected"], case["submitted"]}
]


@pytest.mark.parametrize("case", THETA, ids=lambda case: case["submitted"][:40])
def test_exchanging_the_two_sides_exchanges_too_loose_and_too_tight(case):
    exchanged = case | {"expected": case["submitted"], "submitted": case["expected"]}
    assert relation(exchanged) == OPPOSITE[case["verdict"]]


# id: expected, right answers, wrong answers
COURSE = {
    "decoding.f": (
        "b*d**2+b*n*d",
        ["b*d*(d+n)", "2*b*d**2+2*b*d**2/h+2*b*n*d", "O(bd^2 + bnd)"],
        ["b*d**2/h+b*n*d/h", "b*d**2+b*n*d/h", "b*d**2", "b*n*d"],
    ),
    "decoding.g": (
        "d**2+b*d+b*n*d/h",
        ["2*d**2+2*d**2/h+5*b*d+2*b*n*d/h", "d*(d+b)+b*n*(d/h)", r"O(d^2 + bd + \frac{bnd}{h})"],
        ["d**2+b*d+b*n*d", "d**2/h+b*d+b*n*d/h", "d**2+b*n*d/h", "b*n*d/h", "d**2+b*d+b*n/h"],
    ),
    "linear_attention.c time": (
        "N**2*D+N**2*M",
        ["N**2*(D+M)", "N**2*D+N**2*M+N**2", "N^2 max(D,M)"],
        ["N**2*D", "N**2", "N**2*D*M"],
    ),
    "linear_attention.c space": (
        "N**2+N*D+N*M", ["N**2+N*(D+M)", "N**2+2*N*D+N*M"], ["N**2", "N*D+N*M", "N**2*D"],
    ),
    "linear_attention.d time": ("N*D**3", ["N*D*(D+1)*(D+2)", "O(ND^3)"], ["N*D**2", "N**2*D**2", "N*D**4"]),
    "linear_attention.d space": (
        "N*D**2+D**3",
        ["D**2*(N+D)", "N*(D+1)*(D+2)+D*(D+1)*(D+2)/2+3*N*D", "O(ND^2 + D^3)"],
        ["N*D**2", "N*D+D**3", "N*D"],
    ),
    "linear_attention.d recompute": ("N*D+D**3", ["D*(N+D**2)"], ["N*D**2+D**3", "N*D"]),
}  # fmt: skip
ROWS = [
    (key, answer, right)
    for key, rights, wrongs in COURSE.values()
    for right, answers in ((True, [key, *rights]), (False, wrongs))
    for answer in answers
]


@pytest.mark.parametrize(("key", "answer", "right"), ROWS)
def test_the_answers_of_the_course_are_told_apart(key, answer, right):
    variables = ["N", "D", "M"] if "N" in key else ["b", "n", "d", "h"]
    assert big_o.compare(key, answer, variables, [] if "N" in key else ["h <= d"]).right is right


def test_memory_traffic_of_the_logits_is_no_part_of_the_key_but_may_be_an_alternative():
    keys = ["d^2 + bd + bnd/h", "d^2 + bd + bnd/h + bnh"]
    arguments = "d^2 + bd + bnd/h + bnh", ["b", "n", "d", "h"], ["h <= d"]
    assert big_o.compare(keys[0], *arguments).relation == "too_loose"
    assert big_o.compare(keys, *arguments).right


def test_the_head_width_may_stand_for_its_quotient():
    assert big_o.compare("d^2+bd+bnd/h", "d^2+bd+bnk", ["b", "n", "d", "h", "k"], ["h <= d", "k ~ d/h"]).right


TENSORS = ["b", "d", "h", "n", "k", "v", "q"]
SAME_WIDTH = ["h <= d", "k ~ d/h", "v ~ d/h", "q ~ d/h"]
LISTED = {
    "every tensor": ("hdk+dk+dv+hdv+bd+bd+bhk+bk+bv+bnk+bnv+bhv", "equal"),
    "every tensor, queries apart": ("hdq+hdk+dk+dv+hdv+bd+bd+bhq+bhk+bk+bv+bnk+bnv+bhv", "equal"),
    "no cache": ("hdk+dk+dv+hdv+bd+bd+bhk+bk+bv+bhv", "too_tight"),
    "a cache per head": ("hdk+dk+dv+hdv+bd+bd+bhk+bk+bv+bnhk+bnhv+bhv", "too_loose"),
    "logits and no weights": ("bd+bd+bhk+bk+bv+bnk+bnv+bhv+bhn+bhn+bn+bk+bv+bh", "incomparable"),
}


@pytest.mark.parametrize(("answer", "found"), LISTED.values(), ids=LISTED)
def test_a_list_of_every_tensor_is_decided(answer, found):
    assert big_o.compare("d^2 + b d + b n d/h", answer, TENSORS, SAME_WIDTH).relation == found


def test_the_hint_names_a_regime_and_not_the_missing_term():
    verdict = big_o.compare("d^2 + bd + bnd/h", "d^2 + bd", ["b", "n", "d", "h"], ["h <= d"])
    assert verdict.hint == "Let n grow with all else fixed: your cost stays, the true one grows."
    assert "not covered: b·d·n/h" in verdict.detail
    assert verdict.explain().startswith("too small; read as: d² + b·d; ")


HINTS = {
    "bd^2 + bnd/h": "Let d, h, n grow together (d like t, h like t, n like t^2): the true cost grows faster",
    "bnd": "Let d grow, and k, v with it: the true cost grows faster than yours.",
    "bn/h": "Let d grow, and k, v with it: your cost stays, the true one grows.",
    "bd^2 + bnd log n": "Let n grow with all else fixed: the two costs differ by a factor that grows slowly.",
}


@pytest.mark.parametrize("answer", HINTS)
def test_the_hint_is_a_simple_regime_in_which_tied_variables_only_follow(answer):
    constraints = ["h <= d", "k ~ d/h", "v ~ d/h"]
    verdict = big_o.compare("b d^2 + b n d", answer, ["b", "d", "h", "n", "k", "v"], constraints)
    assert verdict.hint.startswith(HINTS[answer])


def test_the_hint_says_that_a_cost_falls_or_grows_slowly_and_not_that_it_stays():
    falls = big_o.compare("d", "d/n", ["d", "n"]).hint
    assert falls == "Let n grow with all else fixed: your cost falls, the true one stays."
    for key, answer in (("n", "log n"), ("2^n", "n")):
        slow = big_o.compare(key, answer, ["n"]).hint
        assert slow == "Let n grow with all else fixed: the true cost grows faster than yours."


def test_the_detail_names_the_factor_of_a_term_that_is_nearly_right():
    verdict = big_o.compare("b d^2 + b n d", "b d^2 + b n", ["b", "n", "d"])
    assert "not covered: b·d·n (a factor d short)" in verdict.detail
    assert "dominated: b·n" in verdict.detail


def test_a_chain_of_equal_costs_is_one_answer_and_an_unequal_chain_is_none():
    assert big_o.compare("n^2", "T(n) = n(n+1)/2 = O(n^2)", ["n"]).right
    with pytest.raises(UnreadableAnswer, match="not equal"):
        big_o.compare("n^2", "n^3 = n^2", ["n"])


def test_a_rank_subtracted_from_larger_sizes_is_small_change():
    assert big_o.compare("k(m+l)", "k(m + l - k)", ["k", "m", "l"], ["k <= min(m, l)"]).right


def test_a_question_that_cannot_be_read_is_the_author_s_error():
    with pytest.raises(ValueError, match="constraint 'h d'"):
        big_o.compare("n", "n", ["n", "h", "d"], ["h d"])


def test_without_declared_variables_the_letters_of_the_key_count():
    assert big_o.compare("bd^2 + bnd", "b d (n + d)", None).right


names = ["x", "y", "z"]
terms = st.tuples(*[st.integers(0, 3)] * 3).filter(any)
sums = st.lists(terms, min_size=1, max_size=4)
small = settings(max_examples=40, deadline=None)


def written(points, factors=None):
    factors = factors or [1] * len(points)
    powers = ("*".join(f"{v}^{p}" for v, p in zip(names, point, strict=True)) for point in points)
    return " + ".join(f"{factor}*{term}" for factor, term in zip(factors, powers, strict=True))


@small
@given(sums, st.randoms(use_true_random=False), st.lists(st.integers(1, 9), min_size=4, max_size=4))
def test_order_of_terms_and_constant_factors_do_not_matter(points, draw, factors):
    shuffled = draw.sample(points, len(points))
    assert big_o.compare(written(points), written(shuffled, factors[: len(points)]), names).right


@small
@given(sums, st.data())
def test_adding_a_term_between_two_others_does_not_matter(points, data):
    one, two = data.draw(st.sampled_from(points)), data.draw(st.sampled_from(points))
    middle = "*".join(f"{v}^({p + q}/2)" for v, p, q in zip(names, one, two, strict=True))
    assert big_o.compare(written(points), f"{written(points)} + {middle}", names).right


@small
@given(sums, st.sampled_from(range(3)))
def test_adding_a_dominating_term_is_too_loose(points, axis):
    top = tuple(max(p[i] for p in points) + (i == axis) for i in range(3))
    assert big_o.compare(written(points), written([*points, top]), names).relation == "too_loose"


@small
@given(sums, sums)
def test_the_verdict_is_the_opposite_the_other_way_round(one, two):
    forth = big_o.compare(written(one), written(two), names).relation
    assert big_o.compare(written(two), written(one), names).relation == OPPOSITE[forth]


@small
@given(sums, sums, st.integers(0, 10_000))
def test_numbers_along_rays_never_contradict_the_verdict(one, two, seed):
    """A ratio that grows along a ray rules out a bound."""
    draw = random.Random(seed)
    rays = [[draw.choice([0, 0, 1, 2, 3]) for _ in names] for _ in range(12)]
    found = big_o.compare(written(one), written(two), names).relation

    def degree(points, ray):
        return max(sum(p * r for p, r in zip(point, ray, strict=True)) for point in points)

    gaps = [degree(two, ray) - degree(one, ray) for ray in rays]
    assert not (found in {"equal", "too_tight"} and max(gaps) > 0)
    assert not (found in {"equal", "too_loose"} and min(gaps) < 0)


@pytest.mark.parametrize(
    "answer", ["n^2 - n", "n^2 - n log n", "n(n - 1)/2", "n^2 - n√n", "(n - 1)^2", "n^2 - n^2/2"]
)
def test_a_difference_keeps_the_order_of_a_term_that_dominates_it(answer):
    assert big_o.compare("n^2", answer, ["n"]).right


@pytest.mark.parametrize("answer", ["n - n", "n - n^2", "n - d", "(n - d)^2 + n", "sqrt(n^2 + d^2) - n"])
def test_a_difference_that_may_cancel_is_refused(answer):
    with pytest.raises(UnreadableAnswer):
        big_o.compare("n", answer, ["n", "d", "h"])


def test_exponentials_are_compared_by_their_bases():
    assert big_o.compare("6^n", "2^n 3^n", ["n"]).right
    assert big_o.compare("3^n", "n 2^n + 3^n", ["n"]).right
    assert big_o.compare("n 2^n", "3^n", ["n"]).relation == "too_loose"


def test_a_reading_without_a_meaning_is_not_held_against_the_other():
    assert big_o.compare("n^2", "n^2 log n/log n", ["n"]).right


def test_a_quotient_under_a_logarithm_needs_its_constraint():
    assert big_o.compare("n log(n/k)", "n log(2n/k)", ["n", "k"], ["k <= n"]).right
    with pytest.raises(UnreadableAnswer, match="below 1"):
        big_o.compare("n log n", "n log(n/k)", ["n", "k"])


def test_powers_with_exponents_between_two_others_are_told_apart():
    ladder = ["n", "n log log n", "n log n", "n log^2 n", "n^1.001", "n^2", "2^n", "3^n"]
    for low, high in pairwise(ladder):
        assert big_o.compare(low, high, ["n"]).relation == "too_loose"
