"""Gradescope's export: a folder for each submission, and a list of who handed it in and when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import yaml

from utils.collect.entries import Entry, Problem, Refused
from utils.collect.formats import Owner, Read
from utils.grading.reading import LARGEST_NOTEBOOK

LIST = "submission_metadata.yml"
DEEPEST = 50  # lists in lists; Gradescope's own list has eight
# The C parser reads a list of thousands in seconds, the other one in minutes.
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def listed(entry: Entry) -> tuple[dict[str, list[Read]], list[Problem]]:
    """Return who handed in each folder that Gradescope's list names, and what in the list is no entry."""
    try:
        if entry.size > LARGEST_NOTEBOOK:
            raise Refused(f"a list of {entry.size / 1e6:.0f} MB is not read")
        content = entry.read()
        _refuse_unless_flat(content)
        table = yaml.load(content, Loader=LOADER)
    except (Refused, OSError) as error:
        return {}, [Problem(entry.name, str(error))]
    except (yaml.YAMLError, ValueError) as error:
        return {}, [Problem(entry.name, f"it is no YAML ({str(error).splitlines()[0]})")]
    if not isinstance(table, Mapping):
        return {}, [Problem(entry.name, "it is no list of submissions")]
    found, problems = {}, []
    for folder, about in table.items():
        readings = _submitters(str(folder), about)
        if readings:
            found[str(folder)] = readings
        else:
            problems.append(Problem(f"{entry.name}, {folder}", "it names no submitter"))
    return found, problems


def _refuse_unless_flat(content: bytes) -> None:
    """Raise `Refused` for lists in lists without end, on which the C parser would end this process."""
    depth = 0
    for event in yaml.parse(content, Loader=LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise Refused(f"it is nested more than {DEEPEST} deep")


def _submitters(folder: str, about: Any) -> list[Read]:
    """Return a reading for each student of a submission; a group has several."""
    people = about.get(":submitters") if isinstance(about, Mapping) else None
    when = _moment(about.get(":created_at")) if isinstance(about, Mapping) else None
    owners = map(_owner, people if isinstance(people, list) else [])
    return [Read(owner, attempt=folder, when=when) for owner in owners if owner]


def _owner(person: Any) -> Owner | None:
    if not isinstance(person, Mapping):
        return None
    sid, email, name = (str(person.get(key) or "").strip() for key in (":sid", ":email", ":name"))
    who = sid or email
    if not who:
        return None
    names = tuple(("login", value) for value in (sid, email) if value)
    return Owner(name or who, who, names, f"gradescope {who}")


def _moment(value: Any) -> datetime | None:
    """Return a time in the list, read by YAML or left as text; UTC unless it says otherwise."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip().replace(" UTC", "+00:00"))
        except ValueError:
            return None
    if not isinstance(value, datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)
