"""Numbers: read exactly, within the stated tolerance, and the slip named."""

import pytest

from coursekit.answers import number
from coursekit.answers.verdict import UnreadableAnswer


@pytest.mark.parametrize(
    "text",
    [
        "14",
        14,
        14.0,
        "14.",
        "1.4e1",
        "1.4 x 10^1",
        r"1.4 \times 10^{1}",
        "1.4·10¹",
        "E = 14",
        "$14$",
        "28/2",
        "≈ 14",
        "+14",
    ],
)
def test_a_number_may_be_written_in_many_ways(text):
    assert number.compare(14, text).right


@pytest.mark.parametrize(
    "text",
    [
        "36 MiB",
        "37748736 bytes",
        "37,748,736 B",
        "36864 KiB",
        "3.7748736e7",
        "0.03515625 GiB",
        "301989888 bit",
    ],
)
def test_a_unit_is_converted_and_a_bare_number_has_the_unit_asked_for(text):
    assert number.compare(37_748_736, text, unit="byte").right


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("377487360", "power of ten is not"),
        ("301989888", "8 bits"),
        ("18874368", "factor of two"),
        ("-37748736", "sign"),
        ("37748736 second", "does not measure"),
        ("inf", "no number"),
    ],
)
def test_a_slip_is_named(text, hint):
    try:
        words = number.compare(37_748_736, text, unit="byte").hint
    except UnreadableAnswer as error:
        words = str(error)
    assert hint in words


@pytest.mark.parametrize("text", ["64*65", "64 * (64 + 1)", "about 4160", "2^12 + 2**6", "4160.0/1", "+4160"])
def test_a_number_may_be_left_as_a_sum_or_a_product(text):
    assert number.compare(4160, text).right


@pytest.mark.parametrize(
    "text", ["9**9**9", "2**65**2", "1 m**9**9", "1 m**-99999999", "(-1)**0.5", "1/0", "1 " + "m*" * 30]
)
def test_a_hostile_number_is_refused_at_once(text):
    with pytest.raises(UnreadableAnswer):
        number.compare(14, text, unit="byte")


def test_a_plain_number_is_not_told_about_bytes():
    assert "byte" not in number.compare(4, 32).hint
    assert "factor of two" in number.compare(4, 8).hint


def test_a_tolerance_is_relative_and_zero_has_no_factor():
    assert number.compare(100, 104.9, rel_tol=0.05).right
    assert not number.compare(100, 106, rel_tol=0.05).right
    assert not number.compare(0, 1).right
    assert number.compare(0, 0.0).right


@pytest.mark.parametrize(
    "hostile",
    [
        "",
        "abc",
        "1 2 3 four",
        "__import__('os')",
        "9" * 10_000,
        "1e99999",
        None,
        True,
        [1],
        "14 parsecs per hug",
    ],
)
def test_what_is_no_number_is_refused_with_a_sentence(hostile):
    with pytest.raises(UnreadableAnswer, match=r"\."):
        number.compare(14, hostile)


@pytest.mark.parametrize("text", ["1,4", "1,40", "3,14159"])
def test_a_comma_that_does_not_separate_thousands_is_not_guessed_at(text):
    with pytest.raises(UnreadableAnswer):
        number.read(text)


@pytest.mark.parametrize("huge", [10**400, -(10**5000), "9" * 60 + "e999"], ids=["int", "longer int", "text"])
def test_a_number_too_large_for_a_float_is_refused_with_a_sentence(huge):
    with pytest.raises(UnreadableAnswer, match=r"\.$"):
        number.compare(14, huge)


@pytest.mark.parametrize("far", [1e300, 1e-300, -1e300])
def test_a_number_that_is_off_by_more_than_a_float_can_say_has_no_hint(far):
    assert number.compare(1e-200 if far > 1 else 1e200, far).hint == ""


def test_a_number_that_is_too_long_is_quoted_by_its_beginning():
    with pytest.raises(UnreadableAnswer, match="'12345678901234567890' and has 100 characters"):
        number.read("1234567890" * 10)


@pytest.mark.parametrize(
    "text", ["N != 2179", "N <= 2179", "not = 2179", "N is never = 2179", "it isn't = 2179", "N \\leq = 2179"]
)
def test_what_a_number_is_not_is_no_answer(text):
    with pytest.raises(UnreadableAnswer, match="write only what it is"):
        number.read(text)
