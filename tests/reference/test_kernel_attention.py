"""What the reference for kernel attention promises, and that its formulas are what counting gives."""

from itertools import count as natural

import pytest
import torch
from torch.testing import assert_close

from coursekit.answers import big_o
from coursekit.cost import count, growth_of
from coursekit.visible.kernel_attention import plain_features, positive_features, two_sided_features
from utils.reference.kernel_attention import (
    attend,
    attention_by_definition,
    crossover,
    feature_width,
    kernelised_attention,
    linear_attention,
    linear_multiply_adds,
    outer_features,
    quadratic_features,
    quadratic_similarity,
    recomputing_attention,
    softmax_attention,
    softmax_multiply_adds,
    softmax_similarity,
)

MAPS = [quadratic_features, outer_features, positive_features, two_sided_features]


def drawn(N=7, D=3, M=5, *, grad=False, dtype=torch.float64):
    source = torch.Generator().manual_seed(N + 10 * D + 100 * M)
    tensors = [torch.randn(N, width, generator=source, dtype=dtype) for width in (D, D, M)]
    return [tensor.requires_grad_(grad) for tensor in tensors]


def test_the_definition_with_an_exponential_is_softmax_attention():
    assert_close(attention_by_definition(*drawn(), softmax_similarity), softmax_attention(*drawn()))


def test_linear_attention_with_quadratic_features_is_the_definition_with_the_quadratic_kernel():
    expected = attention_by_definition(*drawn(), quadratic_similarity)
    assert_close(linear_attention(*drawn(), quadratic_features), expected)


@pytest.mark.parametrize("phi", MAPS, ids=lambda phi: phi.__name__)
def test_both_orders_give_the_same_numbers_and_gradients(phi):
    orders = []
    for attention in (kernelised_attention, linear_attention):
        inputs = drawn(grad=True)
        output = attention(*inputs, phi)
        orders.append([output, *torch.autograd.grad(output.cos().sum(), inputs)])
    for name, left, right in zip(("output", "Q", "K", "V"), *orders, strict=True):
        assert_close(left, right, msg=lambda text, name=name: f"{name}: {text}")


def test_one_query_reads_what_it_reads_among_all():
    Q, K, V = drawn()
    rows = torch.stack([attend(query, K, V, two_sided_features) for query in Q])
    assert_close(rows, linear_attention(Q, K, V, two_sided_features))


@pytest.mark.parametrize("D", [1, 2, 3, 5, 8])
@pytest.mark.parametrize("phi", [quadratic_features, outer_features], ids=["least", "outer"])
def test_inner_products_of_features_are_the_quadratic_kernel(phi, D):
    x, y = drawn(D=D)[0], drawn(N=4, D=D)[1]
    assert_close(phi(x) @ phi(y).T, (x @ y.T + 1) ** 2)


@pytest.mark.parametrize("D", [1, 2, 3, 5, 8])
def test_no_map_is_narrower_than_the_rank_of_the_kernel(D):
    x = drawn(N=3 * feature_width(D), D=D)[0]
    assert quadratic_features(x).shape[-1] == feature_width(D)
    assert torch.linalg.matrix_rank((x @ x.T + 1) ** 2) == feature_width(D)


def test_feature_maps_keep_the_axes_in_front_and_the_dtype():
    x = torch.randn(2, 4, 3, dtype=torch.float32)
    for phi in (*MAPS, plain_features):
        assert phi(x).shape[:-1] == (2, 4)
        assert phi(x).dtype == torch.float32


def test_a_squared_dot_product_can_leave_nothing_to_divide_by():
    query, keys = torch.tensor([0.0, 1.0]), torch.tensor([[1.0, 0.0], [2.0, 0.0]])
    assert ((keys @ query) ** 2).sum() == 0


def test_similarities_that_are_not_zero_can_cancel_and_negative_ones_need_not():
    assert torch.tensor([2.0, -2.0]).sum() == 0
    assert torch.tensor([-1.0, 3.0]).sum() != 0


def test_a_positive_definite_kernel_can_be_negative():
    x = drawn()[0]
    gram = x @ x.T
    assert torch.linalg.eigvalsh(gram).min() > -1e-12  # zero, up to rounding
    assert gram.min() < 0


