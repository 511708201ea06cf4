"""A stand-in is called and asked, and never evaluated; whoever evaluates it is told what to do instead."""

import copy
import math
import operator
import pickle
import time

import numpy as np
import pytest
import torch

from coursekit.answers import questions
from coursekit.answers.verdict import UnreadableAnswer
from coursekit.blanks import EmptyBlank, UnusableBlank
from coursekit.compare import WrongAnswer, first_difference, kind_of, require_same
from utils.checks.check import TypedCheck
from utils.checks.proof import checks_of
from utils.grading.split.stand_in import CallableStandIn, NotPlainData, StandIn

SECONDS = 60
SUBJECTS = """
import numpy, torch
class Yes:
    def __eq__(self, other): return True
    def __bool__(self): return True
    def __len__(self): return 3
    def __getitem__(self, key): return 1.0
    def __float__(self): return 1.0
    shape = (3,)
class Words(str): pass
class Numbers(list): pass
class Array(numpy.ndarray): pass
class Special(torch.Tensor): pass
class Pair(tuple): pass
special = torch.ones(3).as_subclass(Special)
subjects = [Yes(), Words("a"), Numbers([1]), numpy.ones(3).view(Array), special, Pair((1, 2))]
def f(x): return x
"""


@pytest.fixture(scope="module")
def session(shared_session):
    assert shared_session.run(SUBJECTS, SECONDS).error is None
    return shared_session


@pytest.fixture
def subjects(session):
    session.deadline = time.monotonic() + SECONDS
    return session.get("subjects", SECONDS)


@pytest.fixture
def subject(subjects):
    return subjects[0]


def test_what_only_looks_plain_is_a_stand_in_with_the_name_of_its_class(subjects):
    assert all(isinstance(subject, StandIn) for subject in subjects)
    assert [kind_of(subject) for subject in subjects] == [
        "Yes",
        "Words",
        "Numbers",
        "Array",
        "Special",
        "Pair",
    ]


EVALUATIONS = {
    "equality": lambda x: x == 1,
    "inequality": lambda x: x != 1,
    "order": lambda x: x < 1,
    "reflected order": lambda x: x > 1,
    "membership": lambda x: x in [1, 2],
    "contents": lambda x: 1 in x,
    "truth": bool,
    "length": len,
    "iteration": list,
    "unpacking": lambda x: [*x],
    "reversal": reversed,
    "float": float,
    "int": int,
    "index": operator.index,
    "complex": complex,
    "math": math.sqrt,
    "sum": lambda x: x + 1,
    "reflected sum": lambda x: 1 + x,
    "product": lambda x: torch.ones(3) @ x,
    "negation": operator.neg,
    "absolute": abs,
    "rounding": round,
    "attribute": lambda x: setattr(x, "a", 1),
    "item": lambda x: operator.setitem(x, 0, 1),
    "numpy": np.asarray,
    "numpy function": lambda x: np.add(np.ones(3), x),
    "allclose": lambda x: np.allclose(x, 1),
    "torch": lambda x: torch.equal(x, torch.ones(3)),
    "torch sum": lambda x: torch.ones(3) + x,
    "pickle": pickle.dumps,
    "copy": copy.deepcopy,
    "with": lambda x: x.__enter__(),
}


@pytest.mark.parametrize("evaluate", EVALUATIONS.values(), ids=EVALUATIONS)
def test_a_stand_in_refuses_to_be_evaluated(subject, evaluate):
    with pytest.raises(NotPlainData, match="that lives with the student's code"):
        evaluate(subject)


def test_what_python_and_its_tools_ask_of_any_object_is_answered_here(subject):
    assert repr(subject) == str(subject) == f"{subject}" == "<Yes of the student's code>"
    assert not hasattr(subject, "_ipython_display_")
    assert not hasattr(subject, "_repr_html_")
    assert {subject: 1}[subject] == 1
    assert not callable(subject)


def test_only_what_can_be_called_there_can_be_called_here(session):
    assert callable(session.get("f", SECONDS))
    assert isinstance(session.get("f", SECONDS), CallableStandIn)


def test_attributes_and_items_come_back_as_plain_data(subject):
    assert subject.shape == (3,)
    assert subject["any key"] == 1.0


def test_an_attribute_that_is_not_there_is_missing_here_too(subject):
    assert not hasattr(subject, "missing")


EXPECTED = {
    "a tensor": (torch.ones(3), "returned {}, expected a Tensor"),
    "a number": (1.0, "returned {}, expected float"),
    "text": ("a", "returned {}, expected str"),
    "results": ((1.0, 2.0), "returned {}, expected 2 results in a tuple"),
    "a dict": ({"q": 1.0}, "returned {}, expected a dict with the keys q"),
    "nothing": (None, "returned {}, expected NoneType"),
    "truth": (True, "returned {}, expected bool"),
}


@pytest.mark.parametrize(("expected", "message"), EXPECTED.values(), ids=EXPECTED)
def test_a_comparison_names_the_type_and_asks_nothing(subjects, expected, message):
    for subject in subjects:
        assert first_difference(subject, expected) == message.format(kind_of(subject))
        assert kind_of(subject) in first_difference([subject], [expected])


def test_a_visible_check_says_the_same(subject):
    with pytest.raises(WrongAnswer, match="returned Yes, expected a Tensor"):
        require_same("f(x)", subject, torch.ones(3))


TYPED = {
    part: check
    for lesson in (
        "scaled_dot_product",
        "argmax_attention",
        "multi_head_attention",
        "decoding",
        "kernel_attention",
        "linear_attention",
    )
    for part, check in checks_of(lesson).items()
    if isinstance(check, TypedCheck) or hasattr(check, "question")
}


def test_every_kind_of_question_is_among_the_typed_checks():
    asked = {type(check.question) for check in TYPED.values()}
    kinds = {kind for kind in vars(questions).values() if isinstance(kind, type) and hasattr(kind, "read")}
    assert {kind.__name__ for kind in kinds - asked} <= {
        "Question",
        "CodeBlank",
        "Sentence",
        "Regime",
        "Ordering",
    }


@pytest.mark.parametrize("check", TYPED.values(), ids=TYPED)
def test_a_typed_answer_that_is_no_plain_data_earns_nothing_and_the_student_is_told_what_to_type(
    check, subjects
):
    for subject in subjects:
        judgement = check.judge(subject)
        assert judgement.credit == 0
        # An array of a class of the student's own has tolist, which gives plain data, right or wrong.
        read = kind_of(subject) in ("Array", "Special")
        assert read or str(judgement.wrong).startswith(f"{check.variable} could not be graded.")
        assert "NotPlainData" not in str(judgement.wrong)


@pytest.mark.parametrize("check", TYPED.values(), ids=TYPED)
def test_reading_one_raises_what_an_unreadable_answer_raises(check, subject):
    with pytest.raises((UnreadableAnswer, EmptyBlank, UnusableBlank)):
        check.question.read(subject)


def test_the_graph_of_a_result_that_is_a_parameter_can_be_detached_as_usual(session):
    session.run("layer = torch.nn.Linear(2, 3)", SECONDS)
    weight = session.get("layer", SECONDS).weight
    assert weight.requires_grad
    assert weight.detach().numpy().shape == (3, 2)
