"""The report as one page of HTML that needs nothing else: no script, no address, figures inside."""

from __future__ import annotations

import math
import re
import shlex
import string
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import jinja2
import numpy as np
import sqlalchemy as sql
from markupsafe import Markup, escape
from numpy.typing import NDArray

from utils.report import statistics
from utils.report.class_data import ClassData
from utils.report.events import Event, Times, Waiting, events, late, reading, times, waiting
from utils.report.figures import PartMap, Picture, histogram, part_map
from utils.report.items import Item, Suspect, items, suspects
from utils.report.known_mistakes import KnownMistake, Wrong, all_hints, commonest, wrong
from utils.report.reading import Read
from utils.report.statistics import Statistic, Summary, summary

HERE = Path(__file__).parent
Rows = NDArray[np.intp]
SMALL_CLASS = 10  # students: below that, the numbers of the analysis mean little
MOST_NAMED = 12  # students in one list; the others are counted
MOST_LISTED = 50  # lines of one list
MOST_SUSPECTS = 20  # parts that are shown in full
MOST_COMMANDS = 3  # a suspect part
MOST_COMMON = 10  # mistakes at the top of their section
MOST_FIRSTS = 3  # first wrong things of one part
SHARED = 3  # students: what fewer were told may tell who they are, and is not on an anonymous page
DASH = "\N{EN DASH}"


@dataclass(frozen=True)
class Scores:
    """How the points of a lesson, or of all, are distributed; `alpha` of its parts."""

    name: str
    most: float
    found: Summary
    picture: Picture
    alpha: Statistic


@dataclass(frozen=True)
class LessonPage:
    """What the page tells of the parts of one lesson."""

    name: str
    rows: tuple[tuple[Item, Wrong], ...]


@dataclass
class Notes:
    """The reasons why numbers are missing from one table, each with a letter."""

    marks: dict[str, str] = field(default_factory=dict)

    def mark(self, why: str) -> str:
        """Return the letter of a reason; each reason gets one when it is first met."""
        return self.marks.setdefault(why, string.ascii_lowercase[len(self.marks)])


