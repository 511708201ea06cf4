"""The table that `course prove` prints: check x mistakes caught x alternatives accepted."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from utils.checks.proof import Proof, checks_of, prove
from utils.console import wide_console


def proofs_of(lesson: str) -> list[Proof]:
    """Return the proof of every check of a lesson. Raises ModuleNotFoundError when it has no checks."""
    return [prove(part, check) for part, check in checks_of(lesson).items()]


def totals(proofs: Sequence[Proof]) -> Proof:
    """Return the sums over several proofs, with all their failures."""
    total = Proof("all checks")
    for proof in proofs:
        for name in ("mistakes", "caught", "alternatives", "accepted", "generic", "generic_caught"):
            setattr(total, name, getattr(total, name) + getattr(proof, name))
        total.failures += proof.failures
    return total


def proof_table(proofs: Sequence[Proof]) -> Table:
    """Return the table of proofs with a last row of sums."""
    table = Table("check", "known mistakes caught", "alternatives accepted", "generic bad answers caught")
    for proof in [*proofs, totals(proofs)]:
        if proof.part == "all checks":
            table.add_section()
        table.add_row(
            proof.part,
            f"{proof.caught}/{proof.mistakes}",
            f"{proof.accepted}/{proof.alternatives}",
            f"{proof.generic_caught}/{proof.generic}"
            + (f" (n/a {len(proof.not_applicable)})" if proof.not_applicable else ""),
        )
    return table


def print_proofs(proofs: Sequence[Proof]) -> None:
    """Print the table, what was not applicable and why, then every failure in full."""
    console = wide_console()
    console.print(proof_table(proofs))
    for proof in proofs:
        for case, why in proof.not_applicable.items():
            console.print(f"n/a {proof.part}: {case}: {why}", markup=False)
    for proof in proofs:
        for failure in proof.failures:
            console.print(f"{proof.part}: {failure}", style="red", markup=False)
