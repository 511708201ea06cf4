"""What crosses between the runner and its workers is checked when it is read."""

from __future__ import annotations

import json
from typing import Any

import pytest

from utils.grading.tasks import BadMessage, CellScore, Course, Result, Task, failed

RESULT = Result(
    "caf\udce9",
    "adding",
    "graded",
    cells=(CellScore("test-add", 1.5, 2.0), CellScore("written-why", None, 5.0, True)),
    notes=("adding (1).ipynb was taken for adding.ipynb.",),
    notebook_json='{"cells": []}\n',
    draws={"add": "12ab"},
    seconds={"lesson": 0.5},
)


@pytest.mark.parametrize(
    "value",
    [
        RESULT,
        Task("caf\udce9", "adding", "digest"),
        Course("/course", "sums", "trusted", limits={"cell_seconds": 2}, tests={"adding": "/cells.json"}),
        failed(Task("ada", "adding", "digest"), "no verdict"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_written_on_a_line_is_read_back_the_same(value: Any) -> None:
    line = value.to_json()
    assert "\n" not in line
    assert type(value).from_json(line) == value


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"cells": [["test-add", 1, 2]]}, "a cell is an object"),
        ({"cells": []}, "graded, but without a cell"),
        ({"state": "perfect"}, "state is graded or failed"),
        ({"notes": "one"}, "notes is a list of texts"),
        ({"bonus": 3}, "bonus"),
        ({"seconds": {"lesson": "long"}}, "seconds are finite numbers"),
    ],
)
def test_a_line_that_is_no_result_is_refused(change: dict[str, Any], said: str) -> None:
    with pytest.raises(BadMessage, match=said):
        Result.from_json(json.dumps({**json.loads(RESULT.to_json()), **change}))


@pytest.mark.parametrize("points", [float("nan"), float("inf"), -1, 2.5, True, "2", None])
def test_points_are_a_finite_number_from_nothing_to_the_most(points: object) -> None:
    cell = {"grade_id": "test-add", "points": points, "out_of": 2.0, "needs_manual": False}
    line = json.dumps({**json.loads(RESULT.to_json()), "cells": [cell]})
    with pytest.raises(BadMessage, match="test-add"):
        Result.from_json(line)


def test_a_cell_that_is_scored_twice_is_refused() -> None:
    fields = json.loads(RESULT.to_json())
    fields["cells"] += fields["cells"][:1]
    with pytest.raises(BadMessage, match="scored twice"):
        Result.from_json(json.dumps(fields))


@pytest.mark.parametrize("line", ["", "[]", "nonsense", "{", "[" * 100_000])
def test_what_is_no_json_object_is_refused(line: str) -> None:
    with pytest.raises(BadMessage):
        Result.from_json(line)
