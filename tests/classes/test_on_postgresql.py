"""Everything of a class works alike in a PostgreSQL gradebook."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from postgres import NoServer, own_server


@pytest.fixture
def url() -> Iterator[str]:
    """Give the address of an empty database on a server of the test's own."""
    try:
        with own_server() as server:
            yield server.url
    except NoServer as why:
        pytest.skip(str(why))


def test_roster_dates_penalties_versions_and_requests_live_in_postgresql(make_class, url: str) -> None:
    klass = make_class()
    klass.url = url
    config = klass.root / "nbgrader_config.py"
    with config.open("a", encoding="utf-8") as file:
        file.write('c.AssignLatePenalties.plugin_class = "utils.classes.late_policy.PercentPerDay"\n')
        file.write("c.PercentPerDay.percent_per_day = 50\n")
    klass.hand_in("ada", "2026-12-03 12:00:00 UTC")
    klass.grade()
    roster = klass.file("class.csv", "id,first_name,section\nada,Zoë,A\nben,Ben,B\n")
    assert "1 new, 1 changed" in klass.course("roster", "import", str(roster))
    assert klass.course("roster").count("\n") == 3
    klass.course("due", "sums", "2026-12-01T12:00Z")
    klass.course("extend", "sums", "ben", "--days", "1")
    klass.course("extend", "sums", "ada", "--days", "1")
    assert klass.grade()["ada"].notes == [
        "adding: the late penalty is now 5.5 points (it was 0).",
        "doubling: the late penalty is now 0.5 points (it was 0).",
    ]
    klass.hand_in("ben", "2026-12-02 12:00:00 UTC")
    assert klass.grade()["ben"].notes == []
    asked = ("request", "sums", "--student", "ada", "--part", "adding.add", "--reason", "Why?")
    assert "entered as request 1" in klass.course(*asked)
    assert "it was entered before" in klass.course(*asked)
    klass.course("requests", "sums", "--close", "1", "--answer", "Because.")
    assert "  | Because." in klass.course("requests", "sums", "--show", "1", "--quick")
    with klass.book() as book:
        assert sorted(book.versions()) == ["adding", "doubling"]
    alone = klass.file("class.csv", "id\nada\n")
    assert "stays: has scores" in klass.course("roster", "import", str(alone), "--remove")
