"""The late policy that most classes use: a share of the points for every day begun, with a grace and a cap.

It is a plugin of nbgrader's. `nbgrader_config.py` turns it on:

    c.AssignLatePenalties.plugin_class = "utils.classes.late_policy.PercentPerDay"
    c.PercentPerDay.percent_per_day = 10
    c.PercentPerDay.grace_minutes = 15
    c.PercentPerDay.most_percent = 50
"""

from __future__ import annotations

import math
from fractions import Fraction

from nbgrader.plugins import BasePlugin
from traitlets import Float

SECONDS_PER_DAY = 24 * 60 * 60  # of real time: a night in which clocks change makes no day longer
ALL = 100  # percent


class PercentPerDay(BasePlugin):  # type: ignore[misc] # nbgrader ships no types
    """Takes a share of what a notebook earned for every day begun after the grace."""

    percent_per_day = Float(0.0, min=0, max=ALL, help="of a notebook's points, for every day begun").tag(
        config=True
    )
    grace_minutes = Float(0.0, min=0, help="lateness that costs nothing; days count from its end").tag(
        config=True
    )
    most_percent = Float(100.0, min=0, max=ALL, help="what lateness costs at most").tag(config=True)

    def late_submission_penalty(self, student_id: str, score: float, total_seconds_late: float) -> float:
        """Return the points to take off a notebook with this score; exact but for the last rounding."""
        late = _exact(total_seconds_late) - _exact(self.grace_minutes) * 60
        days = max(0, math.ceil(late / SECONDS_PER_DAY))
        percent = min(days * _exact(self.percent_per_day), _exact(self.most_percent))
        return float(_exact(score) * percent / ALL)


def _exact(number: float) -> Fraction:
    """Return the number as it is written: 0.1 is a tenth."""
    return Fraction(repr(float(number)))
