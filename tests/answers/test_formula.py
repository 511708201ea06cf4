"""Comparison of exact formulas: the answers of the course in the forms people write them."""

import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.answers import formula
from coursekit.answers.verdict import UnreadableAnswer

MEAN = {"variables": ["d", "sigma"], "vectors": ["mu"]}
KERNEL = {"variables": ["s"], "aliases": {"q.k": "s", "q^T k": "s"}}
SCALING = "(a*A/(b*B))**(1/(a+b))*(C/c0)**(b/(a+b))"

SQUARED_NORM = [
    "mu2", "0 + mu2", "mu.mu", "mu·mu", "mu @ mu", "mu^T mu", "mu' mu", "dot(mu, mu)", "np.dot(mu, mu)",
    "||mu||^2", "|mu|^2", "norm(mu)**2", "||mu||*||mu||", "sum_i mu_i^2", "sum(mu**2)", "(mu**2).sum()",
    "(mu**2).sum(-1)", "mu_1^2 + ... + mu_d^2", "‖μ‖²", "μ·μ", "Σ_i μ_i²", r"\|\mu\|_2^2", r"\mu^T \mu",
    r"\mu^{\top}\mu", r"\lVert\mu\rVert^2", r"\langle \mu, \mu \rangle", r"\sum_{i=1}^d \mu_i^2",
    r"\boxed{\|\mu\|^2}",
    r"\mathbb{E}[q^T k] = \|\mu\|^2",
    r"\mathbb{E}[q^T k] = \sum_{i=1}^d \mu_i^2 = \mu^T \mu = \|\mu\|_2^2",
]  # fmt: skip

# expected, options, right answers, wrong answers
COURSE = [
    (
        "mu2", MEAN, SQUARED_NORM,
        ["d*mu2", "d mu^2", r"d\mu^2", "mu^2", "mu2 + d*sigma**2", "||mu||^2 + d sigma^2", "0", "||mu||"],
    ),
    ("d", {"variables": ["d"]}, ["d", "1*d", r"\text{Var}(q^T k) = d"], ["1", "d**2", "2*d", "sqrt(d)"]),
    (
        "d*sigma**4 + 2*sigma**2*mu2", MEAN,
        ["sigma**2*(d*sigma**2 + 2*mu2)", "d*sigma^4 + 2 sigma^2 ||mu||^2", "dσ⁴ + 2σ²‖μ‖²"],
        ["d*sigma**4", "d*sigma^4 + 2 sigma^2 mu^2"],
    ),
    (
        "sqrt(d)", {"variables": ["d"]},
        ["d**(1/2)", "d**0.5", r"s = \sqrt{d}", "√d", "d/sqrt(d)"],
        ["d", "1/sqrt(d)", "1"],
    ),
    (
        "b*d**2*(2+2/h)+2*b*(n+1)*d", {"variables": ["b", "n", "d", "h"]},
        ["2*b*d**2+2*b*d**2/h+2*b*n*d+2*b*d", "b d^2 (2+2/h) + 2b(n+1)d"],
        ["4*b*d**2+2*b*(n+1)*d"],
    ),
    (
        "(s+1)**2", KERNEL,
        ["s**2+2*s+1", "(q^T k + 1)^2", "(1 + q·k)**2", r"\text{sim}(q, k) = (q^T k + 1)^2",
         r"(\langle q, k\rangle + 1)^2",
         "(k^T q + 1)^2", "(sum_i q_i k_i + 1)^2"],
        ["s**2+1", "(q.k)^2 + 1", "s**2"],
    ),
    ("s**2", KERNEL, ["s*s", "(q.k)^2"], ["s**2+1"]),
    (
        "(D+1)*(D+2)/2", {"variables": ["D"]},
        ["1+D+D*(D+1)/2", "(D**2+3*D+2)/2", "P = (D + 1)(D + 2)/2", r"\frac{(D+1)(D+2)}{2}", "½(D+1)(D+2)"],
        ["D**2/2", "D*(D+1)/2", "D**2", "approximately D^2/2"],
    ),
    ("6*d**2+5*d", {"variables": ["d"]}, ["6d^2+5d", "2*(d**2+d)+2*d**2+2*d+2*d**2+d"],
     ["4*d**2+4*d", "8*d**2+6*d"]),
    ("14", {"variables": []}, ["14", "28/2", "14.0"], ["26", "0", "42"]),
    (
        "min(d, 2*d_k)", {"variables": ["d", "d_k"]},
        ["min(2d_k, d)", r"\min(d, 2 d_k)", "d + 2d_k - max(d, 2d_k)"],
        ["d", "2d_k", "max(d, 2d_k)"],
    ),
    (
        "exp(||q||^2/(2 sqrt(D)))", {"variables": ["D"], "vectors": ["q", "k"]},
        [r"e^{\|q\|^2/(2\sqrt{D})}", "exp(q.q/(2*D**0.5))", "sqrt(exp(||q||^2/sqrt(D)))"],
        ["exp(||k||^2/(2 sqrt(D)))", "exp(||q||^2/sqrt(D))", "exp(||q||^2/(2D))"],
    ),
    (
        "4*k/((m+k)*(k+l))", {"variables": ["k", "m", "l"]}, ["k*(2/(m+k))*(2/(k+l))"], ["1", "1/k"],
    ),
    (
        SCALING, {"variables": ["a", "A", "b", "B", "C", "c0"]},
        [SCALING, "((a*A)/(b*B)*(C/c0)**b)**(1/(a+b))"],
        ["(a*A/b)**(1/(a+b))*(C/c0)**(b/(a+b))", "(b*B/(a*A))**(1/(a+b))*(C/c0)**(b/(a+b))"],
    ),
    ("log(n^2)", {"variables": ["n"]}, ["2 ln n", "2 log_2(n) log(2)"], ["log_2 n", "log(n)^2"]),
    ("floor(d/h)", {"variables": ["d", "h"]}, ["⌊d/h⌋", "floor(2d/(2h))"], ["ceil(d/h)", "d/h"]),
]  # fmt: skip
ROWS = [
    pytest.param(key, options, answer, right, id=f"{key} | {answer}")
    for key, options, rights, wrongs in COURSE
    for right, answers in ((True, rights), (False, wrongs))
    for answer in answers
]


