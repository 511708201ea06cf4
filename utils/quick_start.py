"""Leaves out of this process what libraries load at their import and nothing here uses."""

from __future__ import annotations

import sys

ADDRESS_GRAMMARS = "rfc3987_syntax"  # of internationalised web addresses: 38 grammars, compiled at import


def without_address_grammars() -> None:
    """Let `jsonschema`, which nbformat and nbgrader import, do without the grammars.

    They took two of the three seconds that a command needed to start. jsonschema counts them as optional, and
    no schema of notebooks names their formats. Call this before the first import of those libraries.
    """
    sys.modules.setdefault(ADDRESS_GRAMMARS, None)  # type: ignore[arg-type] # None: its import fails
