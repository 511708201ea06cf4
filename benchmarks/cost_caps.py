"""What right code and the wrong orders of work need where cost is capped: `python benchmarks/cost_caps.py`.

A cap holds when a wrong order needs ten times as much and right code about the cap or less; what the slowest
right code needs is allowed four times where a machine is slow (`coursekit.cost.Allowance`). Run
this on a quiet machine before a cap or a version of torch is changed; it takes some minutes.
"""

from __future__ import annotations

import os
import resource

os.environ["OMP_NUM_THREADS"] = "1"

from coursekit.cost import Spent, capped  # noqa: E402 - torch reads the number of threads when it is loaded
from utils.checks import draws  # noqa: E402
from utils.checks.caps import Cap, Capped  # noqa: E402
from utils.checks.check import FunctionCheck  # noqa: E402
from utils.checks.proof import checks_of  # noqa: E402

LESSONS = ("kernel_attention", "linear_attention", "decoding")
MEMORY_BYTES = 12 * 2**30  # a wrong order is not to fill the machine
MEGABYTE = 10**6


def main() -> None:
    """Print a table: each cap, and what each side needs of it, also as shares of the cap."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    print("| part | size | cap | right, at most | wrong order, at least |\n|---|---|---|---|---|")
    for lesson in LESSONS:
        for name, check in checks_of(lesson).items():
            if isinstance(check, FunctionCheck):
                for cap in caps_of(check):
                    print(f"| {name} | {cap.sizes} | {row(check, cap)} |", flush=True)


def caps_of(check: FunctionCheck) -> list[Cap]:
    """Return the caps of a check, none for most."""
    return [cap for prop in check.properties if isinstance(prop, Capped) for cap in prop.caps]


def row(check: FunctionCheck, cap: Cap) -> str:
    """Return the cap, the most that right code needs, and the least that a wrong order needs."""
    args = cap.inputs(draws.generator(check.part))
    wrong = [mistake.answer for mistake in check.mistakes if mistake.hint == cap.hint]
    right, worst = (
        [amount(cap, capped(function, args, window=cap.window)) for function in functions]
        for functions in ([check.right, *check.alternatives.values()], wrong)
    )
    limit, unit = (cap.cpu_seconds, "s") if cap.cpu_seconds else ((cap.bytes or 0) / MEGABYTE, "MB")
    most, least = max(right), min(worst)
    return f"{limit:g} {unit} | {most:.2f} ({most / limit:.2f}) | {least:.1f} ({least / limit:.1f})"


def amount(cap: Cap, spent: Spent) -> float:
    """Return what the cap is about: seconds, or megabytes where only memory is capped."""
    return spent.cpu_seconds if cap.cpu_seconds else (spent.peak_bytes or 0) / MEGABYTE


if __name__ == "__main__":
    main()
