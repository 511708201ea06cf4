"""What an instructor is shown of a verdict: arguments, expected, received."""

import torch

from coursekit.answers.questions import Number
from utils.checks.check import FunctionCheck, TypedCheck
from utils.checks.evidence import note, witnessed

double = FunctionCheck(
    part="double",
    variable="double",
    right=lambda x: 2 * x,
    cases=lambda g: [(torch.randn(3, generator=g, dtype=torch.float64),)],
)


def test_the_case_that_decided_is_the_last_one_noted():
    with witnessed() as seen:
        double.judge(lambda x: 3 * x)
    last = seen[-1]
    assert last.part == "double"
    assert torch.equal(last.received, 1.5 * last.expected)
    assert torch.equal(last.arguments["x"] * 2, last.expected)


def test_a_typed_answer_is_shown_beside_its_key():
    with witnessed() as seen:
        TypedCheck(part="n", variable="n", right=4, question=Number(part="n", variable="n")).judge(5)
    assert [(evidence.expected, evidence.received) for evidence in seen] == [(4, 5)]


def test_evidence_reads_as_text_even_when_a_value_refuses_to_be_shown():
    class Shy:
        def __repr__(self):
            raise RuntimeError("no")

    with witnessed() as seen:
        note("p", 1, Shy(), {"x": 2})
    assert str(seen[0]) == "x:\n  2\nexpected:\n  1\nreceived:\n  (Shy, which cannot be shown: RuntimeError)"


def test_nothing_is_kept_when_nobody_asks():
    with witnessed() as seen:
        pass
    note("p", 1, 2)
    assert seen == []
