"""What each torch operation is charged: multiply-adds, or elements touched, or nothing for a view.

    product of matrices or vectors      one multiply-add per entry of the result and index summed over
    attention in one operation          both its products; backward: its five products
    distances (cdist, pdist)            one per pair and coordinate
    convolution                         one per entry of the result and weight that meets it
    inverse, solve, svd, ...            elements touched times the matrix's shorter side, a nominal charge
    gather, scatter, indexing           the elements that are moved, not the whole table they sit in
    view, transpose, empty, detach      nothing
    anything else                       the elements of the largest operand or result; a list counts as one

Sorting, scans and Fourier transforms are charged one pass, without their logarithm.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import zip_longest
from math import prod
from typing import Any

import torch
from torch import Tensor
from torch._ops import OpOverload

Rule = Callable[[Sequence[Any], Any], int]


class UncountedOperation(RuntimeError):
    """Raised by a counted call that uses an operation whose cost this module can not state."""


def tensors_in(value: object) -> Iterator[Tensor]:
    """Yields every tensor in `value`, which may nest lists, tuples and dictionaries."""
    if isinstance(value, Tensor):
        yield value
    elif isinstance(value, dict):
        yield from tensors_in(list(value.values()))
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from tensors_in(item)


def name_of(operation: OpOverload) -> str:
    """The operation's name without namespace and overload: "mm" for aten::mm.default."""
    return str(operation._schema.name).split("::")[1]


def multiply_adds(operation: OpOverload, args: Sequence[Any], result: Any) -> int | None:
    """The multiply-adds of a product, or None for an operation that is no product."""
    rule = PRODUCTS.get(name_of(operation))
    return None if rule is None else rule(args, result)


def elements_touched(operation: OpOverload, args: Sequence[Any], kwargs: dict[str, Any], result: Any) -> int:
    """The charge of an operation that is no product, in elements."""
    name = name_of(operation)
    if name in FREE or returns_a_view(operation):
        return 0
    if name == "index_put_":
        return _elements_put(args)
    if name in SCATTERS:
        return _largest([*args[1:], *kwargs.values()])
    if name in GATHERS:
        return _largest([*args[1:], *kwargs.values(), result])
    touched = _largest([*args, *kwargs.values(), *(result if isinstance(result, tuple) else [result])])
    return touched * _shorter_side(args) if name in FACTORISATIONS else touched


def refuse_a_hidden_kernel(operation: OpOverload) -> None:
    """Raises UncountedOperation for an operation from outside torch, or one that hides several."""
    if operation.namespace not in COUNTED_NAMESPACES or name_of(operation) in REFUSED:
        raise UncountedOperation(
            f"{operation} can not be counted: its work is hidden inside one operation. "
            f"Write the step with ordinary torch operations."
        )


def refuse_what_is_not_dense(operation: OpOverload, operands: object) -> None:
    """Raises UncountedOperation for a sparse tensor: its storage and its work are not those of its shape."""
    for tensor in tensors_in(operands):
        if tensor.layout is not torch.strided:
            raise UncountedOperation(
                f"{operation} got a {tensor.layout} tensor; only dense tensors can be counted."
            )


@cache
def returns_a_view(operation: OpOverload) -> bool:
    """Whether the result shares the storage of an operand without writing to it: its schema says so."""
    aliases = [value.alias_info for value in operation._schema.returns]
    return bool(aliases) and all(alias is not None and not alias.is_write for alias in aliases)


def is_product(operation: OpOverload) -> bool:
    """Whether the operation is charged by its contraction."""
    return name_of(operation) in PRODUCTS


def _size(operand: object) -> int:
    return sum(tensor.numel() for tensor in tensors_in(operand))


def _largest(operands: Sequence[object]) -> int:
    return max(map(_size, operands), default=0)


def _shorter_side(args: Sequence[Any]) -> int:
    matrix = next(tensors_in(args))
    return min(matrix.shape[-2:]) if matrix.dim() > 1 else 1


def _elements_put(args: Sequence[Any]) -> int:
    # One index may write a whole row, so neither the index nor the value alone says how much is written.
    target, indices = args[0], args[1]
    used = [index for index in indices if index is not None]
    if any(index.dtype in (torch.bool, torch.uint8) for index in used):
        return int(target.numel())
    kept = [side for axis, side in enumerate(target.shape) if axis >= len(indices) or indices[axis] is None]
    written = _broadcast_size([index.shape for index in used]) * prod(kept)
    return int(max(written, _size(used)))


def _broadcast_size(shapes: Sequence[Sequence[int]]) -> int:
    return prod(max(sides) for sides in zip_longest(*map(reversed, shapes), fillvalue=1))


def _contraction(position: int) -> Rule:
    """Entries of the result times the width of the factor at `position`."""
    return lambda args, result: result.numel() * args[position].shape[-1]


