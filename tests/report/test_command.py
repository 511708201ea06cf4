"""`course report` from the command line: the page it writes, and what it says when there is nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from made_class import fill
from test_page import made

from utils.cli import main


def test_the_page_is_written_where_it_is_wanted(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    fill(course, made(course, 12))
    monkeypatch.chdir(course)
    assert main(["report"]) == 0
    assert "12 students" in capsys.readouterr().out
    assert (course / "reports" / "attention.html").is_file()
    (course / "new").mkdir()
    assert main(["report", "attention", "--anonymous", "--out", "new/there.html"]) == 0
    assert "Without names" in (course / "new" / "there.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["report"],
            "nothing of attention is graded yet (nothing was handed in): run 'course grade attention'",
        ),
        (["report", "nonsense"], "there is no assignment 'nonsense'; there is: attention"),
        (["report", "--out", "lessons"], "lessons is a folder: --out names the page itself"),
        (["report", "--out", "nosuch/x.html"], "the folder nosuch does not exist"),
        (["report", "--db", "sqlite:///nowhere.db"], "there is no gradebook nowhere.db"),
    ],
)
def test_what_cannot_be_done_ends_with_2_and_says_what_to_do(
    course: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: list[str],
    said: str,
) -> None:
    monkeypatch.chdir(course)
    assert main(words) == 2
    assert said in capsys.readouterr().err
    assert not (course / "reports").exists()
    assert not (course / "nowhere.db").exists()
    assert not (course / "nosuch").exists()


def test_an_empty_file_is_a_gradebook_in_which_nothing_is_graded(
    course: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (course / "gradebook.db").write_bytes(b"")
    (course / "submitted" / "ada" / "attention").mkdir(parents=True)
    monkeypatch.chdir(course)
    assert main(["report"]) == 2
    assert "submissions that wait: 1" in capsys.readouterr().err