@pytest.mark.parametrize(("key", "options", "answer", "right"), ROWS)
def test_the_answers_of_the_course_are_told_apart(key, options, answer, right):
    assert formula.compare(key, answer, **options).right is right


def test_a_scalar_square_is_recognised_as_itself_and_not_as_a_norm():
    assert formula.compare("d*mu**2", r"d\mu^2", **MEAN).right


def test_a_squared_norm_is_shown_as_one():
    assert formula.read("d*||mu||^2 + sigma", **MEAN).echo == "d·‖μ‖² + sigma"


SUM_OF_SQUARES = [
    "sum_i q_i^2 k_i^2", "sum_i (q_i k_i)^2", "sum_i k_i^2 q_i^2", "Σᵢ qᵢ²kᵢ²", "Σᵢ (qᵢkᵢ)²",
    "(sum_i q_i^2*k_i^2)", "sum_i (q_i^2)(k_i^2)", "sum_i (q[i]*k[i])**2", r"\sum_{i=1}^D q_{i}^2 k_{i}^2",
    r"\text{sim}(q, k) = \sum_i (q_i k_i)^{2}", "sum((q*k)**2)", "((q*k)**2).sum(-1)", "(q*k).pow(2).sum()",
    "torch.sum(q**2 * k**2, dim=-1)", "dot(q**2, k**2)", r"\|q \odot k\|^2", "||q⊙k||_2^2",
    "(q_1 k_1)^2 + ... + (q_D k_D)^2", "q_1^2k_1^2 + q_2^2 k_2^2 + ... + q_D^2k_D^2",
]  # fmt: skip


@pytest.mark.parametrize("text", SUM_OF_SQUARES)
@pytest.mark.parametrize("options", [KERNEL, KERNEL | {"vectors": ["q", "k"]}], ids=["scalars", "vectors"])
def test_a_sum_of_squared_products_is_one_quantity_of_its_own(text, options):
    assert formula.compare("sum_i (q_i k_i)^2", text, **options).right
    for other in ("s^2", "s", "(s + 1)^2"):
        assert not formula.compare(other, text, **options).right