def _summed_batches(args: Sequence[Any], result: Any) -> int:
    return int(args[1].numel() * args[2].shape[-1])


def _distances_backward(args: Sequence[Any], result: Any) -> int:
    return int(args[0].numel() * args[1].shape[-1])


def _trilinear(args: Sequence[Any], result: Any) -> int:
    factors = []
    for factor, new_axes in zip(args[:3], args[3:6], strict=True):
        shape = list(factor.shape)
        for axis in new_axes:
            shape.insert(axis, 1)
        factors.append(shape)
    return _broadcast_size(factors)


def _attention(scores: int, averages: int, query: int) -> Rule:
    """`scores` products over the key width, `averages` over the value width; `query` is its position."""

    def rule(args: Sequence[Any], result: Any) -> int:
        q, k, v = args[query : query + 3]
        pairs = prod(q.shape[:-1]) * k.shape[-2]
        return int(pairs * (scores * q.shape[-1] + averages * v.shape[-1]))

    return rule


def _convolution(args: Sequence[Any], result: Any) -> int:
    source, weight, transposed = args[0], args[1], args[6]
    entries = source.numel() if transposed else result.numel()
    return int(entries * prod(weight.shape[1:]))


def _convolution_backward(args: Sequence[Any], result: Any) -> int:
    gradient, source, weight, transposed, wanted = args[0], args[1], args[2], args[7], args[10]
    entries = source.numel() if transposed else gradient.numel()
    return int(entries * prod(weight.shape[1:]) * sum(wanted[:2]))


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


PRODUCTS: dict[str, Rule] = {
    "mm": _contraction(0),
    "bmm": _contraction(0),
    "mv": _contraction(0),
    "_int_mm": _contraction(0),
    "_scaled_mm": _contraction(0),
    "_weight_int8pack_mm": _contraction(0),
    "addmm": _contraction(1),
    "addmm_": _contraction(1),
    "_addmm_activation": _contraction(1),
    "baddbmm": _contraction(1),
    "baddbmm_": _contraction(1),
    "addmv": _contraction(1),
    "addmv_": _contraction(1),
    "addbmm": _summed_batches,
    "addbmm_": _summed_batches,
    "dot": lambda args, result: args[0].numel(),
    "vdot": lambda args, result: args[0].numel(),
    "addr": lambda args, result: result.numel(),
    "addr_": lambda args, result: result.numel(),
    "_trilinear": _trilinear,
    "_cdist_forward": _contraction(0),
    "_euclidean_dist": _contraction(0),
    "_pdist_forward": _contraction(0),
    "_cdist_backward": _distances_backward,
    "_pdist_backward": _distances_backward,
    "_scaled_dot_product_flash_attention_for_cpu": _attention(scores=1, averages=1, query=0),
    "_scaled_dot_product_flash_attention_for_cpu_backward": _attention(scores=3, averages=2, query=1),
    "convolution": _convolution,
    "convolution_backward": _convolution_backward,
}

FREE = _names(
    """
    _unsafe_view _reshape_alias unsafe_split unsafe_split_with_sizes empty empty_like empty_strided
    empty_permuted new_empty new_empty_strided set_ resize_
    squeeze_ unsqueeze_ transpose_ t_ swapaxes_ swapdims_ as_strided_ detach_
    _linalg_check_errors is_same_size sym_size
    sym_numel sym_stride _version_of record_stream _record_function_enter_new _record_function_exit device
    """
)
GATHERS = _names(
    """
    index _unsafe_index index_select gather take embedding
    """
)
SCATTERS = _names(
    """
    index_add_ index_copy_ scatter_ scatter_add_ scatter_reduce_ put_
    """
)
FACTORISATIONS = _names(
    """
    _linalg_solve_ex linalg_inv_ex _linalg_det _linalg_slogdet _linalg_svd _linalg_eigh _linalg_eigvals
    linalg_eig linalg_eigvals linalg_qr geqrf ormqr linalg_cholesky_ex cholesky cholesky_solve
    cholesky_inverse linalg_lu linalg_lu_factor_ex linalg_lu_solve linalg_ldl_factor_ex linalg_ldl_solve
    linalg_solve_triangular triangular_solve linalg_lstsq linalg_matrix_exp linalg_pinv
    linalg_householder_product
    """
)
REFUSED = _names(
    """
    _native_multi_head_attention _transformer_encoder_layer_fwd mkldnn_rnn_layer _cudnn_rnn
    mkldnn_convolution _weight_int4pack_mm _weight_int4pack_mm_for_cpu _grouped_mm _scaled_grouped_mm
    """
)
COUNTED_NAMESPACES = frozenset({"aten", "prim", "profiler"})
