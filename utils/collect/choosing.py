"""Which of the files that a student handed in stands for which lesson: the grader's own rule decides."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from utils.collect.entries import Refused
from utils.collect.handins import File, HandIn
from utils.grading.reading import (
    LARGEST_NOTEBOOK,
    LONGEST_TIMESTAMP,
    files_for,
    handed_in_at,
    meant,
    printable,
)

QUIET = ("timestamp.txt", "index.html", "comments.txt")  # what platforms add, and a time that was read


@dataclass
class Chosen:
    """What is written for a student: contents by file name, when it was handed in, and what to say of it.

    `problems` are notebooks that could not be placed, each with its reason.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    when: datetime | None = None
    notes: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def chosen(hand_in: HandIn, lessons: Collection[str]) -> Chosen:
    """Return the notebooks of a hand-in under the names of their lessons."""
    result = Chosen(when=hand_in.when)
    wanted = _last_uploads(hand_in.notebooks, lessons, result)
    with tempfile.TemporaryDirectory() as scratch:
        places = dict(_staged(Path(scratch), wanted))
        found, _ = files_for(Path(scratch), lessons)
        if result.when is None:
            _take_time(Path(scratch), hand_in, result)
    for lesson, place in sorted(found.items()):
        _take(lesson, places[place], result)
    for place, file in places.items():
        if place not in found.values():
            _explain(file, {lesson: places[path] for lesson, path in found.items()}, lessons, result)
    left = sorted(file.parts[-1] for file in hand_in.files if file not in hand_in.notebooks)
    if left := [printable(name) for name in left if name not in QUIET]:
        result.notes.append(f"left in the export, for only notebooks are graded: {', '.join(left)}")
    return result


def _staged(here: Path, wanted: list[File]) -> Iterator[tuple[Path, File]]:
    """Yield each file with its stand-in: an empty file of its name, as deep below a folder as it lay."""
    for number, file in enumerate(wanted):
        folder = here.joinpath(str(number), *("d" for _ in file.parts[:-1]))
        folder.mkdir(parents=True)
        place = folder / Path(file.parts[-1]).with_suffix(".ipynb").name  # NAME.IPYNB is one, too
        place.touch()
        yield place, file


def _last_uploads(files: list[File], lessons: Collection[str], result: Chosen) -> list[File]:
    """Return the files without those that the same student has uploaded again later."""
    last: dict[str | None, int] = {}
    for file in files:
        lesson = meant(Path(file.parts[-1]).stem, lessons)
        last[lesson] = max(last.get(lesson, 0), file.order)
    kept = []
    for file in files:
        lesson = meant(Path(file.parts[-1]).stem, lessons)
        if lesson is None or file.order == last[lesson]:
            kept.append(file)
        else:
            result.notes.append(
                f"{printable(file.parts[-1])} was not taken: {lesson} was uploaded again later"
            )
    return kept


def _take(lesson: str, file: File, result: Chosen) -> None:
    """Read the file that stands for a lesson."""
    shown = printable("/".join(file.parts))
    try:
        result.files[f"{lesson}.ipynb"] = _content(file)
    except (Refused, OSError) as error:
        result.problems.append(f"{shown}: {error}")
        return
    if shown != f"{lesson}.ipynb":
        result.notes.append(f"{shown} was taken for {lesson}.ipynb")
    if not result.files[f"{lesson}.ipynb"].strip():
        result.notes.append(f"{shown} is empty, so nothing in it can be graded: ask for it again")


def _explain(file: File, found: Mapping[str, File], lessons: Collection[str], result: Chosen) -> None:
    """Say why a notebook was not taken: another one stands for its lesson, or it has no lesson."""
    lesson = meant(Path(file.parts[-1]).stem, lessons)
    shown = printable("/".join(file.parts))
    if lesson is not None and lesson in found:
        other = printable("/".join(found[lesson].parts))
        result.notes.append(f"{shown} was not taken, because {other} was")
    else:
        result.problems.append(f"{shown}: it is no notebook of this assignment ({', '.join(lessons)})")


def _content(file: File) -> bytes:
    """Return a notebook's bytes. Raises `Refused`, OSError."""
    if file.entry.size > LARGEST_NOTEBOOK:
        raise Refused(f"it has {file.entry.size / 1e6:.0f} MB; the grader reads {LARGEST_NOTEBOOK / 1e6:.0f}")
    return file.entry.read()


def _take_time(here: Path, hand_in: HandIn, result: Chosen) -> None:
    """Take the time from a `timestamp.txt` that lies in the hand-in, where the platform gave none."""
    given = [file for file in hand_in.files if file.parts == ("timestamp.txt",)]
    if not given or given[0].entry.size > LONGEST_TIMESTAMP:
        return
    try:
        (here / "timestamp.txt").write_bytes(given[0].entry.read())
        result.when = handed_in_at(here)
    except (Refused, OSError, ValueError) as error:
        result.notes.append(str(error))
