"""The note in a released notebook: what it says, and that nothing in its place is believed or breaks it."""

from typing import Any

import pytest

from coursekit.handed_out import HandedOut, digest, handed_out, head_line, label, version_of
from tests.coursekit.handed import released


@pytest.fixture(scope="module")
def handed() -> HandedOut:
    found = handed_out(released())
    assert found is not None
    return found


def test_cells_are_called_by_what_they_are_for(handed: HandedOut) -> None:
    assert handed.called("test-a") == "the check of (a)"
    assert handed.called("mean") == "the cell to fill in for mean"
    assert handed.called("written-why") == "the cell to fill in for why"
    assert handed.called("given-setup") == "the given cell setup"


def test_every_cell_of_a_part_has_a_head_of_its_own(handed: HandedOut) -> None:
    own = [handed.head(name) for name in handed.cells if not name.startswith("given-")]
    assert len(set(own)) == len(own) == 7
    assert handed.head("given-setup") == ""


def test_a_head_names_the_part_and_its_points() -> None:
    assert head_line("solution", "a", 1) == "# YOUR TURN: (a), 1 point"
    assert head_line("graded", "mean", 2).startswith("# CHECK: mean, 2 points")
    assert head_line("locked").startswith("# GIVEN")


def test_a_letter_stands_in_brackets_as_in_the_text() -> None:
    assert [label("a"), label("mean")] == ["(a)", "mean"]


def test_white_space_does_not_make_another_text() -> None:
    assert digest("x = 1\r\n") == digest("x  =  1")
    assert digest("x = 1") != digest("x = 2")


def test_an_older_note_that_counts_no_hidden_checks_is_read_too() -> None:
    notebook = released()
    for noted in notebook.metadata.course.parts:
        del noted["more"], noted["typed"]
    found = handed_out(notebook)
    assert found is not None
    assert {(part.more, part.typed) for part in found.parts} == {(None, False)}


BROKEN: list[Any] = [
    None,
    [],
    {},
    {"metadata": None},
    {"metadata": {"course": 3}},
    {"metadata": {"course": {"version": ["0123456789"], "lesson": "means"}}},
    {"metadata": {"course": {"version": "<b>0123456</b>", "parts": 3, "cells": {}}}},
    {"metadata": {"course": {"lesson": "x", "assignment": "y", "parts": [{"name": "a"}], "cells": {}}}},
    {"metadata": {"course": {"lesson": "x", "assignment": "y", "parts": [], "cells": []}}},
]


@pytest.mark.parametrize("notebook", BROKEN, ids=str)
def test_what_is_no_note_gives_neither_parts_nor_a_version(notebook: Any) -> None:
    assert handed_out(notebook) is None
    assert version_of(notebook) == ""


def test_a_version_is_ten_hexadecimal_digits_and_nothing_else() -> None:
    assert version_of({"metadata": {"course": {"version": "0123abcdef"}}}) == "0123abcdef"
    assert version_of({"metadata": {"course": {"version": "0123ABCDEF"}}}) == ""
    assert version_of({"metadata": {"course": {"version": "0123abcdef\n"}}}) == ""
