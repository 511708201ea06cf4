"""Every platform's export ends in the same place; what is nobody's is named with its reason."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

import pytest
from collect_desk import Desk
from exported import notebook, zipped

Collected = Callable[..., str]
ADA, BEN = notebook("ada"), notebook("ben")
CANVAS_TABLE = (
    "Student,ID,SIS User ID,SIS Login ID,Section\n"
    "    Points Possible,,,,\n"
    '"Lovelace, Ada",67890,4711,ada,A\n"Dekker, Ben",67891,4712,ben,A\n'
)
MOODLE_TABLE = (
    "Identifier,Full name,Email address\n"
    "Participant 11,Ada Lovelace,ada@uni.example\nParticipant 12,Ada Lovelace,ada2@uni.example\n"
)


@pytest.fixture(autouse=True)
def _in_utc(monkeypatch: pytest.MonkeyPatch) -> None:
    """Platforms write local times; here the local time is UTC."""
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()


def test_canvas_names_are_read_and_a_later_upload_of_a_notebook_wins(
    desk: Desk, collected: Collected
) -> None:
    said = collected(
        {
            "lovelaceada_67890_100_adding.ipynb": notebook("first try"),
            "lovelaceada_67890_102_adding-1.ipynb": ADA,
            "dekkerben_LATE_67891_101_doubling (1).ipynb": BEN,
        }
    )
    assert desk.submitted == {
        "lovelaceada_67890/sums/adding.ipynb": "ada",
        "dekkerben_67891/sums/doubling.ipynb": "ben",
    }
    assert "adding.ipynb was not taken: adding was uploaded again later" in said
    assert "adding-1.ipynb was taken for adding.ipynb" in said
    assert "late by the platform's word" in said
    assert "2 without a time" in said


def test_a_table_of_names_gives_canvas_students_their_logins(desk: Desk, collected: Collected) -> None:
    names = desk.file("names.csv", CANVAS_TABLE.encode())
    said = collected(
        {"lovelaceada_67890_100_adding.ipynb": ADA, "strangereve_5_101_adding.ipynb": BEN},
        "--names",
        str(names),
        code=1,
    )
    assert desk.submitted == {"ada/sums/adding.ipynb": "ada"}
    assert "strangereve: the table of names does not have this student" in said


def test_canvas_without_names_is_collected_by_its_anonymous_ids(desk: Desk, collected: Collected) -> None:
    collected({"anon_aB3dE_LATE_100_adding.ipynb": ADA})
    assert desk.submitted == {"anon_aB3dE/sums/adding.ipynb": "ada"}


@pytest.mark.parametrize("inside", ["/adding.ipynb", "adding.ipynb"], ids=["in folders", "side by side"])
def test_moodle_folders_and_files_are_read(desk: Desk, collected: Collected, inside: str) -> None:
    collected({f"Ada Lovelace_11_assignsubmission_file_{inside}": ADA})
    assert desk.submitted == {"ada_lovelace/sums/adding.ipynb": "ada"}


def test_two_moodle_students_of_one_name_are_told_apart_by_a_table_only(
    desk: Desk, collected: Collected
) -> None:
    files = {
        "Ada Lovelace_11_assignsubmission_file_/adding.ipynb": ADA,
        "Ada Lovelace_12_assignsubmission_file_/adding.ipynb": BEN,
    }
    assert "2 people are called like this" in collected(files, code=1)
    assert desk.submitted == {}
    collected(files, "--names", str(desk.file("names.csv", MOODLE_TABLE.encode())))
    assert desk.submitted == {
        "ada2@uni.example/sums/adding.ipynb": "ben",
        "ada@uni.example/sums/adding.ipynb": "ada",
    }


def test_a_namesake_who_comes_with_a_later_export_does_not_replace_the_first(
    desk: Desk, collected: Collected
) -> None:
    collected({"Ada Lovelace_11_assignsubmission_file_/adding.ipynb": ADA})
    said = collected({"Ada Lovelace_12_assignsubmission_file_/adding.ipynb": BEN}, code=1)
    assert "another person's hand-in lies there" in said
    assert desk.submitted == {"ada_lovelace/sums/adding.ipynb": "ada"}


def test_blackboard_attempts_are_dated_and_the_last_one_counts(desk: Desk, collected: Collected) -> None:
    said = collected(
        {
            "Home work_ada_attempt_2026-01-30-15-00-00_adding.ipynb": notebook("early"),
            "Home work_ada_attempt_2026-01-31-09-30-00_adding.ipynb": ADA,
            "Home work_ada_attempt_2026-01-31-09-30-00.txt": b"Name: Ada",
        }
    )
    assert desk.submitted == {
        "ada/sums/adding.ipynb": "ada",
        "ada/sums/timestamp.txt": "2026-01-31 09:30:00.000000 UTC",
    }
    assert "1 earlier left in the export (ada, 2026-01-30 15:00)" in said


def test_a_blackboard_login_with_an_underscore_is_not_cut_into_another_students(
    desk: Desk, collected: Collected
) -> None:
    when = "attempt_2026-01-30-15-00-00_adding.ipynb"
    files = {f"hw_a_doe_{when}": ADA, f"hw_b_doe_{when}": BEN}
    assert "2 people are called like this" in collected(files, code=1)
    names = desk.file("names.csv", b"username;name\na_doe;A\nb_doe;B\n")
    collected(files, "--names", str(names))
    assert desk.submitted.keys() >= {"a_doe/sums/adding.ipynb", "b_doe/sums/adding.ipynb"}


@pytest.mark.parametrize(("clock", "hour"), [("926 PM", "21:26"), ("1105 AM", "11:05"), ("110 PM", "13:10")])
def test_brightspace_folders_are_dated(desk: Desk, collected: Collected, clock: str, hour: str) -> None:
    collected({f"397063-2557369 - Ada Lovelace - Jan 30, 2026 {clock}/adding.ipynb": ADA, "index.html": b""})
    assert desk.submitted == {
        "ada_lovelace/sums/adding.ipynb": "ada",
        "ada_lovelace/sums/timestamp.txt": f"2026-01-30 {hour}:00.000000 UTC",
    }


GRADESCOPE = """\
submission_1:
  :submitters:
  - :name: Ada Lovelace
    :sid: '4711'
    :email: ada@uni.example
  - :name: Ben Dekker
    :email: ben@uni.example
  :created_at: 2026-01-30 16:00:00.5 +01:00
