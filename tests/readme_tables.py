"""Writes the tables of attacks and faults into the README, from what the tests play.

    python -m tests.readme_tables
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from tests.attacks.table import rows as attacks
from tests.faults.table import rows as faults

README = Path(__file__).resolve().parents[1] / "README.md"


def filled(text: str, name: str, lines: Iterable[str]) -> str:
    """Return a text whose part between `<!-- name -->` and `<!-- /name -->` is these lines."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    inside = "\n".join(["", *lines, ""])
    return re.sub(f"(?s){begin}.*{end}", lambda _: f"{begin}\n{inside}\n{end}", text)


def with_tables(text: str) -> str:
    """Return the README with both tables as they are now."""
    return filled(filled(text, "attacks", attacks()), "faults", faults())


if __name__ == "__main__":
    README.write_text(with_tables(README.read_text(encoding="utf-8")), encoding="utf-8")
