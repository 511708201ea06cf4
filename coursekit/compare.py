"""Comparison of results, and the message that a wrong one gets.

A message has three lines and no more: what was called, the first thing that is wrong, one hint. The first
things wrong are looked for in the order in which a person can mend them: no result, another type, another
shape, another dtype, numbers that are not finite, numbers that differ.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from coursekit import blanks

if TYPE_CHECKING:
    from torch import Tensor

LINE = "\n  {label:<12} {text}"
LONGEST = 1000  # characters of each text in a message; a student's result may hold millions


class WrongAnswer(AssertionError):
    """An answer that does not earn full points; `str()` is what the student reads.

    Each of its texts is cut to LONGEST characters.
    """

    def __init__(self, what: str, *, called: str = "", first: str = "", hint: str = "") -> None:
        self.what, self.called, self.first, self.hint = map(_cut, (what, called, first, hint))
        lines = [("called with", self.called), ("first", self.first), ("hint", self.hint)]
        super().__init__(
            self.what + "".join(LINE.format(label=label, text=text) for label, text in lines if text)
        )

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows: the message alone, so that no line of a check appears in a notebook."""
        return [f"WrongAnswer: {self}"]


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def kind_of(value: object) -> str:
    """Return a value's type in a word a student uses: Tensor, float, list, NoneType ..."""
    return type(value).__name__


def first_difference(received: Any, expected: Any, *, show_expected: bool = False) -> str | None:
    """Return the first thing wrong with `received` in words, or None when it equals `expected`.

    Both are a tensor, a number, None, or a tuple, list or dict of these. Tolerances are those of
    `torch.testing.assert_close` for the expected dtype; NaN is never equal to anything.
    """
    import torch

    if blanks.is_blank(received):
        return "returned ____: a blank in the function is still empty"
    if isinstance(expected, tuple | list):
        return _first_in_sequence(received, expected, show_expected)
    if isinstance(expected, dict):
        return _first_in_dict(received, expected, show_expected)
    if isinstance(expected, torch.Tensor):
        return _first_in_tensor(received, expected, show_expected)
    return _first_in_number(received, expected, show_expected)


def _first_in_sequence(received: Any, expected: Any, show_expected: bool) -> str | None:
    if not isinstance(received, tuple | list):
        return f"returned {kind_of(received)}, expected {len(expected)} results in a tuple"
    if len(received) != len(expected):
        return f"returned {len(received)} results, expected {len(expected)}"
    for i, (mine, theirs) in enumerate(zip(received, expected, strict=True)):
        difference = first_difference(mine, theirs, show_expected=show_expected)
        if difference:
            return f"result {i}: {difference}"
    return None


def _first_in_dict(received: Any, expected: dict[Any, Any], show_expected: bool) -> str | None:
    if not isinstance(received, dict):
        return f"returned {kind_of(received)}, expected a dict with the keys {', '.join(map(str, expected))}"
    if received.keys() != expected.keys():
        return f"the keys are {', '.join(map(str, received))}, expected {', '.join(map(str, expected))}"
    for key, theirs in expected.items():
        if (received[key] is None) != (theirs is None):  # which of the two is right may be the question
            return f"entry {key!r} is {'None' if received[key] is None else 'a ' + kind_of(received[key])}"
        difference = first_difference(received[key], theirs, show_expected=show_expected)
        if difference:
            return f"entry {key!r}: {difference}"
    return None


def _first_in_number(received: Any, expected: Any, show_expected: bool) -> str | None:
    import numpy as np
    import torch

    if isinstance(received, torch.Tensor | np.ndarray | np.generic) and received.ndim == 0:
        received = received.item()
    if isinstance(expected, bool) or isinstance(received, bool) or not isinstance(received, int | float):
        same = type(received) is type(expected) and received == expected
        return (
            None
            if same
            else f"returned {kind_of(received)}, expected {kind_of(expected)}"
            + (f": {expected!r}" if show_expected else "")
        )
    return _first_in_tensor(
        torch.tensor(float(received), dtype=torch.float64),
        torch.tensor(float(expected), dtype=torch.float64),
        show_expected,
    )


def _first_in_tensor(received: Any, expected: Tensor, show_expected: bool) -> str | None:
    import torch

    if received is None:
        return "returned None, expected a Tensor (is there a return statement?)"
    if type(received) not in (torch.Tensor, torch.nn.Parameter):
        return f"returned {kind_of(received)}, expected a Tensor"
    if received.shape != expected.shape:
        return f"shape {tuple(received.shape)}, expected {tuple(expected.shape)}"
    if received.dtype != expected.dtype:
        return f"dtype {received.dtype}, expected {expected.dtype}"
    if received.layout != expected.layout or received.device != expected.device:
        return f"a tensor of layout {received.layout} on {received.device}, expected an ordinary one"
    received, expected = received.detach(), expected.detach()
    if not torch.isfinite(received).all() and torch.isfinite(expected).all():
        bad = int((~torch.isfinite(received)).sum())
        return f"not finite: {bad} of {received.numel()} entries are nan or inf"
    if _close(received, expected):
        return None
    return _largest_gap(received, expected, show_expected)


def _close(received: Tensor, expected: Tensor) -> bool:
    import torch

    try:
        torch.testing.assert_close(received, expected)
    except AssertionError:
        return False
    return True


def _largest_gap(received: Tensor, expected: Tensor, show_expected: bool) -> str:
    gap = (received - expected).abs() if received.dtype.is_floating_point else (received != expected).int()
    where = [int(i) for i in _unravel(int(gap.argmax()), tuple(gap.shape))]
    at = f" at {where}" if where else ""
    text = f"largest gap{at}: yours {received[tuple(where)].item():.4g}"
    return text + (f", expected {expected[tuple(where)].item():.4g}" if show_expected else "")


def _unravel(flat: int, shape: tuple[int, ...]) -> list[int]:
    index: list[int] = []
    for size in reversed(shape):
        index.append(flat % size)
        flat //= size
    return index[::-1]


def require_same(called: str, received: Any, expected: Any, *, hint: str = "") -> None:
    """Raise `WrongAnswer` unless the results agree; for visible checks, so both numbers are shown."""
    difference = first_difference(received, expected, show_expected=True)
    if difference:
        raise WrongAnswer(f"{called} is not what it should be.", first=difference, hint=hint)


def require(condition: bool, what: str, *, hint: str = "") -> None:
    """Raise `WrongAnswer(what)` unless the condition holds."""
    if not condition:
        raise WrongAnswer(what, hint=hint)
