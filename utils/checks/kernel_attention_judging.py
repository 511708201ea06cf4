"""How three unusual answers are judged: a feature map, code with one forgivable flaw, a claim about code."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from coursekit import boundary
from coursekit.boundary import gradients
from coursekit.compare import WrongAnswer, first_difference
from coursekit.cost import (
    SLOPE_TOLERANCE,
    Cost,
    NotAPolynomial,
    count,
    numbers_for,
    polynomial,
    slope,
    slopes,
)
from coursekit.cost.caps import MEGABYTE
from coursekit.visible.kernel_attention import positive_features
from utils.checks.caps import Cap, within_caps
from utils.checks.check import (
    DETACHED,
    RIGHT,
    Cases,
    FunctionCheck,
    Judgement,
    Mistake,
    Outcome,
    Property,
    TypedCheck,
    altered,
    copied,
    one_line,
    outcome,
)

HALF = 0.5  # the tier of an answer that is right under an assumption nobody made


@dataclass(frozen=True, kw_only=True)
class FeatureMapCheck(FunctionCheck):
    """A feature map of (x . y + 1)^2. Many maps are right, so only their inner products are compared.

    A case is a pair (x, y) of rows. The gradient asked for is that of the kernel, taken through phi(x).
    """

    def _judge_case(self, function: Any, args: tuple[Any, ...]) -> None:
        x, y = args
        called = f"x {tuple(x.shape)}, and phi(x).phi(y) with y {tuple(y.shape)}"
        mine = copied(args)
        with boundary.changes(seen=True):
            results = [outcome(function, (rows,)) for rows in mine]
        first = next(filter(None, map(_not_features, results, args)), "") or _other_kernel(results, x, y)
        if first:
            wrong = f"{self.variable} is not a feature map of the kernel asked for."
            raise WrongAnswer(wrong, called=called, first=first, hint=self._hint_for(results, x, y))
        if altered(list(args), list(mine)):
            hint = "Work on a copy: the caller still needs what it passed in."
            raise WrongAnswer(f"{self.variable} changes its argument.", called=called, hint=hint)
        self._judge_map_gradient(function, x, y, results[1].value, called)

    def _hint_for(self, results: Sequence[Outcome], x: Tensor, y: Tensor) -> str:
        """Return the hint of the mistake with the same kernel or the same error."""
        for mistake in self.mistakes:
            theirs = [outcome(mistake.answer, (rows,)) for rows in copied((x, y))]
            if _same_kernel(results, theirs):
                return mistake.hint
        return ""

    def _judge_map_gradient(self, function: Any, x: Tensor, y: Tensor, features: Tensor, called: str) -> None:
        cotangent = (x @ y.mT).cos()
        leaf = x.clone().requires_grad_()
        (wanted,) = torch.autograd.grad(_kernel(leaf, y), leaf, cotangent)
        what = f"{self.variable} has the right kernel, but not its gradient."
        try:
            found = gradients(function, (x,), cotangent @ features.detach())[0]
        except Exception as error:  # whatever the student's backward pass raises is the finding
            raise WrongAnswer(what, called=called, first=f"raised {one_line(error)}", hint=DETACHED) from None
        difference = first_difference(torch.zeros_like(x) if found is None else found, wanted)
        if difference:
            raise WrongAnswer(what, called=called, first=f"gradient of x: {difference}")


def _kernel(x: Tensor, y: Tensor) -> Tensor:
    return (x @ y.mT + 1) ** 2


def _not_features(result: Outcome, rows: Tensor) -> str:
    """Return why a result cannot be one feature vector per row, or an empty text."""
    value = result.value
    if result.error or type(value) is not Tensor:
        return result.error or first_difference(value, rows) or ""
    if value.shape[:-1] != rows.shape[:-1] or value.ndim != rows.ndim:
        return f"shape {tuple(value.shape)} for x {tuple(rows.shape)}: the last axis alone may change"
    return "" if value.dtype == rows.dtype else f"dtype {value.dtype} for x of dtype {rows.dtype}"


def _other_kernel(results: Sequence[Outcome], x: Tensor, y: Tensor) -> str:
    left, right = (result.value.detach() for result in results)
    if left.shape[-1] != right.shape[-1]:
        return f"{left.shape[-1]} features for x and {right.shape[-1]} for y: the width may depend on D alone"
    difference = first_difference(left @ right.mT, _kernel(x, y))
    return f"phi(x).phi(y): {difference}" if difference else ""


def _same_kernel(mine: Sequence[Outcome], theirs: Sequence[Outcome]) -> bool:
    if mine[0].error or theirs[0].error:
        return mine[0].error == theirs[0].error
    try:
        products = [left.value.detach() @ right.value.detach().mT for left, right in (mine, theirs)]
        return first_difference(*products) is None
    except (AttributeError, RuntimeError, TypeError):
        return False


@dataclass(frozen=True, kw_only=True)
class TieredCheck(FunctionCheck):
    """A function that earns the credit of `tier` when it is right on `ordinary` inputs and only there.

    Those are of torch's default dtype, with denominators that are far from zero: code of the right structure
    passes there even if a constant guards its denominator, or a dtype is fixed inside.
    """

    tier: Mistake
    ordinary: Cases

    def judge(self, answer: Any) -> Judgement:
        strict = super().judge(answer)
        if strict.wrong is None:
            return RIGHT
        lenient = self._ordinary_only().judge(answer)
        if lenient.wrong is not None:
            return Judgement(0.0, lenient.wrong)
        wrong = strict.wrong
        told = WrongAnswer(wrong.what, called=wrong.called, first=wrong.first, hint=self.tier.hint)
        return Judgement(self.tier.credit, told)

    def _ordinary_only(self) -> FunctionCheck:
        names = ("part", "variable", "right", "mistakes", "differentiable", "properties")
        given = {name: getattr(self, name) for name in names}
        return FunctionCheck(cases=self.ordinary, gradients_in=(torch.float32,), **given)


@dataclass(frozen=True, kw_only=True)
class ClaimCheck(TypedCheck):
    """A claim about the order of work of the student's own code: the key is what counting that code gives.

    Without a function, or with one that does not run, the key is that of the reference. Counts that say the
    reference's order are believed when the function also stays `within` what that order needs.
    """

    measure: Callable[[Any], str]
    within: Property
    otherwise: str  # the order of code that does not

    def __call__(self, answer: Any, function: Any = None, *, points: float = 1.0) -> float | None:
        """Return as `Check` does, for a claim about `function`; raise `WrongAnswer` when it does not hold."""
        __tracebackhide__ = True
        return super(ClaimCheck, self.about(function)).__call__(answer, points=points)

    def about(self, function: Any) -> ClaimCheck:
        """Return this check with the order that was counted for `function` as its key."""
        if function is None:
            return self
        try:
            counted = self.measure(function)
        except (Exception, SystemExit):  # judged where it was asked for, and not paid for twice
            return self
        if self.question.compare(self.right, counted).right:
            try:
                self.within.test(function)
            except WrongAnswer:
                counted = self.otherwise
        return replace(self, right=counted)


# --- the cost of a student's linear_attention -------------------------------------------------------------

POSITIONS = (32, 64, 128)  # few enough for a loop over all pairs to be counted in seconds
CHANNELS = {"D": 3, "M": 5}


def drawn_inputs(N: int, D: int, M: int) -> list[Tensor]:
    """Return Q, K and V in torch's default dtype; what is counted does not depend on their entries."""
    source = torch.Generator().manual_seed(N)
    return [torch.rand(N, width, generator=source) for width in (D, D, M)]


