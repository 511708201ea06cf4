"""The functions that run a student's code beside it."""

import importlib

import pytest
import torch

from coursekit.blanks import EmptyBlank
from coursekit.boundary import BESIDE_STUDENT_CODE, define, gradients


def test_a_completed_template_is_run_and_gives_what_it_defines():
    triple = define("def times(x):\n    return x * __a__\n", {"a": "3"}, "times")
    assert triple(5) == 15


def test_an_empty_blank_is_named_before_anything_runs():
    with pytest.raises(EmptyBlank, match=r"blank \(a\)"):
        define("raise SystemExit(__a__)", {}, "x")


def test_gradients_are_the_vector_jacobian_product_by_argument():
    x, y = torch.tensor([2.0, 3.0]), torch.tensor([5.0, 7.0])
    along_x, along_y = gradients(lambda x, n, y: x**n * y, (x, 2, y), torch.tensor([1.0, 10.0]))
    torch.testing.assert_close(along_x, torch.tensor([2 * 2 * 5.0, 10 * 2 * 3 * 7.0]))
    torch.testing.assert_close(along_y, torch.tensor([4.0, 90.0]))
    assert x.grad is None, "the caller's tensors are not touched"


def test_an_argument_without_influence_has_no_gradient():
    assert gradients(lambda x, y: 2 * x, (torch.ones(2), torch.ones(3)), torch.ones(2))[1] is None


def test_a_detached_result_raises():
    with pytest.raises(RuntimeError):
        gradients(lambda x: x.detach() * 2, (torch.ones(2),), torch.ones(2))


@pytest.mark.parametrize("name", BESIDE_STUDENT_CODE)
def test_a_grader_finds_each_of_these_functions_by_its_name(name):
    module, function = name.rsplit(".", 1)
    assert callable(getattr(importlib.import_module(module), function))