@dataclass(frozen=True)
class Report:
    """All that the page says, and how: with `anonymous`, nothing that tells who a student is."""

    data: ClassData
    anonymous: bool
    db: str | None
    made: datetime
    scores: tuple[Scores, ...]
    lessons: tuple[LessonPage, ...]
    suspects: tuple[Suspect, ...]
    commonest: tuple[KnownMistake, ...]
    map: PartMap | None
    waiting: tuple[Waiting, ...]
    events: tuple[Event, ...]
    late: tuple[Event, ...]
    times: tuple[Times, ...]
    reading: tuple[Read, ...]

    @property
    def unread(self) -> list[tuple[str, str, str]]:
        """Return student, lesson and reason of each notebook that could not be read."""
        return [(one.student, lesson, why) for one in self.reading for lesson, why in one.unread.items()]

    @property
    def missing(self) -> list[tuple[str, list[str]]]:
        """Return the students who did not hand in every notebook, each with the lessons."""
        return [(one.student, one.missing) for one in self.reading if one.missing]

    @property
    def unusual(self) -> list[tuple[str, str, str]]:
        """Return student, lesson (or "") and note of what else was unusual about a submission."""
        return [(one.student, *note) for one in self.reading for note in one.unusual]

    @property
    def n(self) -> int:
        """Return how many students the analysis is about."""
        return int(self.data.analysed.size)

    def names(self, students: Sequence[str], most: int = MOST_NAMED) -> str:
        """Return a list of students, the first of them by name; on an anonymous page only how many."""
        if self.anonymous or not students:
            return f"{len(students)} student{'s' * (len(students) != 1)}"
        more = len(students) - most
        return ", ".join(students[:most]) + (f" and {more} more" if more > 0 else "")

    def of_rows(self, rows: Sequence[int]) -> str:
        """Return a list of students by their rows."""
        return self.names([self.data.students[row] for row in rows])

    def firsts(self, told: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
        """Return the commonest first wrong things; an anonymous page has only what several share."""
        return [one for one in told if not self.anonymous or one[1] >= SHARED][:MOST_FIRSTS]

    def commands(self, suspect: Suspect) -> list[str]:
        """Return command lines that explain the verdicts on a part, ready to be copied."""
        students = [self.data.students[row] for row in suspect.rows[:MOST_COMMANDS]]
        named = ["ID"] if self.anonymous else [shlex.quote(student) for student in students]
        start = f"course regrade {self.data.assignment}"
        end = f"--check {suspect.part.id} --explain{_option(self.db)}"
        return [f"{start} --student {student} {end}" for student in named]


def _option(db: str | None) -> str:
    """Return the option that names the gradebook; one with a password in it is not repeated."""
    if db is None:
        return ""
    return " --db " + (shlex.quote(db) if sql.make_url(db).password is None else "URL")


def report(data: ClassData, *, anonymous: bool = False, db: str | None = None, made: datetime) -> Report:
    """Return what is to be said about a class. `db` is a gradebook's address that is not the course's."""
    hints, found = all_hints(data), items(data)
    wrongs = [wrong(data, column, hints.get(part.id, {})) for column, part in enumerate(data.parts)]
    listed = suspects(data, found, hints)
    return Report(
        data,
        anonymous,
        db,
        made,
        scores=tuple(_scores(data)),
        lessons=tuple(
            LessonPage(name, tuple((found[column], wrongs[column]) for column in columns))
            for name, columns in data.lessons.items()
        ),
        suspects=tuple(listed),
        commonest=tuple(commonest(wrongs, MOST_COMMON)),
        map=part_map(found, [suspect.part.id for suspect in listed]),
        waiting=tuple(waiting(data)),
        events=tuple(events(data)),
        late=tuple(late(data)),
        times=tuple(times(data)),
        reading=tuple(reading(data)),
    )


def _scores(data: ClassData) -> list[Scores]:
    """Return the distribution of the total, then of every lesson."""
    everything = list(range(len(data.parts)))
    found = [_distribution("all lessons", data, data.analysed, everything, wide=True)]
    for name, columns in data.lessons.items():
        rows = np.flatnonzero(~np.isnan(data.points[:, columns]).all(axis=1))
        found.append(_distribution(words(name), data, rows, columns, wide=False))
    return [one for one in found if one is not None]


def _distribution(name: str, data: ClassData, rows: Rows, columns: list[int], *, wide: bool) -> Scores | None:
    sums = np.nansum(data.points[rows][:, columns], axis=1)
    most, found = float(data.out_of[columns].sum()), summary(sums)
    if found is None:
        return None
    alpha = statistics.alpha(data.points[data.analysed][:, columns])
    return Scores(name, most, found, histogram(sums, most, found, f"points on {name}", wide=wide), alpha)


def words(name: str) -> str:
    """Return the name of a lesson as it is read."""
    return name.replace("_", " ")


def breakable(name: str) -> Markup:
    """Return a name that may go on in the next line after a dot or an underscore, and only there."""
    return Markup(re.sub(r"(?<=[._])(?=.)", "<wbr>", str(escape(name))))


def number(value: float, digits: int = 2) -> str:
    """Return a number with so many digits after the point, and with a true minus sign."""
    text = f"{value:.{digits}f}"
    return ("\N{MINUS SIGN}" + text[1:] if text.startswith("-") else text) if math.isfinite(value) else DASH


def percent(value: float) -> str:
    """Return a share in percent."""
    return f"{100 * value:.0f} %"


def duration(seconds: float) -> str:
    """Return a time in the largest unit that it has at least one of."""
    for unit, size in (("days", 86400), ("hours", 3600), ("minutes", 60)):
        if seconds >= size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} seconds"


def html(said: Report) -> str:
    """Return the page."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,  # students' texts are on the page
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(words=words, number=number, percent=percent, duration=duration)
    made.filters.update(breakable=breakable)
    constants: dict[str, Any] = {
        "small_class": SMALL_CLASS,
        "most_listed": MOST_LISTED,
        "most_suspects": MOST_SUSPECTS,
        "shared": SHARED,
        "dash": DASH,
        "style": (HERE / "page.css").read_text(encoding="utf-8"),
    }
    return made.get_template("page.html").render(report=said, data=said.data, Notes=Notes, **constants)
