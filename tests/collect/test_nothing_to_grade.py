"""What holds nothing that could be graded is said, not passed over."""

from __future__ import annotations

import pytest
from collect_desk import Desk
from exported import notebook


@pytest.mark.parametrize("files", [{}, {"readme.pdf": b"x"}, {"__MACOSX/ada/adding.ipynb": b"x"}])
def test_an_export_with_nobodys_work_in_it_is_refused(desk: Desk, files: dict[str, bytes]) -> None:
    said = desk.collect(desk.zip(files), code=2)
    assert "export.zip holds nobody's work: there is no notebook in it" in said
    assert desk.submitted == {}


@pytest.mark.parametrize("content", [b"", b" \n"])
def test_an_empty_notebook_is_named(desk: Desk, content: bytes) -> None:
    files = {"ada/adding.ipynb": content, "ben/adding.ipynb": notebook("ben")}
    adas, bens, *_ = desk.collect(desk.zip(files)).splitlines()
    assert "1 notebook; adding.ipynb is empty, so nothing in it can be graded: ask for it again" in adas
    assert "empty" not in bens


def test_a_table_of_names_that_is_not_there_is_named(desk: Desk) -> None:
    said = desk.collect(desk.zip({"ada/adding.ipynb": notebook("x")}), "--names", "/nosuch.csv", code=2)
    assert "course: /nosuch.csv is not there." in said
