"""Tensors and numpy arrays as bytes, and back.

Only dtypes on a list cross, and bytes are believed only when their number is that of shape and dtype.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np
import torch

from utils.grading.box.inside.wire import BadFrame

TENSOR_DTYPES = {
    str(dtype).removeprefix("torch."): dtype
    for dtype in (
        *(torch.float16, torch.bfloat16, torch.float32, torch.float64, torch.complex64, torch.complex128),
        *(torch.bool, torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64),
    )
}
NAMES = {dtype: name for name, dtype in TENSOR_DTYPES.items()}
ARRAY_DTYPES = {
    np.dtype(name).str: np.dtype(name)
    for name in (
        *("float16", "float32", "float64", "complex64", "complex128", "bool"),
        *("uint8", "uint16", "uint32", "uint64", "int8", "int16", "int32", "int64"),
    )
}
ARRAY_SCALARS = frozenset(dtype.type for dtype in ARRAY_DTYPES.values())
MOST_AXES = 32
LONGEST_AXIS = 2**31


def plain_tensor(tensor: torch.Tensor) -> bool:
    """Return whether a tensor is an ordinary one: dense, on the CPU, of a dtype that crosses."""
    return tensor.layout is torch.strided and tensor.device.type == "cpu" and tensor.dtype in NAMES


def plain_array(array: np.ndarray[Any, Any]) -> bool:
    """Return whether an array is of a dtype that crosses, in this machine's byte order."""
    return array.dtype.str in ARRAY_DTYPES and array.ndim <= MOST_AXES


def tensor_bytes(tensor: torch.Tensor) -> bytes:
    """Return the entries of a plain tensor in the order of its axes."""
    return _raw(tensor.detach().resolve_conj().resolve_neg().contiguous().reshape(-1))


def span_bytes(tensor: torch.Tensor) -> bytes:
    """Return what lies in memory from the first to the last entry of a plain tensor."""
    tensor = tensor.detach().resolve_conj().resolve_neg()
    sizes = zip(tensor.shape, tensor.stride(), strict=True)
    length = 1 + sum((n - 1) * stride for n, stride in sizes) if tensor.numel() else 0
    return _raw(tensor.as_strided((length,), (1,), tensor.storage_offset()))


def strides_of(tensor: torch.Tensor) -> tuple[int, ...]:
    """Return the strides that `span_bytes` is to be read with."""
    return tuple(tensor.detach().resolve_conj().resolve_neg().stride())


def _raw(flat: torch.Tensor) -> bytes:
    # Of a clone: once numpy has looked at it, the memory of a tensor cannot be resized.
    entries: bytes = flat.clone().view(torch.uint8).numpy().tobytes()
    return entries


def tensor_of(blob: memoryview, dtype: object, shape: object) -> torch.Tensor:
    """Return the tensor of `tensor_bytes`. Raises `BadFrame` when the three do not fit together."""
    kind = TENSOR_DTYPES.get(dtype) if isinstance(dtype, str) else None
    if kind is None:
        raise BadFrame("a tensor of no known dtype")
    sizes = checked_shape(shape)
    if prod(sizes) * kind.itemsize != len(blob):
        raise BadFrame("a tensor whose numbers are not as many as its shape says")
    return _flat(blob, kind).reshape(sizes)


def strided_tensor_of(blob: memoryview, dtype: str, shape: list[int], strides: list[int]) -> torch.Tensor:
    """Return the tensor of `span_bytes`; for frames of the judge alone, whose strides are what they say."""
    return _flat(blob, TENSOR_DTYPES[dtype]).as_strided(shape, strides)


def _flat(blob: memoryview, dtype: torch.dtype) -> torch.Tensor:
    if not len(blob):  # torch makes no tensor of nothing
        return torch.empty(0, dtype=dtype)
    # A clone, since memory that is shared with Python cannot be resized, and some code does that.
    return torch.frombuffer(bytearray(blob), dtype=dtype).clone()


def array_of(blob: memoryview, dtype: object, shape: object) -> np.ndarray[Any, Any]:
    """Return a numpy array of its own memory. Raises `BadFrame` when the three do not fit together."""
    kind = ARRAY_DTYPES.get(dtype) if isinstance(dtype, str) else None
    if kind is None:
        raise BadFrame("an array of no known dtype")
    sizes = checked_shape(shape)
    if prod(sizes) * kind.itemsize != len(blob):
        raise BadFrame("an array whose numbers are not as many as its shape says")
    return np.frombuffer(bytearray(blob), dtype=kind).reshape(sizes)


def checked_shape(shape: object) -> list[int]:
    """Return a shape of at most MOST_AXES sizes. Raises `BadFrame`."""
    if not isinstance(shape, list) or len(shape) > MOST_AXES:
        raise BadFrame("a shape that is none")
    if not all(type(size) is int and 0 <= size < LONGEST_AXIS for size in shape):
        raise BadFrame("a shape with an impossible size")
    return shape
