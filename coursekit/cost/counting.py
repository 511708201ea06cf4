"""Count what one call does: its work, its storage, and what it keeps for a backward pass.

All counts are numbers (elements), not bytes and not seconds, and two counts of the same call are equal.

A mode on torch's dispatcher sees every operation below autograd, so a product hidden in matrix-vector
steps, in a broadcast multiply and sum, or in a loop over elements is charged like the product itself.
`charges` states the rules.

Outside the count: work done in other threads; temporaries inside one fused operation; bytes read through
a storage object, or through an array made before the call; numpy or Python arithmetic on numbers that have
left torch, of which only the leaving is seen (`Cost.escapes`); and leavings inside a backward pass other
than `.item()`. A call that hides work there still meets the limits of time and memory of its process.
"""

import gc
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from torch import Tensor
from torch._ops import OpOverload
from torch.autograd.graph import saved_tensors_hooks
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from coursekit.boundary import beside_student_code
from coursekit.cost import charges

DOORS = frozenset({"numpy", "__array__", "tolist", "__dlpack__", "data_ptr", "apply_", "map_", "map2_"})
OUTER_PRODUCTS = frozenset({"outer", "ger"})


@dataclass(frozen=True)
class Cost:
    """What one call cost, in plain integers; every field counts numbers (elements)."""

    work: int  # multiply-adds of the products, plus the elements touched by everything else
    multiply_adds: int  # of the products alone
    peak: int  # most numbers alive at one time in storage allocated by the call; arguments are not included
    largest: int  # numbers in the largest single storage allocated by the call
    saved: int  # numbers kept for the backward pass, arguments and parameters included, each storage once
    escapes: int  # numbers handed out of torch, to Python or numpy, where work can not be counted


@beside_student_code("coursekit.cost.count")
def count(function: Callable[..., object], *args: Any, **kwargs: Any) -> Cost:
    """The cost of `function(*args, **kwargs)`, which is run once; its result is dropped.

    Storage made before the call (arguments, parameters, what the function closes over) is never in `peak`
    or `largest`. The garbage collector rests during the call, so that a cycle counts the same every time.

    Raises UncountedOperation where a fused, foreign or sparse operation hides its work, and whatever the
    call raises.
    """
    recorder = _Recorder()
    hooks = saved_tensors_hooks(recorder.keep_for_backward, _as_packed)
    with garbage_uncollected(), _Doorkeeper(recorder), hooks, recorder:
        function(*args, **kwargs)
    return recorder.cost()


class _Ledger:
    """Storages, each entered once and left when torch frees it; sizes in elements."""

    def __init__(self) -> None:
        self._alive: dict[int, _Entry] = {}
        self._now = 0
        self.peak = 0
        self.largest = 0
        self.total = 0

    def enter(self, tensor: Tensor) -> None:
        """Adds the storage of `tensor`, or what it has grown by since it was entered."""
        storage, address = tensor.untyped_storage(), _address(tensor)
        if address not in self._alive:
            gone = weakref.ref(storage, lambda _: self._leave(address))
            self._alive[address] = _Entry(gone, tensor.element_size())
        self._grow(self._alive[address], storage.nbytes())

    def __contains__(self, tensor: Tensor) -> bool:
        return _address(tensor) in self._alive

    def _grow(self, entry: "_Entry", bytes_now: int) -> None:
        elements = bytes_now // entry.bytes_per_element
        grown = elements - entry.elements
        entry.elements = elements
        self._now += grown
        self.total += max(grown, 0)
        self.peak = max(self.peak, self._now)
        self.largest = max(self.largest, elements)

    def _leave(self, address: int) -> None:
        self._now -= self._alive.pop(address).elements


@dataclass
class _Entry:
    # Held so that its callback runs when the storage goes.
    gone: "weakref.ref[Any]"
    # As first seen: a reinterpreting view changes neither the storage nor how many numbers it holds.
    bytes_per_element: int
    elements: int = 0


class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]  # torch leaves it unannotated
    """Charges every operation that reaches torch's dispatcher and follows the storages it allocates."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.work = 0
        self.multiply_adds = 0
        self.escapes = 0
        self.allocated = _Ledger()
        self.kept = _Ledger()

    def cost(self) -> Cost:
        return Cost(
            work=self.work,
            multiply_adds=self.multiply_adds,
            peak=self.allocated.peak,
            largest=self.allocated.largest,
            saved=self.kept.total,
            escapes=self.escapes,
        )

    def __torch_dispatch__(
        self, func: OpOverload, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        kwargs = kwargs or {}
        charges.refuse_a_hidden_kernel(func)
        if not charges.is_product(func):
            # Under inference mode an einsum or a matmul arrives whole; its parts are what can be charged.
            with self:
                parts: Any = func.decompose(*args, **kwargs)
            if parts is not NotImplemented:
                return parts
        result = func(*args, **kwargs)
        charges.refuse_what_is_not_dense(func, [args, kwargs, result])
        self._charge(func, args, kwargs, result)
        self._follow(func, [args, kwargs], result)
        return result

    def hand_out(self, numbers: int) -> None:
        """Notes numbers that leave torch; reading them out touches each once."""
        self.escapes += numbers
        self.work += numbers

    def keep_for_backward(self, tensor: Tensor) -> Tensor:
        self.kept.enter(tensor)
        # Returned as it is, a saved result would point back to the node that saves it and never be freed.
        return tensor.detach()

    def _charge(self, func: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any], result: Any) -> None:
        products = charges.multiply_adds(func, args, result)
        self.multiply_adds += products or 0
        self.work += charges.elements_touched(func, args, kwargs, result) if products is None else products
        # .item(), float() and a tensor as a condition all end here; the one element is charged above.
        self.escapes += charges.name_of(func) == "_local_scalar_dense"

    def _follow(self, func: OpOverload, operands: object, result: object) -> None:
        # What enters through lift_fresh was made from Python or numpy data just now, unseen by any mode.
        fresh = charges.name_of(func) == "lift_fresh"
        older = set() if fresh else {_address(tensor) for tensor in charges.tensors_in(operands)}
        for tensor in charges.tensors_in(result):
            if tensor in self.allocated or _address(tensor) not in older:
                self.allocated.enter(tensor)


class _Doorkeeper(TorchFunctionMode):
    """Notes calls that the dispatcher can not see or can not tell apart."""

    def __init__(self, recorder: _Recorder) -> None:
        super().__init__()
        self.recorder = recorder

    def __torch_function__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        name = getattr(func, "__name__", "")
        if name in DOORS:
            self.recorder.hand_out(args[0].numel())
        elif name in OUTER_PRODUCTS:
            # Below this, it is a broadcast multiplication: in the work already, but not among the products.
            self.recorder.multiply_adds += result.numel()
        return result


def _address(tensor: Tensor) -> int:
    """What tells storages that are alive apart; free to be used again when the storage is gone."""
    return int(tensor.untyped_storage()._cdata)


def _as_packed(tensor: Tensor) -> Tensor:
    return tensor


@contextmanager
def garbage_uncollected() -> Iterator[None]:
    """Let the garbage collector rest meanwhile."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
