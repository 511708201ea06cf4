"""Hidden inputs: the same for the same student and check, others for everybody else, and on record."""

import torch

from utils.checks import draws


def numbers(check, student):
    return torch.randn(5, generator=draws.generator(check, student=student))


def test_a_regrade_draws_the_same_and_another_student_or_check_something_else():
    assert torch.equal(numbers("mean", "ada"), numbers("mean", "ada"))
    assert not torch.equal(numbers("mean", "ada"), numbers("mean", "bob"))
    assert not torch.equal(numbers("mean", "ada"), numbers("sum", "ada"))


def test_what_was_drawn_is_on_record():
    with draws.recorded() as record:
        numbers("mean", "ada")
        numbers("sum", "ada")
    numbers("later", "ada")
    assert record.keys() == {"mean", "sum"}
    assert record["mean"] != record["sum"]
