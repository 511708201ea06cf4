"""The trusted interpreter: outputs of a cell, and the points that its last value stands for."""

import fractions

import numpy as np
import pytest
import torch

from coursekit.compare import WrongAnswer
from coursekit.display import show
from utils.grading.split.interpreter import Interpreter, NoScore, points_of


def outputs(source, points=None, **names):
    interpreter = Interpreter()
    interpreter.names |= names
    return interpreter.run(source, "cell", points=points).outputs


def test_names_live_from_cell_to_cell():
    interpreter = Interpreter()
    interpreter.run("x = 2\ndef f(): return x", "first")
    assert interpreter.run("assert f() == 2", "second").outputs == []


def test_what_a_cell_prints_and_shows_is_kept():
    printed, shown = outputs("print('hello')\nshow('ok', 'fine')", show=show)
    assert printed.text == "hello\n"
    assert shown.data["text/plain"] == "fine"
    assert "role=" in shown.data["text/html"]


@pytest.mark.parametrize(
    ("value", "points"),
    [(1, 1.0), (0.5, 0.5), (np.float64(1.5), 1.5), (torch.tensor(1.5), 1.5), (np.array(0.25), 0.25)]
    + [(torch.tensor([2]), 2.0), (fractions.Fraction(1, 2), 0.5), (7, 3.0), (-1, 0.0)],
)
def test_a_number_of_any_type_is_a_score_between_zero_and_the_most(value, points):
    assert points_of(value, 3.0) == points
    (result,) = outputs("value", 3.0, value=value)
    assert result.output_type == "execute_result"
    assert float(result.data["text/plain"]) == points


@pytest.mark.parametrize(
    "value", [True, "3", b"3", float("nan"), float("inf"), torch.ones(2), [1], {}, torch.tensor(1.0 + 1j)]
)
def test_a_value_that_is_no_number_is_an_error_and_no_score(value):
    with pytest.raises(NoScore):
        points_of(value, 3.0)
    (error,) = outputs("value", 3.0, value=value)
    assert error.ename == "NoScore"


def test_a_wrong_answer_says_only_what_it_says():
    (error,) = outputs("raise WrongAnswer('x is wrong.', hint='Look again.')", 1.0, WrongAnswer=WrongAnswer)
    assert error.ename == "WrongAnswer"
    assert error.traceback == ["WrongAnswer: x is wrong.\n  hint         Look again."]


def test_another_error_names_its_line():
    (error,) = outputs("x = 1\nassert x == 2, 'x is not two'", 1.0)
    assert error.evalue == "x is not two"
    assert any("line 2" in line for line in error.traceback)


def test_code_that_leaves_the_program_is_an_error():
    (error,) = outputs("raise SystemExit(0)", 1.0)
    assert error.ename == "SystemExit"


def test_what_is_no_exception_of_a_check_passes_through():
    class Lost(BaseException):
        pass

    with pytest.raises(Lost):
        outputs("raise Lost", 1.0, Lost=Lost)


def test_a_flood_of_text_is_cut():
    (printed,) = outputs("print('x' * 10**6)")
    assert len(printed.text) == 100_000
