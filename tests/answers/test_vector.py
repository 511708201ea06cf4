"""Vectors: entries in order, entered as people write them."""

import pytest
import torch

from coursekit.answers import vector
from coursekit.answers.verdict import UnreadableAnswer


@pytest.mark.parametrize(
    "answer",
    [
        [1, 4, 3],
        (1.0, 4.0, 3.0),
        "(1, 4, 3)^T",
        "[1 4 3]",
        "1, 4, 3",
        "V' = (1,4,3)",
        "$(1, 4, 3)^\\top$",
        torch.tensor([1, 4, 3]),
        [[1], [4], [3]],
        "{1; 4; 3}",
        ["1", "8/2", "3"],
    ],
)
def test_a_vector_may_be_written_in_many_ways(answer):
    assert vector.compare([1, 4, 3], answer).right


@pytest.mark.parametrize("answer", [[1, 3, 4], [1, 4], [1, 4, 3, 0], [1, 4, 3.1], 1, "1"])
def test_another_order_length_or_entry_is_different(answer):
    assert not vector.compare([1, 4, 3], answer).right


@pytest.mark.parametrize(
    "answer",
    ["one four three", [[1, 2], [3, 4]], None, {"a": 1}, list(range(100)), "(1, os, 3)", ["1 kB", 4, 3]],
)
def test_what_is_no_row_of_numbers_is_refused(answer):
    with pytest.raises(UnreadableAnswer):
        vector.compare([1, 4, 3], answer)


def test_between_semicolons_a_comma_groups_thousands():
    assert vector.read("338,350; 5,050") == [338350, 5050]
