"""Exact counting of the work and the storage of one call, and how both grow with the sizes.

`count` runs a call and returns its `Cost`; `polynomial` and `growth_of` turn counts on a small grid of sizes
into the polynomial they follow; `slope` and `slopes` serve counts that are no polynomial, such as a peak.
No clock is read; only `capped` does, at one large size, for what a forged count would hide.
"""

from coursekit.cost.caps import (
    Allowance,
    CapExceeded,
    Spent,
    capped,
    measuring,
    numbers_for,
    on_windows,
    require_within,
    windows,
)
from coursekit.cost.charges import UncountedOperation
from coursekit.cost.counting import Cost, count
from coursekit.cost.scaling import (
    SLOPE_TOLERANCE,
    NotAPolynomial,
    Polynomial,
    growth_of,
    polynomial,
    slope,
    slopes,
)

__all__ = [
    "Allowance",
    "SLOPE_TOLERANCE",
    "CapExceeded",
    "Cost",
    "NotAPolynomial",
    "Polynomial",
    "Spent",
    "UncountedOperation",
    "capped",
    "count",
    "growth_of",
    "measuring",
    "numbers_for",
    "on_windows",
    "polynomial",
    "require_within",
    "slope",
    "slopes",
    "windows",
]
