"""What a judge holds in place of an object that lives in a student's box.

It can be called with plain data, and asked for attributes and items. It is never evaluated: an object that
answers whatever it is asked could otherwise answer that it is right.
"""

from __future__ import annotations

import functools
import weakref
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

import coursekit.boundary
from utils.grading.box.inside.outgoing import NotPlainData

if TYPE_CHECKING:
    from utils.grading.split.session import Session

__all__ = ["CallableStandIn", "NotPlainData", "StandIn", "StandIns", "handle_in"]

MOST_NAMES = 1_000  # of types in one session; a box could send a new one with every reply
BY_A_FUNCTION_OF_THE_TEST = (
    "{} was given a function of the test that calls the student's. What it would see is on the other side "
    "of the wall: give it the student's function itself, or a partial of it."
)


def _refusing(what: str) -> Callable[..., NoReturn]:
    def refuse(self: StandIn, *_: object, **__: object) -> NoReturn:
        raise NotPlainData(
            f"{what} of a {type(self).__name__} that lives with the student's code. Call it, or take its "
            "attributes or items, until plain data comes back; first_difference compares it as it is."
        )

    return refuse


class StandIn:
    """One object of the student's; its type has the name that the student's type has."""

    __slots__ = ("__weakref__", "_handle", "_session")
    lives_with_student_code = True

    _handle: int
    _session: Session

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):  # Python and its tools ask any object for these
            raise AttributeError(name)
        return self._session.attribute(self, name)

    def __getitem__(self, key: Any) -> Any:
        return self._session.item(self, key)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of the student's code>"

    __str__ = __repr__
    __hash__ = object.__hash__

    def __format__(self, specification: str) -> str:
        return repr(self)

    __setattr__ = __delattr__ = __setitem__ = __delitem__ = _refusing("No change")
    __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _refusing("No comparison")
    __bool__ = _refusing("No truth value")
    __iter__ = __reversed__ = __contains__ = __len__ = __length_hint__ = _refusing(
        "No iteration and no length"
    )
    __float__ = __int__ = __index__ = __complex__ = __round__ = __bytes__ = _refusing("No number")
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __matmul__ = __rmatmul__ = __truediv__ = (
        __rtruediv__
    ) = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __pow__ = __rpow__ = __and__ = __rand__ = (
        __or__
    ) = __ror__ = __xor__ = __rxor__ = __neg__ = __pos__ = __abs__ = __invert__ = _refusing("No arithmetic")
    __enter__ = __exit__ = __await__ = __array__ = __array_ufunc__ = __array_function__ = _refusing(
        "No such use"
    )

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        _refusing("No copy")(self)

    @classmethod
    def __torch_function__(cls, *_: object, **__: object) -> NoReturn:
        raise NotPlainData(f"No function of torch takes a {cls.__name__} that lives with the student's code.")


class CallableStandIn(StandIn):
    """An object of the student's that can be called."""

    __slots__ = ()

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if name := coursekit.boundary.running_here():
            raise NotPlainData(BY_A_FUNCTION_OF_THE_TEST.format(name))
        return self._session.call(self, args, kwargs)

    def __capped__(self, args: tuple[Any, ...], **caps: Any) -> Any:
        """Return what `coursekit.cost.capped` does for a call, measured from outside the box."""
        from utils.grading.split.caps import capped

        return capped(self._session, self, args, **caps)


class StandIns:
    """Makes the stand-ins of one session, and remembers which are no longer needed."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._types: dict[tuple[str, bool], type[StandIn]] = {}
        self._gone: list[int] = []

    def refer(self, handle: int, name: str, can_be_called: bool) -> StandIn:
        """Return a new stand-in for the object with this handle."""
        made = object.__new__(self._type(name, can_be_called))
        object.__setattr__(made, "_handle", handle)
        object.__setattr__(made, "_session", self._session)
        weakref.finalize(made, self._gone.append, handle).atexit = False
        return made

    def _type(self, name: str, can_be_called: bool) -> type[StandIn]:
        if len(self._types) >= MOST_NAMES:
            name = "object"
        base = CallableStandIn if can_be_called else StandIn
        known = self._types.get((name, can_be_called))
        if known is None:
            known = self._types[name, can_be_called] = type(name, (base,), {"__slots__": ()})
        return known

    def take_gone(self) -> list[int]:
        """Return the handles that nothing refers to any more, each once."""
        gone = self._gone[:]
        del self._gone[: len(gone)]
        return gone


def made_by(session: object, value: object) -> bool:
    """Return whether a stand-in of this session is a value, or in a partial, list, tuple or dict."""
    if isinstance(value, StandIn):
        return value._session is session
    if isinstance(value, functools.partial):
        return made_by(session, (value.func, value.args, value.keywords))
    if isinstance(value, dict):
        return made_by(session, list(value.values()))
    return isinstance(value, list | tuple) and any(made_by(session, one) for one in value)


def handle_in(session: Session, value: object) -> int | None:
    """Return the handle of a stand-in of this session, None for anything else."""
    if isinstance(value, StandIn) and value._session is session:
        return value._handle
    return None
