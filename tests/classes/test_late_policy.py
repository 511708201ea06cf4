"""Lateness costs what the policy says, to the second and to the last digit, and follows every change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nbgrader.api import Gradebook
from traitlets.config import Config

from utils.classes.due import DueError, moment
from utils.classes.late_policy import PercentPerDay
from utils.grading.digests import settings_that_decide
from utils.grading.late_penalty import LatePenalty
from utils.grading.lateness import seconds_late

MINUTE, DAY = 60.0, 86_400.0
GRACE = 15 * MINUTE
POLICY = """
c.AssignLatePenalties.plugin_class = "utils.classes.late_policy.PercentPerDay"
c.PercentPerDay.percent_per_day = {percent}
c.PercentPerDay.grace_minutes = 15
c.PercentPerDay.most_percent = 50
"""


def policy(**traits: float) -> PercentPerDay:
    return PercentPerDay(**{"percent_per_day": 10.0, "grace_minutes": 15.0, "most_percent": 50.0, **traits})


@pytest.mark.parametrize(
    ("late", "points"),
    [
        (1.0, 0.0),
        (GRACE, 0.0),
        (GRACE + 0.001, 2.0),
        (GRACE + 1, 2.0),
        (GRACE + DAY, 2.0),
        (GRACE + DAY + 1, 4.0),
        (GRACE + 4 * DAY + 1, 10.0),
        (GRACE + 400 * DAY, 10.0),
    ],
)
def test_a_day_begins_a_moment_after_the_grace_and_the_cap_holds(late: float, points: float) -> None:
    assert policy().late_submission_penalty("ada", 20.0, late) == points


def test_a_third_of_a_tenth_is_exact() -> None:
    assert policy(percent_per_day=0.1).late_submission_penalty("ada", 0.3, DAY) == 0.0003
    three_days = policy(percent_per_day=33.3, most_percent=100.0)
    assert three_days.late_submission_penalty("ada", 1.0, GRACE + 2.5 * DAY) == 0.999


@given(st.floats(0, 100), st.floats(0, 10 * DAY), st.floats(0, 10 * DAY), st.floats(0, 100))
def test_more_lateness_never_costs_less_and_never_more_than_the_score(
    score: float, one: float, other: float, percent: float
) -> None:
    rule = policy(percent_per_day=percent, most_percent=100.0)
    less, more = (rule.late_submission_penalty("ada", score, late) for late in sorted((one, other)))
    assert 0 <= less <= more <= score


def test_without_settings_nothing_is_taken_off() -> None:
    assert PercentPerDay().late_submission_penalty("ada", 20.0, 5 * DAY) == 0.0
    assert LatePenalty(Config()).of("ada", 20.0, 5 * DAY) is None


@pytest.mark.parametrize("line", ["percent_per_day = 101", "grace_minutes = -1", "most_percent = 'all'"])
def test_a_policy_that_cannot_be_is_refused_by_name(line: str) -> None:
    config = Config()
    config.AssignLatePenalties.plugin_class = "utils.classes.late_policy.PercentPerDay"
    name, _, value = line.partition(" = ")
    config.PercentPerDay[name] = eval(value)
    with pytest.raises(ValueError, match=f"late policy in nbgrader_config.py cannot be used.*{name}"):
        LatePenalty(config)


def test_a_night_in_which_clocks_change_has_real_hours() -> None:
    due, handed_in = moment("2026-10-24T23:59+02:00"), moment("2026-10-25T23:59+01:00")
    late = seconds_late(handed_in, due, None)
    assert late == DAY + 3600
    assert policy(grace_minutes=0.0).late_submission_penalty("ada", 20.0, late) == 4.0
    assert policy(grace_minutes=60.0).late_submission_penalty("ada", 20.0, late) == 2.0


def test_an_extension_moves_the_end_and_without_a_date_or_a_time_nothing_is_late() -> None:
    due = moment("2026-12-01T23:59Z")
    late = due + timedelta(days=2)
    assert seconds_late(late, due, timedelta(days=2)) == 0
    assert seconds_late(late + timedelta(seconds=1), due, timedelta(days=2)) == 1
    assert seconds_late(late, None, None) == 0
    assert seconds_late(None, due, None) == 0


@pytest.mark.parametrize("text", ["2026-12-01T23:59", "2026-12-01", "tomorrow", "0001-01-01T00:00+14:00", ""])
def test_a_time_without_a_zone_is_refused_and_told_how_to_be_written(text: str) -> None:
    with pytest.raises(DueError, match="write it as 2026-12-01T23:59"):
        moment(text)


# In a class


def penalties(klass) -> dict[str, float | None]:
    """Return what lateness costs each student in the lesson that is worth one point, and adding's 11."""
    with Gradebook(klass.url) as book:
        return {
            f"{one.student.id} {notebook.name}": notebook.late_submission_penalty
            for one in book.assignment_submissions("sums")
            for notebook in one.notebooks
        }


