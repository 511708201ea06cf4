"""Which file stands for a lesson, and what can be read from it."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from utils.grading.reading import (
    LONGEST_TEXT,
    UnreadableNotebook,
    files_for,
    handed_in_at,
    meant,
    read_notebook,
    submitted_notebook,
)
from utils.grading.submitted_files import NotTaken

LESSONS = ("decoding", "linear_attention", "attention")
CELLS = [
    {"cell_type": "code", "id": f"c{i}", "metadata": {"nbgrader": {"grade_id": f"g{i}"}}, "source": text}
    for i, text in enumerate(["x = 'µ'", ["y = 1\n", "z = 2"], "w = 3"])
]
SOURCES = ["x = 'µ'", "y = 1\nz = 2", "w = 3"]


def notebook_text(cells: object = CELLS) -> str:
    return json.dumps(
        {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, ensure_ascii=False
    )


@pytest.mark.parametrize(
    ("name", "lesson"),
    {
        "decoding": "decoding",
        "decoding (1)": "decoding",
        "decoding(12)": "decoding",
        "decoding-copy": "decoding",
        "decoding-Copy1": "decoding",
        "decoding - Copy (2)": "decoding",
        "decoding copy 3": "decoding",
        "decoding-2": "decoding",
        "Copy of decoding": "decoding",
        "Decoding": "decoding",
        "Linear Attention": "linear_attention",
        "linear-attention": "linear_attention",
        "my_linear_attention": "linear_attention",
        "ada_attention": "attention",
        "decoding-checkpoint": None,
        "decodings": None,
        "Untitled": None,
        "": None,
        "(1)": None,
    }.items(),
)
def test_a_name_stands_for_the_lesson_that_a_person_would_read_in_it(name: str, lesson: str | None) -> None:
    assert meant(name, LESSONS) == lesson


@given(st.text(max_size=30))
def test_any_name_stands_for_a_lesson_or_none(name: str) -> None:
    assert meant(name, LESSONS) in (*LESSONS, None)


def test_the_right_name_wins_then_the_highest_copy_then_a_subfolder(tmp_path: Path) -> None:
    names = [
        "decoding (2).ipynb",
        "decoding (10).ipynb",
        "attention (3).ipynb",
        "attention.ipynb",
        "sub/linear_attention.ipynb",
        ".ipynb_checkpoints/decoding.ipynb",
        "._decoding.ipynb",
    ]
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(notebook_text(), encoding="utf-8")
    found, notes = files_for(tmp_path, LESSONS)
    assert {lesson: path.relative_to(tmp_path).as_posix() for lesson, path in found.items()} == {
        "decoding": "decoding (10).ipynb",
        "attention": "attention.ipynb",
        "linear_attention": "sub/linear_attention.ipynb",
    }
    assert sorted(notes) == [
        "attention (3).ipynb was not read, because attention.ipynb was.",
        "decoding (10).ipynb was taken for decoding.ipynb.",
        "decoding (2).ipynb was not read, because decoding (10).ipynb was.",
        "sub/linear_attention.ipynb was taken for linear_attention.ipynb.",
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1"])
@pytest.mark.parametrize("padding", ["", " "])
def test_every_usual_encoding_is_read(tmp_path: Path, encoding: str, padding: str) -> None:
    path = tmp_path / "decoding.ipynb"
    path.write_bytes((notebook_text() + padding).encode(encoding))
    taken = read_notebook(path)
    assert [cell.source for cell in taken.notebook.cells] == SOURCES
    assert len(taken.notes) == (0 if encoding.startswith("utf-8") else 1)


@given(st.integers(0, 10_000))
def test_whatever_the_break_complete_cells_are_read_and_no_others(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    content = notebook_text().encode()
    path = tmp_path_factory.mktemp("cut") / "decoding.ipynb"
    path.write_bytes(content[: cut % len(content)])
    taken = submitted_notebook(path.parent, "decoding", LESSONS)
    read = [cell.source for cell in taken.notebook.cells]
    assert read == SOURCES[: len(read)]
    assert taken.notes
    assert taken.given == bool(read)


@pytest.mark.parametrize(
    "text",
    [
        "null",
        "[]",
        '{"cells": 3}',
        '{"worksheets": []}',
        "hello",
        "[" * 100_000,
        '{"cells": [' + "[" * 100_000,
    ],
)
def test_a_file_that_is_no_notebook_is_refused_in_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "decoding.ipynb"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UnreadableNotebook, match=r"^decoding\.ipynb is not a (complete )?notebook"):
        read_notebook(path)


@pytest.mark.parametrize("cell", [None, 3, {}, {"source": 5}, {"source": "x", "metadata": 3, "id": []}])
def test_cells_of_any_shape_do_no_harm(tmp_path: Path, cell: object) -> None:
    path = tmp_path / "decoding.ipynb"
    path.write_text(notebook_text([cell, *CELLS]), encoding="utf-8")
    assert [cell.source for cell in read_notebook(path).notebook.cells][-3:] == SOURCES


def test_a_cell_far_too_long_is_left_out_and_named(tmp_path: Path) -> None:
    path = tmp_path / "decoding.ipynb"
    path.write_text(
        notebook_text([{**CELLS[0], "source": "x" * (LONGEST_TEXT + 1)}, *CELLS]), encoding="utf-8"
    )
    taken = read_notebook(path)
    assert [cell.source for cell in taken.notebook.cells] == SOURCES
    assert taken.notes == [
        f"A cell with {LONGEST_TEXT + 1} characters was left out; {LONGEST_TEXT} are allowed."
    ]


def test_a_time_is_read_in_its_zone_and_none_without_one_to_read(tmp_path: Path) -> None:
    assert handed_in_at(tmp_path) is None
    path = tmp_path / "timestamp.txt"
    path.write_text("", encoding="utf-8")
    assert handed_in_at(tmp_path) is None
    path.write_text("2026-01-30 15:00:00.5 UTC", encoding="utf-8")
    assert str(handed_in_at(tmp_path)) == "2026-01-30 15:00:00.500000"
    path.write_bytes(b"\xfe\x00 not a time")
    with pytest.raises(ValueError, match="holds no date and time"):
        handed_in_at(tmp_path)


def test_what_cannot_be_judged_as_it_lies_there_is_no_missing_notebook(tmp_path):
    folder = tmp_path / "submitted" / "eve" / "attention"
    folder.mkdir(parents=True)
    (tmp_path / "solution.ipynb").write_text(notebook_text(), encoding="utf-8")
    (folder / "decoding.ipynb").hardlink_to(tmp_path / "solution.ipynb")
    with pytest.raises(NotTaken, match=r"`submitted/eve/attention/decoding.ipynb` has another name outside"):
        submitted_notebook(folder, "decoding", LESSONS)
    assert not submitted_notebook(folder, "attention", LESSONS).given


def test_a_notebook_that_the_machine_cannot_read_is_not_taken_for_an_empty_one(tmp_path, monkeypatch):
    (tmp_path / "decoding.ipynb").write_text(notebook_text(), encoding="utf-8")

    def broken(path: Path) -> bytes:
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", broken)
    with pytest.raises(NotTaken, match=r"decoding.ipynb could not be read \(Input/output error\)"):
        read_notebook(tmp_path / "decoding.ipynb")


def test_a_timestamp_that_is_no_small_file_is_not_opened(tmp_path):
    os.mkfifo(tmp_path / "timestamp.txt")
    with pytest.raises(ValueError, match=r"timestamp.txt holds no date"):
        handed_in_at(tmp_path)
