"""Reading values from frames.

`FromJudge` reads, inside a box, what the judge hands in; `FromStudent` reads, outside, what came out of a box
and believes none of it: tags, counts, depths and sizes are checked, and whatever is wrong raises `BadFrame`.
"""

from __future__ import annotations

import importlib
import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import partial
from typing import Any, ClassVar

import numpy as np
import torch

from coursekit.blanks import ____
from coursekit.cost import Cost
from utils.grading.box.inside import arrays
from utils.grading.box.inside.outgoing import checked_type_name, found, is_known
from utils.grading.box.inside.packing import (
    DEEPEST,
    LARGEST_BITS,
    LARGEST_EXPONENT,
    LONGEST_RANGE,
    MOST_ELEMENTS,
    MOST_KEYS,
    MOST_REFERENCES,
)
from utils.grading.box.inside.wire import BadFrame

NOT_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
LONGEST_DECIMAL = 2 * LARGEST_EXPONENT  # characters
COST_FIELDS = len(Cost.__dataclass_fields__)

Reader = Callable[[Any, list[Any]], Any]
Refer = Callable[[int, str, bool], Any]


class Unpacker:
    """Reads one frame; `mutables` are its lists, dicts, sets and arrays in the order of the writer."""

    readers: ClassVar[dict[str, Reader]] = {}

    def __init__(self, blobs: Sequence[memoryview]) -> None:
        self.blobs = blobs
        self.mutables: list[Any] = []
        self._elements = self._keys = self._depth = 0

    def read(self, written: Any) -> Any:
        """Return the value that was written. Raises `BadFrame`."""
        self._elements += 1
        if self._elements > MOST_ELEMENTS:
            raise BadFrame(f"more than {MOST_ELEMENTS:,} values")
        if type(written) is not list:
            return _plain(written)
        tag = written[0] if written else None
        reader = self.readers.get(tag) if isinstance(tag, str) else None
        if reader is None:
            raise BadFrame("a value of no known kind")
        self._depth += 1
        if self._depth > DEEPEST:
            raise BadFrame(f"values nested deeper than {DEEPEST} levels")
        value = reader(self, written[1:])
        self._depth -= 1
        return value

    def items(self, written: list[Any]) -> list[Any]:
        """Return every value of a list."""
        return [self.read(one) for one in written]

    def blob(self, number: object) -> memoryview:
        """Return a blob by its number. Raises `BadFrame`."""
        if type(number) is not int or not 0 <= number < len(self.blobs):
            raise BadFrame("a blob that is not there")
        return self.blobs[number]

    def whole(self, value: object, least: int = 0) -> int:
        """Return a whole number. Raises `BadFrame`."""
        if type(value) is not int or value < least:
            raise BadFrame("no whole number where one belongs")
        return value

    def keys(self, values: Sequence[Any]) -> None:
        """Count keys that are not text: a sender can make these collide. Raises `BadFrame`."""
        self._keys += sum(type(value) is not str for value in values)
        if self._keys > MOST_KEYS:
            raise BadFrame(f"more than {MOST_KEYS:,} keys that are not text")

    def fill_dict(self, made: dict[Any, Any], written: list[Any]) -> dict[Any, Any]:
        """Fill a dict from keys and values in turn."""
        self.mutables.append(made)
        values = self.items(written)
        if len(values) % 2:
            raise BadFrame("a dict with half an entry")
        self.keys(values[::2])
        _hashed(lambda: made.update(zip(values[::2], values[1::2], strict=True)))
        return made

    def members(self, written: list[Any]) -> set[Any]:
        """Return the members of a set."""
        values = self.items(written)
        self.keys(values)
        made: set[Any] = set()
        _hashed(lambda: made.update(values))
        return made

    def fill_list(self, written: list[Any]) -> list[Any]:
        """Return a list."""
        made: list[Any] = []
        self.mutables.append(made)
        made.extend(self.items(written))
        return made


def _hashed(fill: Callable[[], object]) -> None:
    try:
        fill()
    except TypeError:
        raise BadFrame("a key that cannot be one") from None


