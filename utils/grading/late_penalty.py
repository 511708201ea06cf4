"""What a late submission costs, by nbgrader's own plugin and settings."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from nbgrader.preprocessors import AssignLatePenalties
from traitlets import TraitError


class LatePenalty:
    """The course's rule for late submissions (`c.AssignLatePenalties`, `c.LateSubmissionPlugin`)."""

    def __init__(self, config: Any = None) -> None:
        """Read the rule from the settings. Raises ValueError for one that cannot be used."""
        try:
            self._step = AssignLatePenalties(config=config)
            self._step.init_plugin()
        except TraitError as error:
            raise ValueError(f"the late policy in nbgrader_config.py cannot be used: {error}") from None

    def of(self, student: str, score: float, seconds_late: float) -> float | None:
        """Return the points to take off a notebook with this score, from 0 to the score; None for no rule."""
        if seconds_late <= 0:
            return None
        penalty = self._step.plugin_inst.late_submission_penalty(student, score, seconds_late)
        if penalty is None:
            return None
        return float(self._step._check_late_penalty(SimpleNamespace(score=score), penalty))