def with_policy(klass, percent: int) -> None:
    """Turn the policy on, in the place of an earlier one."""
    config = klass.root / "nbgrader_config.py"
    before = config.read_text(encoding="utf-8").partition("\nc.AssignLatePenalties")[0]
    config.write_text(before + POLICY.format(percent=percent), encoding="utf-8")


def ran(klass) -> int:
    """Return how many notebooks have been run so far."""
    return len((klass.root / "graded.log").read_text(encoding="utf-8").splitlines())


def test_dates_extensions_policy_and_hand_points_change_penalties_and_nothing_runs_again(klass) -> None:
    with_policy(klass, 10)
    klass.course("due", "sums", "2026-01-30T16:00+01:00")
    klass.hand_in("ada", "2026-01-31 15:15:01 UTC")
    klass.hand_in("ben", "2026-01-30 15:15:00 UTC")
    klass.grade()
    nobody = {"ben adding": None, "ben doubling": None}
    at_grace = dict.fromkeys(nobody, 0.0)
    assert penalties(klass) == {**at_grace, "ada adding": 2.2, "ada doubling": 0.2}

    with_policy(klass, 20)
    notes = klass.grade()["ada"].notes
    assert notes[0] == "adding: the late penalty is now 4.4 points (it was 2.2)."
    assert penalties(klass) == {**at_grace, "ada adding": 4.4, "ada doubling": 0.4}

    klass.course("extend", "sums", "ada", "--days", "1")
    klass.grade()
    assert penalties(klass) == {**at_grace, "ada adding": 2.2, "ada doubling": 0.2}

    with Gradebook(klass.url) as book:
        book.find_grade("written-why", "adding", "sums", "ada").manual_score = 4.0
        book.db.commit()
    klass.grade()
    assert penalties(klass) == {**at_grace, "ada adding": 3.0, "ada doubling": 0.2}

    klass.course("extend", "sums", "ada", "--none")
    klass.course("due", "sums", "--none")
    klass.grade()
    assert penalties(klass) == {**nobody, "ada adding": None, "ada doubling": None}
    assert ran(klass) == 4


def test_the_penalty_of_a_first_grading_counts_an_extension_granted_before(klass) -> None:
    with_policy(klass, 10)
    klass.course("due", "sums", "2026-01-30T15:00Z")
    (klass.root / "submitted" / "ada" / "sums").mkdir(parents=True)
    klass.course("extend", "sums", "ada", "--hours", "24")
    with klass.book() as book, book.engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM submitted_assignment").scalar() == 0
    klass.hand_in("ada", "2026-01-31 14:00:00 UTC")
    assert klass.grade()["ada"].notes == []
    assert penalties(klass) == {"ada adding": None, "ada doubling": None}
    assert "ada has until 2026-01-31 15:00 UTC" in klass.course("due", "sums", "--show")


def test_only_settings_about_lateness_and_comments_leave_verdicts_as_they_are() -> None:
    plain = "c = get_config()\nc.Execute.timeout = 30\n"
    late = plain + "c.PercentPerDay.percent_per_day = 10  # a tenth\nc.LateSubmissionPlugin.x = 1\n"
    assert settings_that_decide(late) == settings_that_decide(plain)
    assert settings_that_decide(plain.replace("30", "31")) != settings_that_decide(plain)
    assert settings_that_decide(plain + "c.SplitRun.late = 1") != settings_that_decide(plain)