def _plain(written: Any) -> Any:
    if isinstance(written, dict):
        raise BadFrame("a value of no known kind")
    if isinstance(written, str) and not written.isascii():
        raise BadFrame("text where a blob belongs")
    if type(written) is int and written.bit_length() > LARGEST_BITS:
        raise BadFrame("a number with too many digits")
    if isinstance(written, float) and not math.isfinite(written):
        raise BadFrame("a number that is too large")
    return written


def fields(written: list[Any], count: int) -> list[Any]:
    """Return the parts of a value. Raises `BadFrame` when there are not `count`."""
    if len(written) != count:
        raise BadFrame("a value with too many or too few parts")
    return written


def _set(reader: Unpacker, written: list[Any]) -> set[Any]:
    made = reader.members(written)
    reader.mutables.append(made)
    return made


def _not_finite(reader: Unpacker, written: list[Any]) -> float:
    (name,) = fields(written, 1)
    if not isinstance(name, str) or name not in NOT_FINITE:
        raise BadFrame("a float that is none")
    return NOT_FINITE[name]


def _complex(reader: Unpacker, written: list[Any]) -> complex:
    real, imag = reader.items(fields(written, 2))
    if not (type(real) is type(imag) is float):
        raise BadFrame("a complex number that is none")
    return complex(real, imag)


def _text(reader: Unpacker, written: list[Any]) -> str:
    (number,) = fields(written, 1)
    try:
        return str(bytes(reader.blob(number)), "utf-8")
    except UnicodeDecodeError:
        raise BadFrame("text that is not UTF-8") from None


def _whole_numbers(reader: Unpacker, written: list[Any], count: int) -> list[int]:
    values = reader.items(fields(written, count))
    if not all(type(value) is int for value in values):
        raise BadFrame("no whole numbers where they belong")
    return values


def _range(reader: Unpacker, written: list[Any]) -> range:
    start, stop, step = _whole_numbers(reader, written, 3)
    if step == 0:
        raise BadFrame("a range that stands still")
    if (stop - start) // step > LONGEST_RANGE:
        raise BadFrame(f"a range of more than {LONGEST_RANGE:,} numbers")
    return range(start, stop, step)


def _slice(reader: Unpacker, written: list[Any]) -> slice:
    return slice(*reader.items(fields(written, 3)))


def _fraction(reader: Unpacker, written: list[Any]) -> Fraction:
    numerator, denominator = _whole_numbers(reader, written, 2)
    if denominator == 0:
        raise BadFrame("a fraction over zero")
    return Fraction(numerator, denominator)


def _decimal(reader: Unpacker, written: list[Any]) -> Decimal:
    (text,) = fields(written, 1)
    if not isinstance(text, str) or len(text) > LONGEST_DECIMAL or not text.isascii():
        raise BadFrame("a decimal number that is none")
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise BadFrame("a decimal number that is none") from None
    exponent = value.as_tuple().exponent
    if isinstance(exponent, int) and abs(exponent) > LARGEST_EXPONENT:
        raise BadFrame("a decimal number that is too long")
    return value


def _size(reader: Unpacker, written: list[Any]) -> torch.Size:
    return torch.Size(arrays.checked_shape(written))


def _dtype(reader: Unpacker, written: list[Any]) -> torch.dtype:
    (name,) = fields(written, 1)
    if not isinstance(name, str) or name not in arrays.TENSOR_DTYPES:
        raise BadFrame("a dtype that is none")
    return arrays.TENSOR_DTYPES[name]


def _array(reader: Unpacker, written: list[Any]) -> np.ndarray[Any, Any]:
    number, dtype, shape = fields(written, 3)
    made = arrays.array_of(reader.blob(number), dtype, shape)
    reader.mutables.append(made)
    return made


def _scalar(reader: Unpacker, written: list[Any]) -> Any:
    number, dtype = fields(written, 2)
    return arrays.array_of(reader.blob(number), dtype, [])[()]


def _cost(reader: Unpacker, written: list[Any]) -> Cost:
    return Cost(*_whole_numbers(reader, written, COST_FIELDS))


def _tensor(reader: Unpacker, written: list[Any]) -> torch.Tensor:
    number, dtype, shape, strides, requires_grad, gradient = fields(written, 6)
    if strides is not None or type(requires_grad) is not bool:
        raise BadFrame("a tensor with strides")
    made = arrays.tensor_of(reader.blob(number), dtype, shape)
    reader.mutables.append(made)
    return _with_gradient(made, requires_grad, reader.read(gradient))