def test_a_sum_of_squared_products_is_shown_as_one_and_no_message_names_it():
    assert formula.read("1 + sum_i (q_i k_i)^2", **KERNEL).echo == "1 + Σᵢ qᵢ²kᵢ²"
    with pytest.raises(UnreadableAnswer, match=r"its names: s\)"):
        formula.read("z", **KERNEL)


@pytest.mark.parametrize(
    "text", ["sum_i q_i k_i^2", "sum_i q_i^2 k_i", "sum_i q_i^2 k_j^2", "sum_i (q_i k_j)^2", "(q_i k_i)^2"]
)
def test_a_sum_of_other_powers_is_refused_and_never_a_power_of_the_inner_product(text):
    with pytest.raises(UnreadableAnswer):
        formula.read(text, **KERNEL)


@pytest.mark.parametrize("text", ["sum_i q_i k_j", "q^T q", "||q||^2", "q", "sum(q)"])
def test_a_product_that_has_no_name_is_refused(text):
    with pytest.raises(UnreadableAnswer):
        formula.read(text, **KERNEL)


def test_a_chain_that_contradicts_itself_is_refused():
    with pytest.raises(UnreadableAnswer, match="are not equal"):
        formula.compare("mu2", r"E = \mu^T \mu = d\mu^2", **MEAN)


def test_an_order_of_growth_is_no_exact_count():
    with pytest.raises(UnreadableAnswer, match="drops constants"):
        formula.compare("4k", "O(4k)", ["k"])


def test_an_exponent_without_brackets_is_refused_where_it_matters():
    with pytest.raises(UnreadableAnswer, match="two meanings"):
        formula.compare("sqrt(d)", "d^1/2", ["d"])


@pytest.mark.parametrize("text", ["4k bytes", "4k B", r"4k\ \text{bytes}", "4k [bytes]", "(4k) B", "4k (B)"])
def test_a_unit_of_the_question_may_follow(text):
    assert formula.compare("4k", text, ["k"], units=["bytes", "B"]).right


def test_an_equality_among_the_constraints_replaces_a_name():
    assert formula.compare("h*d_k", "d", ["d", "h", "d_k"], ["d_k = d/h"]).right
    assert not formula.compare("h*d_k", "d", ["d", "h", "d_k"]).right


@pytest.mark.parametrize(
    ("key", "answer", "constraints"),
    [
        ("min(d, 2 d_k)", "min(2d/h, d)", ["d_k = d/h"]),
        ("d + max(d_k, 3)", "max(d + d/h, d + 3)", ["d_k ~ d/h"]),
        ("d_k", "max(1, d_k)", ["d_k = d/h"]),
        ("h", "min(d, h)", ["h <= d"]),
        ("d", "max(d, h)", ["1 <= h <= d"]),
        ("h", "min(h, d, d_k)", ["h ≤ min(d, d_k)"]),
    ],
)
def test_constraints_say_which_arguments_of_max_and_min_can_be_the_largest(key, answer, constraints):
    arguments = key, answer, ["d", "h", "d_k"]
    assert formula.compare(*arguments, constraints).right
    assert not formula.compare(*arguments).right or key == "d_k"


def test_constraints_that_no_sizes_keep_leave_a_maximum_undecided():
    with pytest.raises(UnreadableAnswer, match="no sizes"):
        formula.compare("h", "min(d, h)", ["d", "h"], ["h <= d/9999"])


def test_a_maximum_is_the_larger_and_a_minimum_the_smaller():
    assert formula.compare("3n", "max(2n, 3n)", ["n"]).right
    assert formula.compare("2n", "min(2n, 3n)", ["n"]).right


def test_any_of_several_keys_will_do():
    assert formula.compare(["(s+1)^2", "s^2"], "q.k * q.k", **KERNEL).right


@pytest.mark.parametrize(
    ("answer", "relation"),
    [
        ("4km + l", "too_tight"),
        ("4k(m+l) + 1", "too_loose"),
        ("4kml", "incomparable"),
        ("4k max(m, l)", "too_tight"),
    ],
)
def test_an_unequal_formula_is_larger_or_smaller_where_that_is_provable(answer, relation):
    assert formula.compare("4k(m+l)", answer, ["k", "m", "l"]).relation == relation


