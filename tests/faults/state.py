"""What a run has decided, in a form in which two runs can be compared."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sql

from tests.faults.scratch import ROOT as ROOT  # makes the modules of tests/grading importable
from utils.grading.gradebook import address
from utils.grading.result_records import RESULTS

from gradebook_rows import rows, url_of  # isort: skip

TIMES = "seconds"  # of a result: how long it took, which no two runs agree on


@dataclass(frozen=True)
class State:
    """Scores, comments, records of the gradebook, and every file in autograded/."""

    gradebook: dict[str, list[tuple[Any, ...]]]
    records: list[tuple[str, str, str, dict[str, Any]]]
    executed: dict[str, bytes]

    @classmethod
    def of(cls, root: Path, db: str | None = None) -> State:
        """Return the state of a course; `db` is its gradebook when it is not the one in its folder."""
        url = address(db or url_of(root))
        return cls(rows(url), _records(url), _files(root / "autograded"))

    @property
    def recorded(self) -> int:
        """Return how many notebooks have a result."""
        return len(self.records)


def _records(url: str) -> list[tuple[str, str, str, dict[str, Any]]]:
    engine = sql.create_engine(url)
    try:
        with engine.connect() as connection:
            there = sql.inspect(connection).has_table(RESULTS.name)
            found = connection.execute(sql.select(RESULTS)).all() if there else []
    finally:
        engine.dispose()
    return sorted(((row.student, row.lesson, row.digest, _result(row.result)) for row in found), key=str)


def _result(text: str) -> dict[str, Any]:
    return {name: value for name, value in json.loads(text).items() if name != TIMES}


def _files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
