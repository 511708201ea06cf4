"""Einsum answers are run, not compared as text."""

import pytest

from coursekit.answers import einsum
from coursekit.answers.verdict import UnreadableAnswer

SHAPES = {"x": (2, 12), "W_q": (3, 12, 4)}
PLAIN = {"x": (2, 12), "W_k": (12, 4)}


@pytest.mark.parametrize(
    "answer",
    [
        "bd,hdq->bhq",
        "b d, h d q -> b h q",
        "ai,cij->acj",
        '"bd,hdq->bhq"',
        'torch.einsum("bd,hdq->bhq", x, W_q)',
        "einsum('bd,hdq->bhq', x, w_q)",
        "torch.einsum('hdq,bd->bhq', W_q, x)",
        "`bd,hdq->bhq`",
        "bd,hdq→bhq",
        'q = torch.einsum("bd,hdq->bhq", x, W_q)',
    ],
)
def test_letters_spaces_and_the_call_around_it_are_free(answer):
    assert einsum.compare("bd,hdq->bhq", answer, SHAPES).right


@pytest.mark.parametrize(
    "answer",
    [
        "bd,dk->bk",
        "ij,jk",
        "x @ W_k",
        "k = x @ W_k",
        "torch.matmul(x, W_k)",
        "torch.einsum('bd,dk->bk', x, W_k)",
    ],
)
def test_a_product_of_two_operands_is_as_good_as_its_equation(answer):
    assert einsum.compare("bd,dk->bk", answer, PLAIN).right


@pytest.mark.parametrize(
    "answer", ["bd,hdq->hbq", "bd,hdq->bq", "bd,dq->bhq", "bhd,dq->bhq", "bd,hkq->bhq", "x @ W_q"]
)
def test_what_computes_something_else_or_nothing_is_different(answer):
    assert not einsum.compare("bd,hdq->bhq", answer, SHAPES).right


def test_an_equation_that_runs_silently_and_computes_something_else_is_caught():
    shapes = {"q": (2, 3, 4), "new_K": (2, 6, 4)}
    assert not einsum.compare("bhk,bnk->bhn", "bhq,bnk->bhn", shapes).right


def test_a_mistake_that_does_not_run_is_equal_only_to_itself():
    assert einsum.compare("bd,dq->bhq", "ax,xy->azy", SHAPES).right
    assert not einsum.compare("bd,dq->bhq", "bhd,dq->bhq", SHAPES).right


@pytest.mark.parametrize(
    "hostile",
    [
        "__import__('os').system('true')",
        "x.numpy()",
        "a" * 500,
        "torch.einsum(eq, x, W_q)",
        "",
        None,
        "x + W_q",
        "torch.einsum('bd,hdq->bhq', x)",
        "y @ W_q",
        "(",
    ],
)
def test_anything_else_is_refused_and_nothing_is_evaluated(hostile):
    with pytest.raises(UnreadableAnswer):
        einsum.compare("bd,hdq->bhq", hostile, SHAPES)


def test_an_equation_that_is_too_long_is_quoted_by_its_beginning():
    with pytest.raises(UnreadableAnswer, match="'abcdefghijabcdefghij'"):
        einsum.read("abcdefghij" * 20, ["x", "y"])


def test_a_product_inside_an_equation_is_refused():
    with pytest.raises(UnreadableAnswer, match="no @"):
        einsum.read("torch.einsum('i@j', x, y)", ["x", "y"])
