"""Which version of a notebook a student worked on: said in a note, and never a matter of points.

A released notebook carries its version (`coursekit.handed_out`). `course build` and `course grade` note it in
the gradebook, so that an older one is known again after the lesson has changed.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import sqlalchemy as sql
from sqlalchemy.engine import Connection

from coursekit.handed_out import version_of
from utils.grading.class_tables import VERSIONS

Known = Mapping[str, str]  # the day on which a version was first met, by version


def released(root: Path, assignment: str) -> dict[str, str]:
    """Return the versions of the notebooks in `release/`, by lesson; those without one are left out."""
    paths = sorted((root / "release" / assignment).glob("*.ipynb"))
    found = {path.stem: version_of(nbformat.read(path, as_version=4)) for path in paths}
    return {lesson: version for lesson, version in found.items() if version}


def record(connection: Connection, assignment: str, versions: Mapping[str, str]) -> None:
    """Note the present versions, by lesson, unless they have been met before."""
    before, now = known(connection, assignment), datetime.now(UTC).replace(tzinfo=None)
    for lesson, version in versions.items():
        if version not in before.get(lesson, {}):
            row = {"assignment": assignment, "lesson": lesson, "version": version, "seen": now}
            connection.execute(VERSIONS.insert(), row)


def known(connection: Connection, assignment: str) -> dict[str, dict[str, str]]:
    """Return the versions that the gradebook has met, by lesson; empty where it has no list of them."""
    if not sql.inspect(connection).has_table(VERSIONS.name):
        return {}
    found: dict[str, dict[str, str]] = {}
    for row in connection.execute(sql.select(VERSIONS).where(VERSIONS.c.assignment == assignment)):
        found.setdefault(row.lesson, {})[row.version] = row.seen.date().isoformat()
    return found


def known_at(url: str, assignment: str, lesson: str) -> Known:
    """Return the versions of a lesson that the gradebook at an address has met."""
    engine = sql.create_engine(url)
    try:
        with engine.connect() as connection:
            return known(connection, assignment).get(lesson, {})
    finally:
        engine.dispose()


def version_notes(version: str, present: str, known: Known) -> list[str]:
    """Return a note when a notebook says that it was made from another version than the present one."""
    if not version or version == present:
        return []
    graded = f"It was graded with the present version, {present or 'which has no name'}."
    if version in known:
        return [
            f"This notebook was made from version {version} (of {known[version]}), which a newer one has "
            f"replaced. {graded}"
        ]
    if known:
        return [
            f"This notebook was made from version {version}; that is not a version this course has released, "
            f"as far as its gradebook knows. {graded}"
        ]
    return [f"This notebook was made from version {version}. {graded}"]
