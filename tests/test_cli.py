"""The `course` command: each test runs one command and reads its code and its words."""

import json
from pathlib import Path

import pytest

from utils.cli import main

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(autouse=True)
def in_the_course(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_parts_lists_every_part_with_its_points(capsys):
    assert main(["parts", "attention", "--json"]) == 0
    parts = json.loads(capsys.readouterr().out)
    by_id = {part["id"]: part for part in parts}
    assert by_id["decoding.g"] == {
        "id": "decoding.g",
        "spec": "A4g",
        "kind": "big_o",
        "points": 4,
        "manual": False,
    }
    assert len({part["id"].split(".")[0] for part in parts}) == 6


def test_parts_in_words_ends_with_the_sum(capsys):
    assert main(["parts"]) == 0
    assert " points" in capsys.readouterr().out.splitlines()[-1]


def test_prove_prints_the_table_and_succeeds(capsys):
    assert main(["prove", "scaled_dot_product"]) == 0
    assert "scaled_dot_product.c_function" in capsys.readouterr().out


def test_prove_fails_when_a_mistake_is_accepted(capsys, monkeypatch):
    from utils.checks import report
    from utils.checks.proof import Proof

    monkeypatch.setattr(
        report, "proofs_of", lambda lesson: [Proof("x.y", mistakes=1, failures=["mistake accepted: m"])]
    )
    assert main(["prove", "scaled_dot_product"]) == 1
    assert "mistake accepted: m" in capsys.readouterr().out


def test_pulling_an_unedited_notebook_changes_nothing(capsys):
    before = (ROOT / "lessons/attention/scaled_dot_product.py").read_bytes()
    assert main(["pull", "attention", "scaled_dot_product"]) == 0
    assert "is as it was" in capsys.readouterr().out
    assert (ROOT / "lessons/attention/scaled_dot_product.py").read_bytes() == before


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["parts", "nope"], "there is no assignment 'nope'; there is: attention"),
        (["pull", "attention", "nope"], "nope"),
        (["prove", "nope"], "nope"),
        (["grade", "attention", "--student", "nobody-of-that-name"], "nobody-of-that-name"),
    ],
)
def test_what_cannot_be_done_is_said_with_code_2(argv, words, capsys):
    assert main(argv) == 2
    said = capsys.readouterr().err
    assert words in said
    assert "Try 'course --help'." in said


def test_an_unknown_command_is_refused_with_the_list_of_those_there_are(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["nosuch"])
    assert stopped.value.code == 2
    assert "demo" in capsys.readouterr().err


@pytest.mark.parametrize("said", ["", "interrupted: 3 of 4 notebooks are graded"])
def test_ctrl_c_is_never_answered_by_an_empty_line(said, capsys, monkeypatch):
    from utils.commands import lessons

    def pressed(args):
        """Be interrupted."""
        raise KeyboardInterrupt(*filter(None, [said]))

    pressed.__name__ = "parts"
    monkeypatch.setattr(lessons, "parts", pressed)
    assert main(["parts"]) == 130
    assert capsys.readouterr().err == f"course: {said or 'interrupted'}\n"


def test_outside_of_a_course_it_says_so(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert main(["parts"]) == 2
    assert "is not inside a course" in capsys.readouterr().err
