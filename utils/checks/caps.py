"""Caps on the cost of a student's function, beside the counter that grades it.

The counter runs in the process of the student's code. So the same function also runs once at a large size,
where the wrong order, in whatever blocks, needs ten times the cap, right code about the cap or less, and the
result has to be right.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Generator, Tensor

from coursekit.compare import WrongAnswer, first_difference
from coursekit.cost import CapExceeded, capped, windows
from utils.checks import draws
from utils.checks.check import Property, copied, one_line

DEPENDS_ON_SIZE = "Does anything in your code depend on how many positions there are?"


@dataclass(frozen=True, kw_only=True)
class Cap:
    """One call at a large size.

    `inputs` draws the arguments; with `window`, every vector among them stands for a tensor of that shape,
    which `on_windows` makes, and `reads` is the width of a result that it reads with a drawn vector.
    `expected` takes the same arguments, with `sample` only that many entries of the first one: the others of
    the result are not compared, and nobody knows beforehand which. A cap on processor time has a `yardstick`:
    what it needs when a call has passed the cap tells how slow the machine is at such work.
    """

    sizes: str  # of the call, in words for the message
    inputs: Callable[[Generator], tuple[Any, ...]]
    expected: Callable[..., Tensor]
    hint: str  # what to say to the wrong order
    cpu_seconds: float | None = None
    bytes: int | None = None
    window: Sequence[int] | None = None
    reads: int | None = None
    sample: int | None = None
    yardstick: Callable[..., Any] | None = None  # the slowest right code known; it takes the same arguments

    def test(self, function: Any, part: str) -> None:
        """Raise WrongAnswer unless the call stays within its caps and returns the right numbers.

        A call that has passed them by less than the wrong order would is made once more, with other inputs:
        memory that a machine hands out for the first time can make right code six times as slow.
        """
        try:
            self._test(function, f"{part}, {self.sizes}")
        except _InDoubt:
            self._test(function, f"{part}, {self.sizes}, again", last=True)

    def _test(self, function: Any, draw: str, *, last: bool = False) -> None:
        source = draws.generator(draw)
        args = self.inputs(source)
        read = None if self.reads is None else torch.randn(self.reads, generator=source, dtype=torch.float64)
        caps: dict[str, Any] = {"cpu_seconds": self.cpu_seconds, "bytes": self.bytes}
        try:
            own: dict[str, Any] = {"window": self.window, "read": _own(read), "yardstick": self.yardstick}
            spent = capped(function, copied(args), **own, **caps)
        except CapExceeded as error:
            if error.in_doubt and not last:
                raise _InDoubt from None
            what = "The results are right, but for many positions the code needs too much."
            raise WrongAnswer(what, called=self.sizes, first=str(error), hint=self.hint) from None
        except (Exception, SystemExit) as error:  # the student's code may raise anything
            what = "The code fails on many positions."
            first = f"raised {one_line(error)}"
            raise WrongAnswer(what, called=self.sizes, first=first, hint=self.hint) from None
        if difference := self._difference(spent.result, args, read, source):
            what = "The result for a few positions is right, for many it is not."
            raise WrongAnswer(what, called=self.sizes, first=difference, hint=DEPENDS_ON_SIZE)

    def _difference(
        self, result: Any, args: tuple[Any, ...], read: Tensor | None, source: Generator
    ) -> str | None:
        first, *others = (self._whole(arg) for arg in args)
        chosen = torch.randperm(len(first), generator=source)[: self.sample]
        expected = self.expected(first if self.sample is None else first[chosen], *others)
        expected = expected if read is None else expected @ read
        if self.sample is None:
            return first_difference(result, expected)
        if not isinstance(result, Tensor) or result.shape[:1] != first.shape[:1]:
            return first_difference(result, expected.new_zeros(len(first), *expected.shape[1:]))
        return first_difference(result[chosen], expected)

    def _whole(self, arg: Any) -> Any:
        vector = isinstance(arg, Tensor) and arg.dim() == 1
        return windows(arg, self.window) if self.window is not None and vector else arg


class _InDoubt(Exception):
    """A call has passed a cap, perhaps because the machine was slow just then."""


@dataclass(frozen=True)
class Capped(Property):
    """The property that every capped call stays within its caps."""

    caps: tuple[Cap, ...] = ()


def _own(read: Tensor | None) -> Tensor | None:
    """Return a copy to hand out: what the result is compared with is worked out afterwards."""
    return None if read is None else read.clone()


def within_caps(part: str, *caps: Cap) -> Capped:
    """Return the property that the function of a part stays within the caps."""

    def test(function: Any) -> None:
        for cap in caps:
            cap.test(function, part)

    return Capped("stays within its caps", test, caps)