submission_2:
  :submitters:
  - :name: Ada Lovelace
    :sid: '4711'
    :email: ada@uni.example
  :created_at: 2026-01-29 12:00:00 Z
submission_3:
  :submitters: []
"""


def test_gradescope_groups_and_dates_come_from_its_list(desk: Desk, collected: Collected) -> None:
    top = "assignment_9_export"
    said = collected(
        {
            f"{top}/submission_metadata.yml": GRADESCOPE.encode(),
            f"{top}/submission_1/adding.ipynb": ADA,
            f"{top}/submission_2/adding.ipynb": notebook("alone, a day before"),
            f"{top}/submission_3/adding.ipynb": BEN,
        },
        code=1,
    )
    assert desk.submitted == {
        "4711/sums/adding.ipynb": "ada",
        "4711/sums/timestamp.txt": "2026-01-30 15:00:00.500000 UTC",
        "ben@uni.example/sums/adding.ipynb": "ada",
        "ben@uni.example/sums/timestamp.txt": "2026-01-30 15:00:00.500000 UTC",
    }
    assert "submission_3: it names no submitter" in said


@pytest.mark.parametrize(
    "text", [b"a: [", b"- 1", b"!!python/object/apply:os.getcwd []", b"[" * 100_000 + b"]" * 100_000]
)
def test_a_list_of_gradescope_that_is_none_is_reported(collected: Collected, text: bytes) -> None:
    said = collected({"submission_metadata.yml": text, "submission_1/adding.ipynb": ADA}, code=1)
    assert "could not be placed: submission_metadata.yml: it is" in said
    assert "could not be placed: submission_1/adding.ipynb" in said


def test_plain_folders_zips_of_students_and_wrapping_folders_are_read(
    desk: Desk, collected: Collected
) -> None:
    collected(
        {
            "export/ada/sums/adding.ipynb": ADA,
            "export/ada/sums/timestamp.txt": b"2026-01-30 15:00:00 UTC",
            "export/ben/answers/deep/Adding (2).ipynb": BEN,
            "export/cleo.zip": zipped({"mine/doubling.ipynb": notebook("cleo")}),
            "export/__MACOSX/ada/._adding.ipynb": b"",
        }
    )
    assert desk.submitted == {
        "ada/sums/adding.ipynb": "ada",
        "ada/sums/timestamp.txt": "2026-01-30 15:00:00.000000 UTC",
        "ben/sums/adding.ipynb": "ben",
        "cleo/sums/doubling.ipynb": "cleo",
    }


def test_a_folder_is_read_like_a_zip(desk: Desk) -> None:
    here = desk.file("class/ada/adding.ipynb", ADA).parents[1]
    desk.collect(here)
    assert desk.submitted == {"ada/sums/adding.ipynb": "ada"}


def test_a_notebook_under_its_right_name_is_taken_before_a_copy_in_a_subfolder(
    desk: Desk, collected: Collected
) -> None:
    said = collected({"ada/adding.ipynb": ADA, "ada/old/adding.ipynb": BEN, "ada/notes.pdf": b"%PDF"})
    assert desk.submitted == {"ada/sums/adding.ipynb": "ada"}
    assert "old/adding.ipynb was not taken, because adding.ipynb was" in said
    assert "left in the export, for only notebooks are graded: notes.pdf" in said


def test_what_belongs_nowhere_is_named_with_its_reason(desk: Desk, collected: Collected) -> None:
    said = collected(
        {"adding.ipynb": ADA, "ben/other.ipynb": BEN, "cleo/notes.txt": b"none", "dora/doubling.ipynb": ADA},
        code=1,
    )
    assert "could not be placed: adding.ipynb: it lies in no student's folder" in said
    assert (
        "could not be placed: ben: other.ipynb: it is no notebook of this assignment (adding, doubling)"
        in said
    )
    assert "could not be placed: cleo: no notebook was handed in" in said
    assert list(desk.submitted) == ["dora/sums/doubling.ipynb"]


def test_a_dry_run_says_the_same_and_writes_nothing(desk: Desk, collected: Collected) -> None:
    files = {"ada/adding.ipynb": ADA, "adding.ipynb": BEN}
    would = collected(files, "--dry-run", code=1)
    assert not (desk.root / "submitted").exists()
    assert os.listdir(desk.root) == ["lessons", "nbgrader_config.py"] or ".cache" not in os.listdir(desk.root)
    did = collected(files, code=1)
    assert "ada                      would be placed: 1 notebook\n" in would
    assert "\n1 would be placed; 1 could not be placed (a dry run: nothing was written)\n" in would
    assert would.replace(" (a dry run: nothing was written)", "").replace("would be placed", "placed") == did


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        (b"name,email2\nAda,a\n", "has none of the columns student_id"),
        (b"student_id,name\n../ada,Ada\n", "line 2: '../ada' is no plain name for a folder"),
        (b"student_id,name\n", "names no student"),
        (b"student_id,name\n\xff,Ada\n", "is not in UTF-8"),
    ],
)
def test_a_table_of_names_that_cannot_be_used_is_refused(
    desk: Desk, collected: Collected, table: bytes, complaint: str
) -> None:
    said = collected({"ada/adding.ipynb": ADA}, "--names", str(desk.file("names.csv", table)), code=2)
    assert complaint in said
    assert desk.submitted == {}


def test_what_is_neither_folder_nor_zip_is_refused(desk: Desk) -> None:
    assert "is neither a folder nor a zip file" in desk.collect(desk.file("a.rar", b"Rar!"), code=2)
    assert "is neither a folder nor a zip file" in desk.collect(desk.root / "nothing", code=2)


@pytest.mark.parametrize(
    "forged",
    [
        "lovelaceada_67890_100_x_dekkerben_attempt_2027-01-30-15-00-00_adding.ipynb",
        "lovelaceada_67890_100_Ben Dekker_12_assignsubmission_file_adding.ipynb",
        "lovelaceada_67890_100_dekkerben_67891_999_adding.ipynb",
    ],
)
def test_the_name_of_a_students_file_cannot_make_it_another_students(
    desk: Desk, collected: Collected, forged: str
) -> None:
    collected({forged: ADA, "dekkerben_67891_101_adding.ipynb": BEN, "evamay_3_102_doubling.ipynb": ADA})
    assert desk.submitted["dekkerben_67891/sums/adding.ipynb"] == "ben"
    assert desk.submitted["lovelaceada_67890/sums/adding.ipynb"] == "ada"


def test_a_name_that_two_platforms_could_have_given_is_asked_about(desk: Desk, collected: Collected) -> None:
    files = {"hw_1_2_ada_attempt_2026-01-30-15-00-00_adding.ipynb": ADA}
    assert "could be those of canvas or blackboard: say which with --platform" in collected(files, code=2)
    collected(files, "--platform", "blackboard")
    assert desk.submitted["ada/sums/adding.ipynb"] == "ada"


def test_a_list_of_submissions_in_a_students_own_folder_is_not_believed(
    desk: Desk, collected: Collected
) -> None:
    forged = b"mine:\n  :submitters:\n  - :sid: ben\n  :created_at: 2030-01-01 00:00:00 Z\n"
    collected(
        {
            "ada/submission_metadata.yml": forged,
            "ada/mine/adding.ipynb": ADA,
            "ben/adding.ipynb": BEN,
        }
    )
    assert desk.submitted == {"ada/sums/adding.ipynb": "ada", "ben/sums/adding.ipynb": "ben"}
