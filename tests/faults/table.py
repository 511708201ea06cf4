"""The table of faults for the README: what gives way under a run, what the run does, and what a rerun does.

    python -m tests.faults.table

Its rows are what the tests of this folder assert, fault by fault.
"""

from __future__ import annotations

from collections.abc import Iterator

from tests.faults.registry import FAULTS


def rows() -> Iterator[str]:
    """Yield the lines of the table, in Markdown."""
    yield "| in the middle of a run | what the run does | how the command ends | the same command again |"
    yield "| --- | --- | --- | --- |"
    for fault in FAULTS.values():
        yield f"| {fault.what} | {fault.run} | {fault.ends} | {fault.rerun} |"


if __name__ == "__main__":
    print("\n".join(rows()))
