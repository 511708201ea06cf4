"""Exact counting of the work and the storage of one call, and how both grow with the sizes.

`count` runs a call and returns its `Cost`; `polynomial` and `growth_of` turn counts on a small grid of sizes
into the polynomial they follow; `slope` and `slopes` serve counts that are no polynomial, such as a peak.
No clock is read.
"""

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
    "SLOPE_TOLERANCE",
    "Cost",
    "NotAPolynomial",
    "Polynomial",
    "UncountedOperation",
    "count",
    "growth_of",
    "polynomial",
    "slope",
    "slopes",
]