# --- costs ------------------------------------------------------------------------------------------------


def quadratic_linear_attention(Q, K, V):
    return linear_attention(Q, K, V, quadratic_features)


def tied(N, D):
    return drawn(N, D, D, grad=True)


def same_order(polynomial, key, **options):
    return big_o.compare(key, polynomial.leading.text, ["N", "D", "M"], **options).right


def test_softmax_attention_takes_the_stated_multiply_adds():
    assert count(softmax_attention, *drawn(11, 3, 5)).multiply_adds == softmax_multiply_adds(11, 3, 5)


def test_softmax_attention_keeps_its_weights_and_its_inputs():
    kept = growth_of(
        softmax_attention,
        lambda N, D, M: drawn(N, D, M, grad=True),
        {"N": (2, 3, 5), "D": (2, 4), "M": (3, 6)},
        {"N": 7, "D": 5, "M": 4},
        of="saved",
    )
    assert kept.coefficients == {(2, 0, 0): 1, (1, 1, 0): 2, (1, 0, 1): 1}
    assert same_order(kept, "N^2 + N D + N M")


def test_the_time_of_softmax_attention_is_the_key():
    sizes = {"N": (11, 13, 17), "D": (2, 4, 5), "M": (3, 6, 7)}
    work = growth_of(softmax_attention, drawn, sizes, {"N": 19, "D": 3, "M": 8})
    assert same_order(work, "N^2 D + N^2 M")


def with_a_product_for_the_mass(Q, K, V):
    queries, keys = quadratic_features(Q), quadratic_features(K)
    mass = keys.T @ torch.ones_like(V[:, :1])
    return (queries @ (keys.T @ V)) / (queries @ mass)


def test_linear_attention_takes_the_stated_multiply_adds():
    counted = count(with_a_product_for_the_mass, *drawn(11, 4, 5)).multiply_adds
    assert counted == linear_multiply_adds(11, feature_width(4), 5)


def test_the_time_of_linear_attention_with_quadratic_features_is_the_key():
    sizes = {"N": (23, 29, 31), "D": (3, 4, 5, 6, 7)}
    work = growth_of(quadratic_linear_attention, tied, sizes, {"N": 37, "D": 9})
    assert same_order(work, "N D^3", constraints=["M ~ D"])


def test_with_features_kept_the_memory_is_the_key():
    sizes = {"N": (23, 29, 31), "D": (3, 4, 5, 6, 7)}
    kept = growth_of(quadratic_linear_attention, tied, sizes, {"N": 37, "D": 9}, of="saved")
    assert same_order(kept, "N D^2 + D^3", constraints=["M ~ D"])


def test_with_features_rebuilt_the_memory_is_the_key():
    sizes = {"N": (5, 6, 8), "D": (3, 4, 5, 6, 7)}
    kept = growth_of(recomputing_attention, tied, sizes, {"N": 7, "D": 9}, of="saved")
    assert kept.evaluate(N=10, D=4) == 2 * 40 + 40 + feature_width(4) * 4 + feature_width(4)
    assert same_order(kept, "N D + D^3", constraints=["M ~ D"])


def test_rebuilt_features_change_neither_output_nor_gradients():
    kept, rebuilt = drawn(grad=True), drawn(grad=True)
    outputs = quadratic_linear_attention(*kept), recomputing_attention(*rebuilt)
    assert_close(outputs[0], outputs[1])
    for output in outputs:
        output.cos().sum().backward()
    for name, left, right in zip("QKV", kept, rebuilt, strict=True):
        assert_close(left.grad, right.grad, msg=lambda text, name=name: f"gradient of {name}: {text}")


@pytest.mark.parametrize(("D", "M"), [(64, 64), (16, 16), (3, 5)])
def test_the_crossover_is_the_first_length_with_fewer_multiply_adds(D, M):
    P = feature_width(D)
    cheaper = (N for N in natural(1) if linear_multiply_adds(N, P, M) < softmax_multiply_adds(N, D, M))
    assert crossover(D, M, P) == next(cheaper)
