"""A class in which everything goes wrong that students do to a notebook, graded once."""

from __future__ import annotations

import pytest
from bad_input import CASES, SHADOWS, Case
from graded_class import NEIGHBOURS, GradedClass
from scratch_course import ASSIGNMENT, FULL

LARGEST_PAGE = 2_000_000  # bytes; a page of the course has half of that, most of it style


@pytest.mark.parametrize(("student", "case"), CASES.items(), ids=[case.promise for case in CASES.values()])
def test_bad_input_costs_its_own_points_only(graded: GradedClass, student: str, case: Case) -> None:
    assert graded.outcomes[student].state == "graded", graded.outcomes[student].log
    assert graded.points(student) == {**FULL, "double": 0.0, **case.scores}
    assert [message for message in case.messages if message not in graded.page(student)] == []
    assert {name: graded.points(name) for name in NEIGHBOURS} == dict.fromkeys(NEIGHBOURS, FULL)


def test_the_instructor_reads_the_same_notes_as_the_student(graded: GradedClass) -> None:
    assert any("is damaged" in note for note in graded.outcomes["truncated"].notes)
    for student, outcome in graded.outcomes.items():
        assert all(note.replace("`", "") in graded.page(student) for note in outcome.notes)


def test_a_plain_submission_has_no_notes(graded: GradedClass) -> None:
    assert [graded.outcomes[name].notes for name in NEIGHBOURS] == [[], []]


def test_a_missing_notebook_is_named_and_gets_zeros(graded: GradedClass) -> None:
    assert "doubling.ipynb was not handed in, so its parts get no points." in graded.outcomes["copies"].notes
    assert graded.points("copies")["double"] == 0


def test_no_module_of_a_submission_reaches_the_folder_of_graded_work(graded: GradedClass) -> None:
    folder = graded.root / "autograded" / "modules" / ASSIGNMENT
    files = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert files == {"README.md", "requirements.txt", "adding.ipynb", "doubling.ipynb"}
    assert (graded.root / "submitted" / "modules" / ASSIGNMENT / SHADOWS[0]).is_file()


def test_what_was_handed_in_is_left_as_it_was(graded: GradedClass) -> None:
    folder = graded.root / "submitted" / "renamed" / ASSIGNMENT
    assert [path.name for path in folder.iterdir()] == ["Adding-copy (2).ipynb"]


def test_no_page_and_no_graded_notebook_grows_without_bound(graded: GradedClass) -> None:
    sizes = [path.stat().st_size for path in (graded.root / "feedback").rglob("*.html")]
    sizes += [path.stat().st_size for path in (graded.root / "autograded").rglob("*.ipynb")]
    assert len(sizes) == 5 * len(graded.outcomes)  # two lessons, and a list of the pages
    assert max(sizes) < LARGEST_PAGE


def test_no_page_shows_a_line_of_a_hidden_test(graded: GradedClass) -> None:
    for student in graded.outcomes:
        page = graded.page(student)
        assert "Part by part" in page
        for secret in ("secret_sum", "HIDDEN TESTS", "scale(7)", "add(20, 22)"):
            assert secret not in page or student == "texts", "only who writes such a line reads it"