def linear_in_positions(storage_hint: str, work_hint: str) -> Property:
    """Return the property that storage and work grow no faster than the number of positions."""
    wanted = (
        ("largest", "largest tensor", storage_hint),
        ("peak", "peak storage", storage_hint),
        ("work", "work", work_hint),
    )

    def test(function: Any) -> None:
        called = f"N = {', '.join(map(str, POSITIONS))} positions"
        try:
            costs = _counted(function)
        except (Exception, SystemExit) as error:  # a call that cannot be counted is the finding
            raise WrongAnswer(
                "The cost of the code can not be counted.", called=called, first=one_line(error)
            ) from None
        for field, name, hint in wanted:
            found = slope(POSITIONS[: len(costs)], [max(1, getattr(cost, field)) for cost in costs])
            if found > 1 + SLOPE_TOLERANCE:
                what = "The numbers are right, but the cost is not linear."
                raise WrongAnswer(
                    what, called=called, first=f"the {name} grows like N^{found:.1f}", hint=hint
                )

    return Property("work and storage are linear in N", test)


def right_at_lengths(right: Callable[..., Tensor]) -> Property:
    """Return the property that the numbers are right where the cost is counted, too."""

    def test(function: Any) -> None:
        for N in POSITIONS[:2]:
            inputs = drawn_inputs(N, **CHANNELS)
            received = outcome(function, (*copied(inputs), positive_features))
            difference = received.error or first_difference(received.value, right(*inputs, positive_features))
            if difference:
                what = "The result for a few positions is right, for many it is not."
                hint = "Does anything in your code depend on how many positions there are?"
                raise WrongAnswer(what, called=f"N = {N} positions", first=difference, hint=hint)

    return Property("the numbers are right at any N", test)


