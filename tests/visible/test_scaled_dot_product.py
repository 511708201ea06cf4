"""The visible checks of this lesson: right functions pass, and wrong ones are told something useful."""

import pytest

from coursekit.compare import WrongAnswer
from coursekit.visible import scaled_dot_product as visible
from utils.reference import scaled_dot_product as reference

RIGHT = [
    (visible.a_function, reference.mean_dot),
    (visible.b_function, reference.variance_dot),
    (visible.monte_carlo, reference.moments),
    (visible.c_function, reference.scaled_scores),
    (visible.entropy, reference.entropy),
]


@pytest.mark.parametrize(("check", "function"), RIGHT)
def test_a_right_function_passes_and_is_told_that_more_is_to_come(check, function, capsys):
    check(function)
    said = capsys.readouterr().out
    assert "visible checks passed; " in said
    assert "more checks run when the notebook is graded" in said
    assert "all" not in said


@pytest.mark.parametrize(("check", "function", "words"), [
    (visible.a_function, lambda mu, sigma: (mu**2).sum(-1) + 2 * sigma**2, "yours"),
    (visible.a_function, lambda mu, sigma: None, "return statement"),
    (visible.b_function, lambda mu, sigma: mu.shape[-1] * sigma**2 + 0 * mu.sum(-1), "Doubling sigma"),
    (visible.monte_carlo, lambda q, k: ((q * k).sum(-1).mean(), (q * k).sum(-1).var(correction=0)), "n - 1"),
    (visible.c_function, lambda q, k: q @ k.mT, "d = 9 your scores have variance 8"),
    (visible.c_function, lambda q, k: q @ k.mT / 3, "d = 100 your scores have variance 11"),
    (visible.c_function, lambda q, k: k @ q.mT / q.shape[-1] ** 0.5, "shape"),
    (visible.entropy, lambda s: -(s.softmax(-1) * s.softmax(-1).log()).sum(-1), "not a finite number"),
])  # fmt: skip
def test_a_wrong_function_gets_the_first_wrong_thing_or_a_hint(check, function, words):
    with pytest.raises(WrongAnswer, match=words):
        check(function)


def test_moments_may_be_plain_numbers():
    visible.monte_carlo(lambda q, k: tuple(m.item() for m in reference.moments(q, k)))
