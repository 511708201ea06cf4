"""Domination of one monomial by a sum, over the tower of exponentials, powers and logarithms."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.answers.budget import Work
from coursekit.answers.elimination import eliminated, plainly_at_least_one
from coursekit.answers.growth import EXPONENTIAL, LOG, LOG_LOG, VARIABLE, Domain, escape, leading
from coursekit.answers.linear import maximise
from coursekit.answers.polynomial import monomial
from coursekit.answers.verdict import UnreadableAnswer

KINDS = {"": VARIABLE, "log ": LOG, "loglog ": LOG_LOG, "exp ": EXPONENTIAL}


def m(**powers):
    """n=2 is n², log_n=1 is log n, loglog_n and exp_n likewise."""
    exponents = []
    for key, power in powers.items():
        kind, _, name = key.rpartition("_")
        exponents.append(((KINDS[kind + " " if kind else ""], name), Fraction(power)))
    return monomial(exponents)


def dominated(term, *bounds, where=()):
    return escape(term, bounds, Domain(tuple(where)), Work()) is None


def test_a_product_is_dominated_by_the_squares_of_its_factors_though_by_neither_alone():
    product, squares = m(n=1, d=1), (m(n=2), m(d=2))
    assert dominated(product, *squares)
    assert not dominated(product, squares[0])
    assert not dominated(product, squares[1])


def test_a_direction_inside_the_cone_is_found_where_each_limit_alone_sees_nothing():
    assert not dominated(m(x=2, y=2), m(x=3), m(y=3))
    assert dominated(m(x=2, y=1), m(x=3), m(y=3))


def test_a_constraint_brings_domination_about():
    h_at_most_d = m(d=1, h=-1)
    assert not dominated(m(b=1, n=1), m(b=1, n=1, d=1, h=-1))
    assert dominated(m(b=1, n=1), m(b=1, n=1, d=1, h=-1), where=[h_at_most_d])


def test_a_logarithm_lies_between_one_and_every_power():
    assert dominated(m(log_n=9), m(n=Fraction(1, 9)))
    assert not dominated(m(log_n=Fraction(1, 9)), m())
    assert dominated(m(loglog_n=9), m(log_n=Fraction(1, 9)))
    assert not dominated(m(loglog_n=Fraction(1, 9)), m())


def test_an_exponential_exceeds_every_power_and_a_power_no_exponential():
    assert dominated(m(n=50), m(exp_n=Fraction(1, 50)))
    assert not dominated(m(exp_n=Fraction(1, 50)), m(n=50))
    assert not dominated(m(exp_n=1, d=1), m(exp_n=1), m(d=9))


def test_the_larger_variable_has_the_larger_logarithm():
    assert dominated(m(n=1, log_m=1), m(n=1, log_n=1), m(m=1, log_m=1))
    assert not dominated(m(n=1, log_n=1), m(n=1, log_m=1), m(m=1, log_n=1))


def test_equal_up_to_a_power_means_logarithms_of_equal_order():
    both = [m(n=2, m=-1), m(m=2, n=-1)]
    assert dominated(m(log_n=1), m(log_m=1), where=both)
    assert not dominated(m(log_n=1), m(log_m=1))


def test_a_quotient_close_to_one_decides_between_logarithms():
    assert dominated(m(n=1, log_n=1), m(n=1, log_m=1), m(n=2, m=-1))


def test_a_variable_between_the_scales_decides_among_logarithms():
    bounds = m(log_n=Fraction(9, 10)), m(log_m=Fraction(13, 10))
    assert not dominated(m(log_n=Fraction(3, 4), log_m=Fraction(1, 2)), *bounds)


def test_the_direction_returned_separates_the_two():
    direction = escape(m(n=1, d=1), [m(n=2)], Domain(), Work())
    assert direction is not None
    assert direction[VARIABLE, "d"] > direction.get((VARIABLE, "n"), 0)


def test_work_is_limited_by_steps_and_not_by_time():
    with pytest.raises(UnreadableAnswer, match="too long to decide"):
        escape(m(n=1, d=1), [m(n=2), m(d=2)], Domain(), Work(steps=50))


TIED = (m(d=1, h=-1), m(d=1, h=-1, k=-1), m(d=-1, h=1, k=1))  # h <= d, k ~ d/h


def test_a_tied_variable_is_written_away_and_stays_at_least_one():
    plain = eliminated(TIED, frozenset())
    assert plain.of(m(h=1, k=2)) == m(d=2, h=-1)
    assert plain.at_least_one == (m(d=1, h=-1),)
    assert plain.restored({(VARIABLE, "d"): Fraction(3)})[VARIABLE, "k"] == 3


def test_a_variable_whose_logarithm_is_in_use_is_not_written_away():
    plain = eliminated(TIED, frozenset({"k", "h", "d"}))
    assert plain.rules == ()
    assert dominated(m(log_k=1), m(log_d=1), where=TIED)
    assert not dominated(m(log_d=1), m(log_k=1), where=TIED)


def test_a_tie_that_would_let_a_variable_fall_below_one_leaves_a_constraint():
    tie = [m(k=1, d=-1, h=1), m(k=-1, d=1, h=-1)]
    assert dominated(m(h=1), m(d=1), where=tie)
    assert not dominated(m(d=1), m(h=1), where=tie)


def test_terms_that_another_one_covers_are_left_out_and_of_two_equal_ones_one_stays():
    terms = [m(h=1, d=1, k=1), m(d=1, k=1), m(b=1, k=1), m(d=2), m(b=1, d=1)]
    assert leading(terms, Domain(TIED), Work()) == [terms[0], terms[4]]
    both = [m(n=2, m=-1), m(m=2, n=-1)]
    assert leading([m(n=1), m(log_n=1, n=1)], Domain(tuple(both)), Work()) == [m(log_n=1, n=1)]


small_powers = st.tuples(*[st.integers(-2, 2)] * 3)


@settings(max_examples=60)
@given(small_powers, st.lists(small_powers, max_size=3), st.lists(st.integers(0, 6), min_size=3, max_size=3))
def test_a_monomial_shown_to_be_at_least_one_is_so_wherever_the_constraints_hold(ratio, where, direction):
    def size(point):
        return sum(p * y for p, y in zip(point, direction, strict=True))

    shown = plainly_at_least_one(_of(ratio), tuple(map(_of, where)))
    assert not (shown and all(size(known) >= 0 for known in where) and size(ratio) < 0)


def test_the_simplex_method_finds_the_corner():
    rows = [[Fraction(1), Fraction(2)], [Fraction(3), Fraction(1)]]
    found = maximise([Fraction(1), Fraction(1)], rows, [Fraction(4), Fraction(6)], Work())
    assert found == [Fraction(8, 5), Fraction(6, 5)]


powers = st.tuples(*[st.integers(0, 3)] * 3)


@settings(max_examples=60)
@given(powers, st.lists(powers, min_size=1, max_size=4), st.lists(st.integers(0, 6), min_size=3, max_size=3))
def test_a_sampled_direction_never_contradicts_a_proof_of_domination(term, bounds, direction):
    def size(point):
        return sum(p * y for p, y in zip(point, direction, strict=True))

    proved = dominated(_of(term), *map(_of, bounds))
    assert not (proved and size(term) > max(map(size, bounds)))


@settings(max_examples=60)
@given(powers, st.lists(powers, min_size=1, max_size=4))
def test_a_direction_of_escape_is_one(term, bounds):
    way = escape(_of(term), list(map(_of, bounds)), Domain(), Work())

    def size(point):
        return sum(p * way.get((VARIABLE, name), 0) for p, name in zip(point, "xyz", strict=True))

    assert way is None or size(term) > max(map(size, bounds))


def _of(point):
    return m(**dict(zip("xyz", point, strict=True)))