MANY, WIDE = 12_288, (16_384, 512)  # positions; positions and channels


def linear_at_scale(
    right: Callable[..., Tensor], slow: Callable[..., Tensor], storage_hint: str, work_hint: str
) -> Property:
    """Return the property that many positions fit, and that wide ones take no longer than they must.

    In one thread the table of weights takes 604 MB of storage and right code at most 20; a row of weights at
    a time takes 35 s, all rows in blocks 3.7 s, and the slowest right code, a loop over positions, 0.3 s.
    """
    storage = Cap(
        sizes=f"N = {MANY} positions of 3 channels",
        inputs=lambda g: (*(_whole(g, MANY, width) for width in (3, 3, 5)), positive_features),
        expected=right,
        bytes=60 * MEGABYTE,
        hint=storage_hint,
    )
    work = Cap(
        sizes="N = {} positions of {} channels".format(*WIDE),
        inputs=lambda g: (
            *(_whole(g, numbers_for(WIDE)) for _ in range(2)),
            _whole(g, WIDE[0], 1),
            positive_features,
        ),
        expected=right,
        window=WIDE,
        cpu_seconds=0.37,
        yardstick=slow,
        hint=work_hint,
    )
    return within_caps("linear_attention", storage, work)


def _whole(source: torch.Generator, *shape: int) -> Tensor:
    """Return small whole numbers: in single precision their sums are exact, in whatever order."""
    return torch.randint(0, 2, shape, generator=source).to(torch.get_default_dtype())


def _counted(function: Any) -> list[Cost]:
    """Return the costs at the lengths; the longest, slow for loops over pairs, only if work may be linear."""
    costs: list[Cost] = []
    for N in POSITIONS:
        if len(costs) == 2 and costs[1].work > 3 * costs[0].work:  # doubling N has far more than doubled it
            break
        costs.append(count(function, *drawn_inputs(N, **CHANNELS), positive_features))
    return costs


def order_of_work(function: Any) -> str:
    """Return the leading terms of the counted work of `function(Q, K, V, positive_features)`."""

    def work(**sizes: int) -> int:
        return count(function, *drawn_inputs(**sizes), positive_features).work

    try:
        sizes = {"N": (17, 19, 23), "D": (2, 3, 5), "M": (7, 11, 13)}
        return polynomial(work, sizes, {"N": 21, "D": 4, "M": 9}).leading.text
    except NotAPolynomial:  # work in blocks of a fixed size: no polynomial, but still of some order
        along = {name: (32, 64, 128) for name in ("N", "D", "M")}
        found = slopes(work, {"N": 64, "D": 64, "M": 64}, along)
        return " ".join(f"{name}^{round(power)}" for name, power in found.items() if round(power))