def _with_gradient(made: torch.Tensor, requires_grad: bool, gradient: Any) -> torch.Tensor:
    try:
        made.requires_grad_(requires_grad)
        made.grad = gradient
    except (RuntimeError, TypeError):
        raise BadFrame("a tensor with an impossible gradient") from None
    return made


Unpacker.readers = {
    "f": _not_finite,
    "c": _complex,
    "s": _text,
    "b": lambda reader, written: bytes(reader.blob(*fields(written, 1))),
    "l": lambda reader, written: reader.fill_list(written),
    "t": lambda reader, written: tuple(reader.items(written)),
    "d": lambda reader, written: reader.fill_dict({}, written),
    "O": lambda reader, written: reader.fill_dict(OrderedDict(), written),
    "S": _set,
    "F": lambda reader, written: frozenset(reader.members(written)),
    "r": _range,
    "sl": _slice,
    "...": lambda reader, written: fields([..., *written], 1)[0],
    "q": _fraction,
    "D": _decimal,
    "z": _size,
    "dt": _dtype,
    "dv": lambda reader, written: fields([torch.device("cpu"), *written], 1)[0],
    "N": _array,
    "n": _scalar,
    "_": lambda reader, written: fields([____, *written], 1)[0],
    "C": _cost,
    "T": _tensor,
}


class FromStudent(Unpacker):
    """Reads what came out of a box. `refer(handle, type_name, callable)` makes what stands for an object.

    `arguments` are those of the call that the frame answers; a changed list may hold another of them.
    """

    def __init__(
        self, blobs: Sequence[memoryview], refer: Refer | None = None, arguments: Sequence[Any] = ()
    ) -> None:
        super().__init__(blobs)
        self._refer, self._arguments = refer, arguments
        self._references = 0

    def reference(self, written: list[Any]) -> Any:
        """Return what stands for an object of the student's."""
        handle, name, can_be_called = fields(written, 3)
        self._references += 1
        if self._refer is None or self._references > MOST_REFERENCES:
            raise BadFrame("an object where data belongs")
        return self._refer(self.whole(handle), checked_type_name(name), can_be_called is True)

    def argument(self, written: list[Any]) -> Any:
        """Return one of the arguments itself."""
        number = self.whole(*fields(written, 1))
        if number >= len(self._arguments):
            raise BadFrame("an argument that was not there")
        return self._arguments[number]


FromStudent.readers = {
    **Unpacker.readers,
    "ref": lambda reader, written: reader.reference(written),
    "a": lambda reader, written: reader.argument(written),
}


class FromJudge(Unpacker):
    """Reads what the judge hands in, inside the box. `objects` are the student's own, by handle."""

    def __init__(self, blobs: Sequence[memoryview], objects: dict[int, Any]) -> None:
        super().__init__(blobs)
        self._objects = objects

    def tensor(self, written: list[Any]) -> torch.Tensor:
        """Return a tensor with the strides it has outside."""
        number, dtype, shape, strides, requires_grad, gradient = fields(written, 6)
        made = arrays.strided_tensor_of(self.blob(number), dtype, shape, strides)
        self.mutables.append(made)
        return _with_gradient(made, requires_grad, self.read(gradient))

    def known(self, written: list[Any]) -> Any:
        """Return a function or class of coursekit or torch by its name."""
        (name,) = fields(written, 1)
        if not is_known(name):
            raise BadFrame("a name of neither coursekit nor torch")
        return found(name) or _imported(name)

    def handle(self, written: list[Any]) -> Any:
        """Return the student's own object."""
        return self._objects[self.whole(*fields(written, 1))]


def _imported(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    return getattr(importlib.import_module(module), attribute)


def _partial(reader: Unpacker, written: list[Any]) -> Any:
    function, args, keywords = reader.items(fields(written, 3))
    return partial(function, *args, **keywords)


FromJudge.readers = {
    **Unpacker.readers,
    "T": lambda reader, written: reader.tensor(written),
    "fn": lambda reader, written: reader.known(written),
    "h": lambda reader, written: reader.handle(written),
    "p": _partial,
    "=": lambda reader, written: reader.mutables[reader.whole(*fields(written, 1))],
}
