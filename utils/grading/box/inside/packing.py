"""Writing values into frames: what is plain by exact type, and nothing else, crosses as data.

`ToBox` writes what a judge hands to a student's code: tensors keep their strides, and the same object twice
is the same object inside. `FromBox` writes what comes back: copies, and a reference for what is not plain.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Iterable
from decimal import Decimal
from fractions import Fraction
from typing import Any, ClassVar

import numpy as np
import torch

from coursekit.blanks import ____
from coursekit.cost import Cost
from utils.grading.box.inside import arrays
from utils.grading.box.inside.wire import TooLarge

LONGEST_NUMBER = 400  # digits; as many as the largest float has, and a few
LARGEST_BITS = math.ceil(LONGEST_NUMBER * math.log2(10))
DEEPEST = 64  # containers inside each other
MOST_ELEMENTS = 50_000  # values in one frame, arrays counting as one
MOST_KEYS = 1_000  # keys of dicts and members of sets that are not text; they can be made to collide
MOST_REFERENCES = 1_000  # objects in one frame that are not plain
LONGEST_RANGE = 1_000_000  # numbers; a range is small on the wire and large when it is walked
SHORT_TEXT = 1_000  # characters that stand in the header; longer text becomes a blob
LARGEST_EXPONENT = LONGEST_NUMBER  # of a Decimal, which Python would write out
COST_FIELDS = tuple(Cost.__dataclass_fields__)

Written = Any  # what JSON can say


class Packer:
    """Writes one frame. Subclasses say what becomes of a value that is not plain."""

    writers: ClassVar[dict[type, Callable[[Any, Any], Written]]] = {}

    def __init__(self) -> None:
        self.blobs: list[bytes] = []
        self.mutables: list[Any] = []  # lists, dicts, sets, arrays, in the order in which they were met
        self._elements = self._keys = self._depth = 0

    def write(self, value: Any) -> Written:
        """Return a value as JSON can say it."""
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise TooLarge(f"holds more than {MOST_ELEMENTS:,} values")
        writer = self.writers.get(type(value))
        return self.other(value) if writer is None else writer(self, value)

    def other(self, value: Any) -> Written:
        """Return what stands for a value that is not plain, or raise."""
        raise NotImplementedError

    def met(self, value: Any) -> Written | None:
        """Note a mutable value; return what stands for it when it was met before."""
        self.mutables.append(value)
        return None

    def blob(self, data: bytes) -> int:
        """Keep bytes for the end of the frame and return their number."""
        self.blobs.append(data)
        return len(self.blobs) - 1

    def items(self, tag: str, values: Iterable[Any]) -> Written:
        """Return a tag and values, one level deeper."""
        self._depth += 1
        if self._depth > DEEPEST:
            raise TooLarge(f"is nested deeper than {DEEPEST} levels")
        written = [tag, *map(self.write, values)]
        self._depth -= 1
        return written

    def keys(self, values: Iterable[Any]) -> None:
        """Count keys that are not text. Raises `TooLarge`."""
        self._keys += sum(type(value) is not str for value in values)
        if self._keys > MOST_KEYS:
            raise TooLarge(f"has more than {MOST_KEYS:,} keys that are not text")

    def tensor(self, value: torch.Tensor) -> Written:
        """Return a tensor: blob, dtype, shape, strides or None, requires_grad, and its gradient."""
        if not arrays.plain_tensor(value):
            return self.other(value)
        return self.met(value) or [
            "T",
            self.blob(arrays.tensor_bytes(value)),
            arrays.NAMES[value.dtype],
            list(value.shape),
            None,
            value.requires_grad,
            gradient_of(self, value),
        ]


def gradient_of(packer: Packer, value: torch.Tensor) -> Written:
    """Return what a backward pass left at a tensor, or None."""
    found = value.grad if value.is_leaf else None
    return None if found is None else packer.write(found)


def _itself(packer: Packer, value: Any) -> Written:
    return value


def _int(packer: Packer, value: int) -> Written:
    if value.bit_length() > LARGEST_BITS:
        raise TooLarge(f"is, or holds, a number of more than {LONGEST_NUMBER} digits")
    return value


def _float(packer: Packer, value: float) -> Written:
    return value if math.isfinite(value) else ["f", str(value)]


def _str(packer: Packer, value: str) -> Written:
    if len(value) <= SHORT_TEXT and value.isascii():
        return str(value)
    return ["s", packer.blob(value.encode("utf-8", "replace"))]  # half of a surrogate pair becomes ?


def _list(packer: Packer, value: list[Any]) -> Written:
    return packer.met(value) or packer.items("l", value)


def _dict(tag: str) -> Callable[[Packer, dict[Any, Any]], Written]:
    def write(packer: Packer, value: dict[Any, Any]) -> Written:
        packer.keys(value)
        return packer.met(value) or packer.items(tag, [part for pair in value.items() for part in pair])

    return write


def _set(packer: Packer, value: set[Any]) -> Written:
    packer.keys(value)
    return packer.met(value) or packer.items("S", value)


def _frozenset(packer: Packer, value: frozenset[Any]) -> Written:
    packer.keys(value)
    return packer.items("F", value)


def _range(packer: Packer, value: range) -> Written:
    if len(value) > LONGEST_RANGE:
        raise TooLarge(f"is, or holds, a range of more than {LONGEST_RANGE:,} numbers")
    return packer.items("r", [value.start, value.stop, value.step])


def _decimal(packer: Packer, value: Decimal) -> Written:
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and max(abs(exponent), len(value.as_tuple().digits)) > LARGEST_EXPONENT:
        raise TooLarge(f"is, or holds, a decimal number of more than {LARGEST_EXPONENT} digits")
    return ["D", str(value)]


def _array(packer: Packer, value: np.ndarray[Any, Any]) -> Written:
    if not arrays.plain_array(value):
        return packer.other(value)
    return packer.met(value) or ["N", packer.blob(value.tobytes()), value.dtype.str, list(value.shape)]


def _scalar(packer: Packer, value: Any) -> Written:
    return ["n", packer.blob(value.tobytes()), value.dtype.str]


def _device(packer: Packer, value: torch.device) -> Written:
    return ["dv"] if value == torch.device("cpu") else packer.other(value)


def _dtype(packer: Packer, value: torch.dtype) -> Written:
    return ["dt", arrays.NAMES[value]] if value in arrays.NAMES else packer.other(value)


Packer.writers = {
    type(None): _itself,
    bool: _itself,
    int: _int,
    float: _float,
    complex: lambda packer, value: packer.items("c", [value.real, value.imag]),
    str: _str,
    np.str_: _str,
    bytes: lambda packer, value: ["b", packer.blob(value)],
    list: _list,
    tuple: lambda packer, value: packer.items("t", value),
    dict: _dict("d"),
    OrderedDict: _dict("O"),
    set: _set,
    frozenset: _frozenset,
    range: _range,
    slice: lambda packer, value: packer.items("sl", [value.start, value.stop, value.step]),
    type(...): lambda packer, value: ["..."],
    Fraction: lambda packer, value: packer.items("q", [value.numerator, value.denominator]),
    Decimal: _decimal,
    torch.Tensor: lambda packer, value: packer.tensor(value),
    torch.nn.Parameter: lambda packer, value: packer.tensor(value),
    torch.Size: lambda packer, value: packer.items("z", list(value)),
    torch.dtype: _dtype,
    torch.device: _device,
    np.ndarray: _array,
    **dict.fromkeys(arrays.ARRAY_SCALARS, _scalar),
    type(____): lambda packer, value: ["_"],
    Cost: lambda packer, value: packer.items("C", [getattr(value, field) for field in COST_FIELDS]),
}
PLAIN_NAMES = frozenset(kind.__name__ for kind in Packer.writers)
