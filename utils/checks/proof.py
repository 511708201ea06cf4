"""The proof of the checks: every known mistake caught, every known alternative accepted, nothing generic passes.

`prove(check)` runs one check against all that is known about it; `course prove` prints the table.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import torch

from coursekit.blanks import ____
from utils.checks.check import Check, FunctionCheck, Mistake

Wrapper = Callable[[Any], Any]


@dataclass
class Proof:
    """What one check caught and accepted; `failures` says in words what it should have done and did not."""

    part: str
    mistakes: int = 0
    caught: int = 0
    alternatives: int = 0
    accepted: int = 0
    generic: int = 0
    generic_caught: int = 0
    not_applicable: dict[str, str] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether every mistake is caught with its hint and every alternative accepted."""
        return not self.failures


def checks_of(lesson: str) -> dict[str, Check]:
    """Return the checks of a lesson by part id `<lesson>.<part>`, in the order in which they are written."""
    module = importlib.import_module(f"utils.checks.{lesson}")
    found = [value for value in vars(module).values() if isinstance(value, Check)]
    return {f"{lesson}.{check.part}": check for check in found}


def prove(name: str, check: Check) -> Proof:
    """Return the proof of one check: right answer, mistakes, alternatives, generic bad submissions."""
    proof = Proof(name)
    _accept(proof, check, "the reference answer", check.right)
    for mistake in check.mistakes:
        _catch(proof, check, mistake)
    for description, answer in check.alternatives.items():
        proof.alternatives += 1
        proof.accepted += _accept(proof, check, description, answer)
    for description, answer in generic_answers(check, proof):
        proof.generic += 1
        judgement = check.judge(answer)
        if judgement.wrong is not None and judgement.credit == 0:
            proof.generic_caught += 1
        else:
            proof.failures.append(f"generic bad answer accepted: {description}")
    return proof


def _accept(proof: Proof, check: Check, description: str, answer: Any) -> bool:
    judgement = check.judge(answer)
    if judgement.wrong is None:
        return True
    proof.failures.append(f"right answer refused: {description}: {judgement.wrong}")
    return False


def _catch(proof: Proof, check: Check, mistake: Mistake) -> None:
    proof.mistakes += 1
    judgement = check.judge(mistake.answer)
    if judgement.wrong is None:
        proof.failures.append(f"mistake accepted: {mistake.misconception}")
    elif judgement.credit != mistake.credit:
        proof.failures.append(
            f"{mistake.misconception} earns {judgement.credit}, its tier is {mistake.credit}"
        )
    elif judgement.wrong.hint != mistake.hint:
        proof.failures.append(
            f"{mistake.misconception} is not answered with its hint but with: {judgement.wrong}"
        )
    else:
        proof.caught += 1


def generic_answers(check: Check, proof: Proof) -> Iterator[tuple[str, Any]]:
    """Yield the bad answers that anyone may hand in, whatever the question."""
    if isinstance(check, FunctionCheck):
        yield from _generic_functions(check, proof)
    else:
        yield from {
            "the empty starter": ____,
            "None": None,
            "an empty text": "  ",
            "prose": "it depends, I think",
            "code": "__import__('os').getcwd()",
            "10 kB": "n" * 10_000,
        }.items()


def _each(value: Any, change: Callable[[torch.Tensor], Any]) -> Any:
    if isinstance(value, tuple | list):
        return type(value)(_each(v, change) for v in value)
    if isinstance(value, dict):
        return {key: _each(v, change) for key, v in value.items()}
    if value is None:
        return None
    return (
        change(value)
        if isinstance(value, torch.Tensor)
        else change(torch.tensor(float(value), dtype=torch.float64))
    )


def _generic_functions(check: FunctionCheck, proof: Proof) -> Iterator[tuple[str, Any]]:
    reference: Any = check.right

    def changed(change: Callable[[torch.Tensor], Any]) -> Wrapper:
        return lambda *args: _each(reference(*args), change)

    def writes(*args: Any) -> Any:
        result = reference(*args)
        next(a for a in args if isinstance(a, torch.Tensor)).add_(1)
        return result

    def starter(*_: Any) -> Any:
        ____()

    def first_input(*args: Any) -> Any:
        return args[0]

    yield "returns its input", first_input
    yield "zeros", changed(torch.zeros_like)
    yield "an empty tensor", changed(lambda t: t.new_empty(0))
    yield "NaN", changed(lambda t: torch.full_like(t, float("nan")) if t.is_floating_point() else None)
    yield "another dtype", changed(lambda t: t.to(torch.float16))
    yield "a shape that broadcasts", changed(lambda t: t.unsqueeze(0))
    yield (
        "a constant",
        changed(lambda t: torch.full_like(t, 0.5) if t.is_floating_point() else torch.full_like(t, 7)),
    )
    yield "the empty starter", starter
    yield "None", lambda *_: None
    args = check.cases(torch.Generator().manual_seed(0))[0]
    if any(isinstance(a, torch.Tensor) for a in args):
        yield "writes to an argument", writes
    else:
        proof.not_applicable["writes to an argument"] = "takes no tensor"
    if check.differentiable:
        yield "a detached graph", changed(lambda t: t.detach())
    else:
        proof.not_applicable["a detached graph"] = "its gradient is not asked for"
