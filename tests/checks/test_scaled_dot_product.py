"""What the checks of this lesson promise beyond the general proof."""

import pytest
import torch

from coursekit.compare import WrongAnswer
from utils.checks import scaled_dot_product as checks
from utils.reference import scaled_dot_product as reference


@pytest.mark.parametrize("text", ["d mu^2", r"d\mu^2", "mu^2 * d", "d*mu*mu"])
def test_the_scalar_reading_of_the_mean_earns_half(text, capsys):
    assert checks.check_a(text, points=2) == 1.0
    assert "vector" in capsys.readouterr().out


def test_the_squared_length_earns_everything_however_it_is_written():
    for text in ("||mu||^2", "mu.mu", r"\|\mu\|_2^2", "sum_i mu_i^2", "mu^T mu"):
        assert checks.check_a(text, points=2) is None


def test_the_keys_agree_with_the_reference_on_the_worked_example():
    mu = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64)
    assert checks.check_a_instance(reference.mean_dot(mu, 2.0).item()) is None
    assert checks.check_b_instance(reference.variance_dot(mu, 2.0).item()) is None


def test_an_entropy_that_is_not_finite_for_extreme_scores_is_told_why():
    def naive(scores):
        weights = scores.exp() / scores.exp().sum(-1, keepdim=True)
        return -(weights * weights.log()).sum(-1)

    with pytest.raises(WrongAnswer, match="not finite"):
        checks.check_entropy(naive)


def test_a_wrong_divisor_hidden_behind_the_visible_size_is_caught():
    def right_for_nine(query, key):
        return query @ key.mT / 3

    with pytest.raises(WrongAnswer):
        checks.check_c_function(right_for_nine)


def test_a_bare_square_of_a_vector_is_sent_back_to_the_ways_of_writing_its_length():
    for check, text in ((checks.check_a, "mu^2"), (checks.check_b_general, "d sigma^4 + 2 sigma^2 mu^2")):
        judgement = check.judge(text)
        assert judgement.credit == 0
        assert "its square can mean several things" in judgement.wrong.hint


@pytest.mark.parametrize("student", ["a", "b", "c", "d", "e"])
def test_single_precision_inside_is_caught_whoever_hands_it_in(student, monkeypatch):
    monkeypatch.setenv("COURSE_STUDENT", student)
    for check in (checks.check_a_function, checks.check_b_function, checks.check_entropy):

        def halved(*args, right=check.right):
            narrow = [a.float() if isinstance(a, torch.Tensor) else a for a in args]
            return right(*narrow).to(args[0].dtype)

        assert check.judge(halved).wrong is not None
