"""Answers as people and models write them: several hundred forms, each with the verdict that it deserves."""

import json
from pathlib import Path

import pytest

from utils.sheets.judging import judge
from utils.sheets.parts import Parts

ROOT = Path(__file__).resolve().parents[2]
FORMS = json.loads((Path(__file__).parent / "messy_answers.json").read_text(encoding="utf-8"))
LESSONS = sorted({part.split(".")[0] for part, _, _ in FORMS})


@pytest.fixture(scope="module")
def parts():
    return Parts(ROOT, "attention")


def verdicts(parts, forms):
    attempts = [{part: (parts[part], answer)} for part, answer, _ in forms]
    return [one[part] for one, (part, _, _) in zip(judge(ROOT, "attention", attempts), forms, strict=True)]


@pytest.mark.parametrize("lesson", LESSONS)
def test_no_messy_form_of_a_typed_answer_gets_a_false_verdict(lesson, parts):
    forms = [form for form in FORMS if form[0].split(".")[0] == lesson]
    found = zip(forms, verdicts(parts, forms), strict=True)
    assert [(form, one.verdict, one.reason) for form, one in found if one.verdict != form[2]] == []


def test_the_forms_are_many_and_of_every_verdict():
    assert len(FORMS) > 300
    assert {verdict for _, _, verdict in FORMS} == {"right", "partial", "wrong", "unreadable"}


def test_what_is_taken_off_never_makes_a_known_mistake_right(parts):
    wrapped = ["\\boxed{{{}}}", "**Answer:** ${}$", "The answer is {}", "```\n{}\n```", "<think>hm</think>{}"]
    mistakes = [
        (name, mistake.answer)
        for name, asked in parts.items()
        if asked.check and not asked.runs_code
        for mistake in asked.check.mistakes
        if isinstance(mistake.answer, str) and mistake.answer
    ]
    forms = [
        (name, wrapped[i % len(wrapped)].format(answer), "") for i, (name, answer) in enumerate(mistakes)
    ]
    assert len(forms) > 200
    found = zip(forms, verdicts(parts, forms), strict=True)
    assert [form for form, one in found if one.verdict == "right"] == []


def test_a_wrapped_right_answer_stays_right(parts):
    wrapped = ["\\boxed{{{}}}", "**Answer:** `{}`", "Final answer: {}", "```\n{}\n```"]
    forms = [
        (name, how.format(asked.check.right), "")
        for name, asked in parts.items()
        if asked.check and not asked.runs_code and isinstance(asked.check.right, str)
        for how in wrapped
    ]
    found = zip(forms, verdicts(parts, forms), strict=True)
    assert [(form, one.reason) for form, one in found if one.verdict != "right"] == []


def test_hostile_text_is_refused_in_time(parts):
    big = ["\\boxed{" * 3000, "$" * 19_000, "(" * 19_000, "answer is " * 1900, "x, " * 6000, "`" * 19_000]
    forms = [(part, text, "") for text in big for part in ("decoding.g", "decoding.a", "decoding.c")]
    forms += [("scaled_dot_product.c_function", text, "") for text in big]
    assert {one.verdict for one in verdicts(parts, forms)} == {"unreadable"}
