"""Opening nbgrader's gradebook for a class run: SQLite or PostgreSQL, and its troubles in one line each."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sql
from nbgrader.api import Assignment, BaseCell, Grade, Gradebook, GradeCell, Notebook, SourceCell, TaskCell
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from utils.build.release import scripts_on_path
from utils.grading import class_tables
from utils.grading.instructor_cells import InstructorCell, InstructorCells
from utils.grading.result_records import RESULTS
from utils.grading.versions import known, record

BUSY_SECONDS = 60  # another program may be writing to the same file for so long
CELL = BaseCell.__table__


class GradebookError(RuntimeError):
    """The gradebook cannot be read or written; the message is one line with the database's own words."""


def address(url: str) -> str:
    """Return a gradebook's address with our settings: SQLite waits, PostgreSQL is spoken to by psycopg."""
    try:
        made = sql.make_url(url)
    except SQLAlchemyError:
        raise GradebookError(
            f"{url!r} is no address of a database, such as postgresql://HOST/NAME."
        ) from None
    if made.get_backend_name() == "postgresql":
        made = made.set(drivername="postgresql+psycopg")
    elif made.get_backend_name() == "sqlite" and "timeout" not in made.query:
        made = made.update_query_dict({"timeout": str(BUSY_SECONDS)})
    return made.render_as_string(hide_password=False)


@contextmanager
def explained(url: str) -> Iterator[None]:
    """Turn what a database says into a `GradebookError`."""
    try:
        yield
    except SQLAlchemyError as error:
        origin = error.orig if isinstance(error, DBAPIError) else None
        said = " ".join(str(origin or error).split())
        shown = sql.make_url(url).set(query={}).render_as_string(hide_password=True)
        raise GradebookError(f"the gradebook {shown} cannot be used: {said}") from error


def rows_of(url: str, query: sql.Select[Any]) -> Sequence[sql.Row[Any]]:
    """Return what a gradebook answers; nothing while it has no tables. Raises `GradebookError`."""
    url = address(url)
    with explained(url):
        engine = sql.create_engine(url)
        try:
            with engine.connect() as connection:
                known = sql.inspect(connection).has_table(Grade.__tablename__)
                return connection.execute(query).all() if known else []
        finally:
            engine.dispose()


class OpenGradebook:
    """The gradebook of one assignment, open for the length of a run; a context manager.

    nbgrader makes its tables in an empty database. Raises `GradebookError`.
    """

    def __init__(self, url: str, assignment: str) -> None:
        self.url, self.assignment = address(url), assignment
        with explained(self.url), scripts_on_path():  # a new gradebook is made with alembic's program
            self._book = Gradebook(self.url)
            self.engine: Engine = self._book.engine
            self._settle()
            self.refresh()

    def _settle(self) -> None:
        """Let readers read while this run writes, and make the tables of ours."""
        if self.engine.dialect.name == "sqlite":
            with self.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
        RESULTS.metadata.create_all(self.engine)
        class_tables.METADATA.create_all(self.engine)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._book.close()

    def refresh(self) -> None:
        """Read what was handed out: the assignment, its notebooks and their marked cells."""
        one = sql.select(Assignment.id, Assignment.duedate).where(Assignment.name == self.assignment)
        with explained(self.url), self.engine.connect() as connection:
            row = connection.execute(one).one_or_none()
            self.id: str | None = row.id if row else None
            self.due: datetime | None = row.duedate if row else None
            named = sql.select(Notebook.id, Notebook.name).where(Notebook.assignment_id == self.id)
            self.notebooks = {row.name: row.id for row in connection.execute(named)}
            cells = sql.select(CELL.c.id, CELL.c.notebook_id, CELL.c.type)
            found = connection.execute(cells.where(CELL.c.notebook_id.in_(self.notebooks.values()))).all()
        self.cells = [(row.id, row.notebook_id, row.type) for row in found]

    @property
    def known(self) -> bool:
        """Return whether a release of the assignment has been entered."""
        return bool(self.notebooks)

    def versions(self) -> dict[str, dict[str, str]]:
        """Return the versions of notebooks that this gradebook has met, by lesson, and on which day."""
        with explained(self.url), self.engine.connect() as connection:
            return known(connection, self.assignment)

    def note_versions(self, present: Mapping[str, str]) -> None:
        """Note the versions of the present release, by lesson."""
        with explained(self.url), self.engine.begin() as connection:
            record(connection, self.assignment, present)

    def graded_cells(self, lesson: str) -> list[str]:
        """Return the grade ids of a lesson's graded cells."""
        query = sql.select(GradeCell.name).where(GradeCell.notebook_id == self.notebooks[lesson])
        with explained(self.url), self.engine.connect() as connection:
            return list(connection.execute(query).scalars())

    def instructor_cells(self, lesson: str) -> InstructorCells:
        """Return the marked cells of a lesson with their hidden tests."""
        key, source = self.notebooks[lesson], SourceCell.__table__
        with explained(self.url), self.engine.connect() as connection:
            spec = connection.execute(sql.select(Notebook.kernelspec).where(Notebook.id == key)).scalar()
            rows = connection.execute(sql.select(source).where(source.c.notebook_id == key)).all()
            points: dict[str, float] = {}
            for kind in (GradeCell, TaskCell):
                worth = sql.select(kind.name, kind.max_score).where(kind.notebook_id == key)
                points |= {row.name: float(row.max_score) for row in connection.execute(worth)}
        return InstructorCells(lesson, _cells(rows, points), json.loads(spec) if spec else None)


def _cells(rows: Any, points: dict[str, float]) -> dict[str, InstructorCell]:
    return {
        row.name: InstructorCell(
            row.cell_type, row.locked, row.source or "", row.checksum or "", points.get(row.name)
        )
        for row in rows
    }
