"""What an answer is read as, and which text is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coursekit.answers import big_o, formula
from coursekit.answers.verdict import UnreadableAnswer

NAMES = ["b", "n", "d", "h"]

READ_AS = {
    "d^2 + bd + bnd/h": "d² + b·d + b·n·d/h",
    "O(b*d**2 + b*n*d)": "b·d² + b·n·d",
    r"\mathcal{O}\left(d^2 + bd + \frac{bnd}{h}\right)": "d² + b·d + b·n·d/h",
    r"$\boxed{N^{2}D}$": "n²·d",
    "T(n) = 2n²·d": "2·n²·d",
    "Time: n√n": "n·sqrt(n)",
    "nlogn": "n·log(n)",
    r"n\log_{2}{n}": "n·log(n)/log(2)",
    "n·log₂n": "n·log(n)/log(2)",
    "n 2^n": "n·2^n",
    "2^(n+3)": "2^(n + 3)",
    "n^-1": "n⁻¹",
    "N(N-1)/2 * d": "n·(n - 1)/2·d",
    "b × d x d": "b·d·d",
    "½n": "1/2·n",
    r"\frac12 n": "1/2·n",
    r"\sqrt[3]{n}": "n^(1/3)",
    "⌈d/h⌉": "ceil(d/h)",
    "max(n, d) - 1": "max(n, d) - 1",
    "3e2 n": "300·n",
}


@pytest.mark.parametrize("text", READ_AS)
def test_python_plain_text_latex_and_unicode_are_read(text):
    assert big_o.read(text, NAMES).pretty == READ_AS[text]


def test_the_echo_says_how_letters_over_a_letter_were_read():
    assert big_o.read("d^2 + bnd/h", NAMES).echo == "d² + b·n·d/h  (bnd/h read as (b·n·d)/h)"


def test_the_echo_names_the_reading_not_taken():
    assert "read as log(n), not log(n^2)" in big_o.read("n log n^2", NAMES).echo


def test_a_name_of_several_letters_is_found_without_its_underscore():
    assert big_o.read("n dmodel^2", ["n", "d_model"]).pretty == "n·d_model²"
    assert big_o.read(r"n_{kv} D_\text{r}", ["n_kv", "D_r"]).pretty == "n_kv·D_r"


def test_two_letters_that_spell_a_declared_name_have_two_readings():
    with pytest.raises(UnreadableAnswer, match="dk as d_k, not dk as d·k"):
        formula.compare("2*d_k", "2 dk", ["d", "k", "d_k"])


def test_case_is_kept_only_where_it_matters():
    assert big_o.read("nN", ["n", "N"]).pretty == "n·N"
    assert big_o.read("NH", ["n", "h"]).pretty == "n·h"


@pytest.mark.parametrize("name", ["sigma", "σ", r"\sigma"])
def test_a_greek_name_may_be_declared_and_written_in_any_spelling(name):
    for text in ("sigma^4", "σ⁴", r"\sigma^{4}"):
        assert formula.read(text, [name]).pretty == "sigma⁴"


HOSTILE = {
    "nested brackets": "(" * 5000,
    "one long name": "n" * 10_000,
    "ten thousand characters": "n + " * 2500,
    "power tower": "9**9**9**9",
    "import": "__import__('os').system('true')",
    "attributes": "().__class__.__bases__",
    "lambda": "λ x: x",
    "format string": "f'{n}'",
    "statement": "n^2; import os",
    "comment": "n^2 # comment",
    "many signs": "-" * 300 + "n",
    "nested ambiguity": "1/b(" * 60,
    "empty fractions": r"\frac" * 40,
    "empty groups": "{" * 200,
    "nested maxima": "max(" * 60,
    "huge number": "1e999",
    "huge exponent": "n^1e30",
    "nested powers": "(" * 20 + "n+d" + ")^6" * 20,
    "many factors": "(n+1)(n+2)(n+3)(n+d)(n+h)(b+d)(b+n)(b+h)(n+d+h)(n+b+d)(b+h+d)(n+d+b+h)^6",
    "many logarithms": "log(n+d)*log(b+h)*log(n+h)*log(d+b)*n",
    "division by zero": "1/(n - n)",
    "nothing": "",
    "only blanks": " \t ",
    "empty O": "O()",
    "one hyphen after another": "a-" * 190 + "O(n^2)",
    "bracket that never closes": "time O(n^2",
    "many squares": "(q_1 k_1)^2 + " * 25,
    "factorial": "n!",
    "two answers": "O(n^2), O(n)",
    "a relation": "n^2 <= n^3",
    "a word": "linear",
    "little o": "o(n^2)",
    "Omega": "Ω(n^2)",
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_hostile_text_is_refused_and_the_place_is_quoted(text):
    with pytest.raises(UnreadableAnswer) as refusal:
        big_o.compare("n log n + d log d + b h", text, NAMES)
    assert not text.strip() or repr(text)[:12] in str(refusal.value)


@given(
    st.text(max_size=60) | st.text(alphabet="ndbh0123456789+-*/^(){}[]|,.=_\\ √²·logmaxsqrtO", max_size=40)
)
def test_any_text_is_decided_or_refused_and_nothing_else_happens(text):
    for compare in (big_o.compare, formula.compare):
        try:
            verdict = compare("n*d + 1", text, NAMES)
        except UnreadableAnswer:
            continue
        assert verdict.relation in {"equal", "too_loose", "too_tight", "incomparable"}


def test_the_exception_knows_the_place():
    with pytest.raises(UnreadableAnswer, match=r"at 'q\*d' \(character 5\)") as refusal:
        big_o.read("n + q*d", NAMES)
    assert (refusal.value.text, refusal.value.position) == ("n + q*d", 4)


def test_an_answer_that_is_no_text_is_refused():
    with pytest.raises(UnreadableAnswer, match="expected text"):
        big_o.read(3, NAMES)
