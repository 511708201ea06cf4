"""Questions: what a notebook asks, and how it echoes an answer without saying whether it is right."""

import pytest

from coursekit.answers.questions import BigO, Choice, Choices, CodeBlank, Einsum, Formula, Number, Vector
from coursekit.answers.verdict import UnreadableAnswer
from coursekit.blanks import EmptyBlank, ____
from coursekit.visible.report import passed

ASKED = [
    (Number(part="n", variable="n", unit="byte"), "36 MiB", "36 MiB"),
    (Vector(part="v", variable="v"), "1, 4,3", "(1, 4, 3)"),
    (Choice(part="c", variable="c", options={"a": "yes", "b": "no"}), "B", "(b) no"),
    (Choices(part="c", variable="c", options={"a": "one", "b": "two"}), "ba", "(a) one; (b) two"),
    (Einsum(part="e", variable="e", shapes={"x": (2, 3), "y": (3, 4)}), "a b, b c -> a c", "ab,bc->ac"),
    (Formula(part="f", variable="f", variables=["d"]), "d**0.5", "d^(1/2)"),
    (BigO(part="o", variable="o", variables=["b", "n", "d", "h"]), "bnd/h", "b·n·d"),
    (CodeBlank(part="blank_a", variable="blank_a", letter="a"), " self.num_heads ", "self.num_heads"),
]
KINDS = [type(question).__name__ for question, _, _ in ASKED]


@pytest.mark.parametrize(("question", "answer", "echo"), ASKED, ids=KINDS)
def test_an_answer_is_echoed_as_it_was_read(question, answer, echo, capsys):
    question(answer)
    said = capsys.readouterr().out
    assert echo in said
    assert "checked when the notebook is graded" in said


@pytest.mark.parametrize(("question", "answer", "echo"), ASKED, ids=KINDS)
@pytest.mark.parametrize("nothing", [____, "", None])
def test_an_empty_answer_is_named_by_its_variable(question, answer, echo, nothing):
    with pytest.raises(EmptyBlank, match=f"`{question.variable}` is still empty"):
        question(nothing)


@pytest.mark.parametrize("question", [question for question, _, _ in ASKED[:-1]], ids=KINDS[:-1])
def test_an_unreadable_answer_is_shown_and_raised(question, capsys):
    with pytest.raises(UnreadableAnswer):
        question("__import__('os').getcwd()")
    assert "could not be read" in capsys.readouterr().out


def test_a_number_of_no_unit_is_refused_with_one_before_it_is_graded():
    question = Number(part="count", variable="numbers")
    assert question.read("4160") == "4160"
    with pytest.raises(UnreadableAnswer, match="no unit such as kB"):
        question.read("4160 kB")


def test_a_page_that_was_graded_does_not_speak_of_grading_to_come(capsys, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    question, answer, echo = ASKED[0]
    question(answer)
    passed("attend", hidden=6)
    said = capsys.readouterr().out
    assert echo in said
    assert "when the notebook is graded" not in said
