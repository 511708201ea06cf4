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


@pytest.mark.parametrize(
    "answer",
    [
        r"\begin{pmatrix}1\\4\\3\end{pmatrix}",
        r"$\begin{bmatrix} 1 & 4 & 3 \end{bmatrix}^T$",
        r"v = \begin{pmatrix} 1 \\ 4 \\ 3 \\ \end{pmatrix}",
    ],
)
def test_a_vector_may_be_a_row_or_a_column_of_latex(answer):
    assert vector.compare([1, 4, 3], answer).right


def test_a_matrix_of_latex_is_no_vector():
    with pytest.raises(UnreadableAnswer, match="not a matrix"):
        vector.read(r"\begin{pmatrix}1 & 2\\3 & 4\end{pmatrix}")


@pytest.mark.parametrize(
    "answer", ["36 MiB, 12 MiB, 3 MiB", "36, 12, 3 MiB", "(36 MiB; 12 MiB; 3 MiB)", "36 MiB 12 MiB 3 MiB"]
)
def test_the_unit_asked_for_may_stand_behind_each_entry_or_behind_the_last(answer):
    assert vector.compare([36, 12, 3], answer, unit="MiB").right
    with pytest.raises(UnreadableAnswer, match="MiB"):
        vector.read(answer)


@pytest.mark.parametrize("empty", [[], (), "()", "[ , ]", torch.zeros(0)])
def test_a_vector_without_entries_is_refused(empty):
    with pytest.raises(UnreadableAnswer, match="no entry"):
        vector.read(empty)


@pytest.mark.parametrize("hostile", ["(" * 3000 + "1" + ")" * 3000, "$" * 5000 + "1, 4, 3"])
def test_a_text_that_is_too_long_is_quoted_by_its_beginning(hostile):
    with pytest.raises(UnreadableAnswer, match="characters") as caught:
        vector.read(hostile)
    assert repr(hostile[:20]) in str(caught.value)


def test_an_entry_too_large_for_a_float_is_refused_with_a_sentence():
    with pytest.raises(UnreadableAnswer, match="digits"):
        vector.compare([1, 4, 3], [1, 10**400, 3])
