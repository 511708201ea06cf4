"""The axis alphabet of this course, and the decorator that enforces it.

b  batch                n  query positions, or sequence length    e  model width
h  query heads          m  memory (key) positions                 f  feature-map width
d  channels per head    l  positions cached                       r  rank
g  key heads (groups)   s  query heads that share a key head      v  channels per value

A lesson that quotes a source with other letters declares them in a table of its own: the decoding
lesson follows its paper (`d` the model width, `n` cached positions, `k` and `v` channels per head), the
lessons on kernels follow theirs (`N` positions, `D` channels, `M` channels of a value).

Shapes are checked where a function is entered and left: annotate with `Float[Tensor, "b h d"]` and
decorate with `shape_checked`. A wrong width then names the parameter, its shape and the axes so far.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from beartype import beartype
from jaxtyping import jaxtyped

T = TypeVar("T", bound=Callable[..., object])


def shape_checked(function: T) -> T:
    """Return the function with its annotated shapes checked at every call (tens of microseconds)."""
    checked: T = jaxtyped(typechecker=beartype)(function)
    return checked
