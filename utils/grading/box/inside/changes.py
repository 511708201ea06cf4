"""What a call did to its arguments: noticed inside a box, done again to the judge's own objects outside."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch

from utils.grading.box.inside import arrays
from utils.grading.box.inside.wire import BadFrame


class Snapshot:
    """The state of mutable arguments before a call."""

    def __init__(self, arguments: Sequence[Any]) -> None:
        self._arguments = arguments
        # Held, so that no new object gets the identity of one that is gone.
        self._held = [list(_parts(value)) for value in arguments]
        self._before = [_state(value) for value in arguments]

    def changed(self) -> dict[int, Any]:
        """Return the arguments that are no longer what they were, by their numbers."""
        now = enumerate(zip(self._arguments, self._before, strict=True))
        return {number: value for number, (value, before) in now if _state(value) != before}


def _parts(value: Any) -> Sequence[Any]:
    if isinstance(value, dict):
        return [part for pair in value.items() for part in pair]
    return list(value) if isinstance(value, list | set) else []


def _state(value: Any) -> object:
    """Return what can be compared without asking an object of the student's whether it is equal."""
    if isinstance(value, torch.Tensor):
        return _state_of_tensor(value)
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    identities = list(map(id, _parts(value)))
    return sorted(identities) if isinstance(value, set) else identities


def _state_of_tensor(value: torch.Tensor) -> object:
    if not arrays.plain_tensor(value):
        return str(value.layout), str(value.dtype)
    place = value.dtype, tuple(value.shape), arrays.strides_of(value), value.requires_grad
    gradient = value.grad if value.is_leaf else None
    return place, arrays.span_bytes(value), None if gradient is None else _state_of_tensor(gradient)


def apply(argument: Any, content: Any) -> None:
    """Give an argument its new content, in place. Raises `BadFrame` when it is of another type."""
    if isinstance(argument, torch.Tensor) and type(content) is torch.Tensor:
        _apply_to_tensor(argument, content)
    elif type(argument) is not type(content):
        raise BadFrame("an argument that has become something else")
    elif isinstance(argument, np.ndarray):
        _apply_to_array(argument, content)
    elif isinstance(argument, list):
        argument[:] = content
    else:
        argument.clear()
        argument.update(content)


def _apply_to_tensor(argument: torch.Tensor, content: torch.Tensor) -> None:
    try:
        if argument.shape == content.shape and argument.dtype == content.dtype:
            argument.data.copy_(content.data)
        else:
            argument.data = content.data
        if argument.requires_grad != content.requires_grad:
            argument.requires_grad_(content.requires_grad)
        if argument.is_leaf:
            argument.grad = content.grad
    except RuntimeError:
        raise BadFrame("a change that cannot be made to a tensor") from None


def _apply_to_array(argument: np.ndarray[Any, Any], content: np.ndarray[Any, Any]) -> None:
    if argument.shape != content.shape or argument.dtype != content.dtype or not argument.flags.writeable:
        raise BadFrame("a change that cannot be made to an array")
    argument[...] = content