@pytest.mark.parametrize("text", ["d^2/2.", "d^2/2,", "d^2 / 2 ;", "$d^2/2$.", "d^2/2 bytes."])
def test_a_full_stop_or_comma_at_the_end_is_no_part_of_a_formula(text):
    assert formula.compare("d^2/2", text, ["d"], units=["bytes"]).right


@pytest.mark.parametrize("text", [".", ",", "...", "d, h"])
def test_points_and_commas_alone_or_inside_are_refused(text):
    with pytest.raises(UnreadableAnswer):
        formula.read(text, ["d", "h"])


LARGER, SMALLER, BOTH = "never smaller", "never larger", "for some sizes"
UNEQUAL = "Put in small numbers"


@pytest.mark.parametrize(
    ("key", "answer", "options", "hint"),
    [
        ("h", "2h", {"variables": ["h"]}, LARGER),
        ("h", "1/h", {"variables": ["h"]}, SMALLER),
        ("b d^2 (2 + 2/h)", "4 b d^2", {"variables": ["b", "d", "h"]}, LARGER),
        ("h", "d/h", {"variables": ["d", "h"]}, BOTH),
        ("(D + 1)(D + 2)/2", "D^2", {"variables": ["D"]}, BOTH),
        ("1/sigma^2", "sigma^2", {"variables": ["sigma"]}, BOTH),
        ("1/sigma^2", "1/(2 sigma^2)", {"variables": ["sigma"]}, SMALLER),
        ("(s + 1)^2", "s^2 + 1", KERNEL, UNEQUAL),
        ("exp(d)", "exp(-d)", {"variables": ["d"]}, UNEQUAL),
        ("d", "d", {"variables": ["d"]}, ""),
    ],
)
def test_the_hint_claims_only_what_holds_for_all_numbers_the_names_may_stand_for(key, answer, options, hint):
    found = formula.compare(key, answer, **options).hint
    assert hint in found
    assert bool(hint) == bool(found)


expressions = st.recursive(
    st.sampled_from(["x", "y", "2", "3", "sqrt(x)"]),
    lambda inner: st.tuples(inner, st.sampled_from("+*/"), inner).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
    max_leaves=6,
)


@settings(max_examples=60, deadline=None)
@given(expressions, expressions)
def test_equal_means_equal_numbers_and_unequal_means_unequal_numbers(one, two):
    relation = formula.compare(one, two, ["x", "y"]).relation
    gaps = []
    for x, y in ((4.0, 9.0), (2.5, 7.1), (11.3, 1.7)):
        values = [eval(text, {"sqrt": lambda v: v**0.5, "x": x, "y": y}) for text in (one, two)]
        gaps.append((values[1] - values[0]) / max(map(abs, values)))
    rounding = 1e-12
    assert (relation == "equal") == all(abs(gap) < rounding for gap in gaps)
    assert relation != "too_loose" or min(gaps) > -rounding
    assert relation != "too_tight" or max(gaps) < rounding


def test_nothing_heavy_is_imported():
    code = (
        "import sys; from coursekit.answers import big_o, formula; formula.compare('n', 'n', ['n']); "
        "print([m for m in ('torch', 'sympy', 'numpy', 'matplotlib', 'pint') if m in sys.modules])"
    )
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
        == "[]\n"
    )


@pytest.mark.parametrize(
    "text", ["The variance is not = d", "wrong: d", "1 != d, so 2 = d", "it isn't = d", "incorrect = d"]
)
def test_what_a_formula_is_not_is_no_answer(text):
    with pytest.raises(UnreadableAnswer, match="write only what it is"):
        formula.compare("d", text, ["d"])


@pytest.mark.parametrize("text", ["Var(q·k) = d", "variance: d", "Var(<q, k>) = d", "without a cache: d"])
def test_a_label_says_what_is_meant(text):
    assert formula.compare("d", text, ["d"]).right


@pytest.mark.parametrize("text", ["half of it: mu2", "twice = mu2", "the inverse = mu2", "Double: mu2"])
def test_a_label_that_changes_what_stands_behind_it_is_not_taken_off(text):
    with pytest.raises(UnreadableAnswer, match="may change what stands behind it"):
        formula.compare(text, "mu2", **MEAN)
