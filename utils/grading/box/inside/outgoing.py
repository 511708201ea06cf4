"""What leaves for a box and what comes out of it: the two kinds of frames, and who may write which.

To a box go plain data, functions of coursekit and torch by name, and the student's own objects by handle.
From a box come copies of plain data, and references to what is not plain.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Callable
from functools import partial
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, ClassVar

import torch

from utils.grading.box.inside import arrays
from utils.grading.box.inside.packing import MOST_REFERENCES, PLAIN_NAMES, Packer, Written, gradient_of
from utils.grading.box.inside.wire import TooLarge

LONGEST_NAME = 40  # characters of a type's name
KNOWN_PACKAGES = ("coursekit", "torch")
LOOKALIKE = "_lookalike"  # behind the name of a class that is called like a plain type and is none


class NotPlainData(TypeError):
    """What was asked for cannot cross the wall; the message is for the author of the test."""


class ToBox(Packer):
    """Writes what a judge hands in. `handle_of(value)` is the number of a student's object, or None."""

    def __init__(self, handle_of: Callable[[object], int | None] = lambda value: None) -> None:
        super().__init__()
        self._handle_of = handle_of
        self._numbers: dict[int, int] = {}

    def met(self, value: Any) -> Written | None:
        """Return the number of a mutable value that was met before: inside, the two must be one object."""
        if (number := self._numbers.get(id(value))) is not None:
            return ["=", number]
        self._numbers[id(value)] = len(self.mutables)
        return super().met(value)

    def tensor(self, value: torch.Tensor) -> Written:
        """Return a tensor with its strides: code for contiguous tensors only must fail there, too."""
        if not arrays.plain_tensor(value):
            return self.other(value)
        return self.met(value) or [
            "T",
            self.blob(arrays.span_bytes(value)),
            arrays.NAMES[value.dtype],
            list(value.shape),
            list(arrays.strides_of(value)),
            value.requires_grad,
            gradient_of(self, value),
        ]

    def other(self, value: Any) -> Written:
        """Return a handle, a qualified name, or a partial of these. Raises `NotPlainData`."""
        handle = self._handle_of(value)
        if handle is not None:
            return ["h", handle]
        if type(value) is partial:
            return self.items("p", [value.func, value.args, dict(value.keywords)])
        if name := qualified_name(value):
            return ["fn", name]
        raise NotPlainData(
            f"{_described(value)} cannot be handed to a student's code, which runs in another process. "
            "Plain data, functions of coursekit and torch, and partials of these can: put it into "
            "coursekit.visible."
        )


def _described(value: object) -> str:
    name = getattr(value, "__qualname__", "") if isinstance(value, FunctionType | type) else ""
    return f"{type(value).__name__} {name}".strip()


def qualified_name(value: object) -> str:
    """Return the name under which a function or class of coursekit or torch is imported, or ""."""
    if not isinstance(value, FunctionType | BuiltinFunctionType | type):
        return ""
    module = getattr(value, "__module__", None) or "torch"  # torch.exp and its like name no module
    names = [f"{module}.{value.__qualname__}"]
    names += [f"{place}.{value.__name__}" for place in ("torch", "torch.nn.functional")]
    return next((name for name in names if is_known(name) and found(name) is value), "")


def is_known(name: str) -> bool:
    """Return whether a qualified name lies in one of the packages that both sides have."""
    return name.split(".")[0] in KNOWN_PACKAGES


def found(name: str) -> object:
    """Return what a qualified name stands for, of modules that are loaded; None if there is no such thing."""
    package, *parts = name.split(".")
    value: Any = sys.modules.get(package)
    for part in parts:
        path = f"{value.__name__}.{part}" if isinstance(value, ModuleType) else ""
        value = getattr(value, part, None) if hasattr(value, part) else sys.modules.get(path)
    return value


class FromBox(Packer):
    """Writes what a student's code gave. `keep(value)` returns the handle under which an object is kept.

    Tuples with named entries, such as `x.max(dim=0)` gives, leave as tuples, and the dicts of `collections`
    as dicts: right code returns them where a test asks for a tuple or a dict.
    """

    writers: ClassVar[dict[type, Callable[[Any, Any], Written]]] = {
        **Packer.writers,
        **dict.fromkeys((defaultdict, Counter), Packer.writers[dict]),
    }

    def __init__(self, keep: Callable[[object], int]) -> None:
        super().__init__()
        self._keep = keep
        self._arguments: dict[int, int] = {}
        self._references = 0

    def other(self, value: Any) -> Written:
        """Return a reference: handle, name of the type, and whether it can be called. Raises `TooLarge`."""
        if _has_named_entries(type(value)):
            return self.items("t", tuple.__iter__(value))
        self._references += 1
        if self._references > MOST_REFERENCES:
            raise TooLarge(f"holds more than {MOST_REFERENCES:,} objects that are not plain data")
        return ["ref", self._keep(value), type_name(value), callable(value)]

    def met(self, value: Any) -> Written | None:
        """Return the number of an argument of the call, which the judge has."""
        number = self._arguments.get(id(value))
        return None if number is None else ["a", number]

    def changes(self, changed: dict[int, Any], arguments: list[Any]) -> Written:
        """Return the new contents of changed arguments by number; inside them, arguments stay themselves."""
        self._arguments = {id(value): number for number, value in enumerate(arguments)}
        written = [[number, self._content(value)] for number, value in changed.items()]
        self._arguments = {}
        return written

    def _content(self, value: Any) -> Written:
        number = self._arguments.pop(id(value))
        try:
            return self.write(value)
        finally:
            self._arguments[id(value)] = number


def _has_named_entries(kind: type) -> bool:
    """Return whether a class is a tuple whose entries have names, as Python or torch makes it."""
    return kind.__bases__ == (tuple,) and ("_fields" in vars(kind) or kind.__module__ == "torch.return_types")


def type_name(value: object) -> str:
    """Return the name of a value's type as a judge may repeat it, never that of a plain type."""
    try:
        name = str(type(value).__name__)
        if isinstance(value, torch.Tensor) and type(value) in (torch.Tensor, torch.nn.Parameter):
            name = f"{value.layout}_{value.dtype}_Tensor".replace("torch.", "")
    except Exception:  # the class is the student's, and so are its metaclass and its name
        return "object"
    return checked_type_name(name)


def checked_type_name(name: object) -> str:
    """Return a type's name if it is an identifier of at most LONGEST_NAME characters, else `object`."""
    if not (isinstance(name, str) and name.isascii() and name.isidentifier() and len(name) <= LONGEST_NAME):
        return "object"
    return name + LOOKALIKE if name in PLAIN_NAMES else name
