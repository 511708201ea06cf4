"""Which version a notebook was made from is said, costs nothing, and does not have to be believed."""

from __future__ import annotations

import json

import nbformat
import pytest

from coursekit.handed_out import version_of
from utils.commands.lessons import _note_versions
from utils.grading.intake import rebuilt
from utils.grading.reading import submitted_notebook
from utils.grading.versions import released, version_notes

OLD = "0123456789"


def taken(klass, student: str = "ada", known: dict[str, str] | None = None):
    """Return how a student's notebook is read."""
    read = submitted_notebook(klass.desk.folder(student), "adding", ["adding", "doubling"])
    return rebuilt(klass.desk.released(), read, known)


def hand_in_version(klass, version: object, **changed: str) -> None:
    """Hand in a notebook that says that it was made from a version."""
    notebook = klass.desk.solved(**changed)
    notebook.metadata["course"] = {"version": version}
    klass.desk.hand_in("ada", notebook)


def test_a_notebook_of_the_present_version_or_of_none_gets_no_note(klass) -> None:
    klass.desk.hand_in("ada", klass.desk.solved())
    assert taken(klass).notes == []
    notebook = klass.desk.solved()
    notebook.metadata.clear()
    klass.desk.hand_in("ada", notebook)
    assert taken(klass).notes == []


def test_an_older_version_is_known_by_its_day_and_another_one_is_not(klass) -> None:
    present = version_of(klass.desk.released())
    hand_in_version(klass, OLD)
    known = {OLD: "2026-10-01", present: "2026-11-01"}
    assert taken(klass, known=known).notes == [
        f"This notebook was made from version {OLD} (of 2026-10-01), which a newer one has replaced. "
        f"It was graded with the present version, {present}."
    ]
    assert "not a version this course has released" in taken(klass, known={present: "2026-11-01"}).notes[0]
    assert taken(klass).notes == [
        f"This notebook was made from version {OLD}. It was graded with the present version, {present}."
    ]


def test_the_note_stands_on_the_page_and_the_answers_count_as_ever(klass) -> None:
    hand_in_version(klass, OLD)
    made = taken(klass, known={OLD: "2026-10-01"})
    assert f"- This notebook was made from version {OLD}" in made.notebook.cells[0].source
    assert made.reason == ""
    klass.desk.hand_in("ben", klass.desk.solved())
    same = taken(klass, "ben").notebook
    assert [cell.source for cell in made.notebook.cells[1:]] == [cell.source for cell in same.cells]


@pytest.mark.parametrize("version", ["<script>", "\x1b[2J", "0" * 1000, 7, None, ["0123456789"], {}])
def test_what_is_no_version_is_never_repeated(klass, version: object) -> None:
    hand_in_version(klass, version)
    assert taken(klass).notes == []


def test_a_note_that_is_no_object_breaks_nothing(klass) -> None:
    for metadata in ("text", [], {"course": "text"}, None):
        data = json.loads(nbformat.writes(klass.desk.solved(), version=4))
        data["metadata"] = metadata
        klass.desk.hand_in_bytes("ada", json.dumps(data).encode())
        assert taken(klass).notes == []


def test_a_build_and_a_run_note_the_present_versions_once(klass) -> None:
    present = released(klass.root, "sums")
    assert sorted(present) == ["adding", "doubling"]
    _note_versions(klass.root, "sums")
    klass.hand_in("ada")
    klass.grade()
    with klass.book() as book:
        assert {lesson: list(versions) for lesson, versions in book.versions().items()} == {
            lesson: [version] for lesson, version in present.items()
        }


def test_a_version_is_known_to_workers_after_the_lesson_has_changed(klass) -> None:
    from utils.grading.course_setup import course_of, settings, tests_written
    from utils.grading.tasks import Course

    with klass.book() as book:
        book.note_versions({"adding": OLD})
    klass.hand_in("ada")
    klass.grade()
    with klass.book() as book:
        course = tests_written(book, course_of(klass.root, "sums", "split", settings(klass.root)))
    sent = Course.from_json(course.to_json())
    assert set(sent.versions["adding"]) == {OLD, released(klass.root, "sums")["adding"]}


def test_nbgraders_own_path_knows_the_versions_too(klass) -> None:
    from utils.grading.versions import known_at

    with klass.book() as book:
        book.note_versions({"adding": OLD})
    assert list(known_at(klass.url, "sums", "adding")) == [OLD]
    assert known_at(f"sqlite:///{klass.root}/empty.db", "sums", "adding") == {}


def test_a_release_without_a_version_is_named_as_such() -> None:
    assert "present version, which has no name" in version_notes(OLD, "", {})[0]
