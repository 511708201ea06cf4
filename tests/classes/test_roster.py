"""A roster is taken as a learning platform writes it, all of it or nothing, and nobody's scores are lost."""

from __future__ import annotations

import pytest
from nbgrader.api import Gradebook

from utils.classes.roster_file import read_roster
from utils.tables import TableError

PLAIN = "id,first_name,last_name,email,lms_user_id,section\n"
ADA = "ada,Ada,Lovelace,ada@uni.example,17,A\n"
CANVAS = (
    "\ufeffStudent,ID,SIS User ID,SIS Login ID,Section,Homework (1)\n"
    "    Points Possible,,,,,20\n"
    '"Lovelace, Ada",17,s-17,ada,A,\n'
)
MOODLE = "First name;Surname;Username;Email address\nAda;Lovelace;ada;ada@uni.example\n"
BRIGHTSPACE = "OrgDefinedId,Username,Last Name,First Name,Email\n#17,#ada,Lovelace,Ada,ada@uni.example\n"
EXCEL = "sep=;\nStudent ID;Name\nada;Ada Lovelace\n"


def people(klass) -> dict[str, tuple[str | None, ...]]:
    """Return nbgrader's own students."""
    with Gradebook(klass.url) as book:
        return {s.id: (s.first_name, s.last_name, s.email, s.lms_user_id) for s in book.students}


@pytest.mark.parametrize(
    ("text", "known"),
    [
        (PLAIN + ADA, ("Ada", "Lovelace", "ada@uni.example", "17")),
        (CANVAS, ("Ada", "Lovelace", None, "17")),
        (MOODLE, ("Ada", "Lovelace", "ada@uni.example", None)),
        (BRIGHTSPACE, ("Ada", "Lovelace", "ada@uni.example", "#17")),
        (EXCEL, ("Ada", "Lovelace", None, None)),
        (
            PLAIN.upper().replace(",", "\t") + ADA.replace(",", "\t"),
            ("Ada", "Lovelace", "ada@uni.example", "17"),
        ),
    ],
    ids=["plain", "canvas", "moodle", "brightspace", "excel", "tabs"],
)
def test_the_lists_of_learning_platforms_become_nbgraders_students(klass, text: str, known: tuple) -> None:
    said = klass.course("roster", "import", str(klass.file("class.csv", text)))
    assert "ada" in said
    assert "1 new, 0 changed, 0 removed, 0 not on the roster" in said
    assert people(klass) == {"ada": known}


def test_the_column_that_names_the_students_is_said(klass) -> None:
    path = klass.file("class.csv", "Vorname,Email\nAda,ada@uni.example\n")
    assert "students are known by the column 'email'" in klass.course("roster", "import", str(path))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_names_keep_their_letters_in_every_unicode_encoding(klass, encoding: str) -> None:
    path = klass.file("class.csv", (PLAIN + "zoe,Zoë,Łukasz,,,\n").encode(encoding))
    assert "Windows" not in klass.course("roster", "import", str(path))
    assert people(klass)["zoe"][:2] == ("Zoë", "Łukasz")


def test_an_old_encoding_is_read_and_said_and_refused_where_it_would_name_a_folder(klass) -> None:
    path = klass.file("class.csv", (PLAIN + "zoe,Zoë,Weiß,,,\n").encode("latin-1"))
    assert "was read as Windows-1252: look at the names" in klass.course("roster", "import", str(path))
    assert people(klass)["zoe"][:2] == ("Zoë", "Weiß")
    path = klass.file("class.csv", (PLAIN + "zoë,Zoë,Weiß,,,\n").encode("latin-1"))
    assert "'zoë' are not sure; save the file again as CSV UTF-8" in klass.course(
        "roster", "import", str(path), code=1
    )


BAD = {
    "../up": "no plain name for a folder",
    "a/b": "no plain name for a folder",
    "con": "Windows reserves",
    ".hidden": "begins with a dot",
    "": "it has no id",
    "x" * 101: "1 to 100 characters",
    "ADA": "stands in line 2 already",
    "ada": "stands in line 2 already",
}


@pytest.mark.parametrize("name", BAD)
def test_one_bad_line_is_named_and_keeps_everything_from_being_written(klass, name: str) -> None:
    path = str(klass.file("class.csv", PLAIN + ADA + f"{name},Eve,,,,\nben,Ben,,,,\n"))
    said = klass.course("roster", "import", path, code=1)
    assert "class.csv, line 3: " in said
    assert BAD[name] in said
    assert "nothing was written" in said
    assert people(klass) == {}
    assert "2 new" in klass.course("roster", "import", path, "--skip-bad", code=1)
    assert sorted(people(klass)) == ["ada", "ben"]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ("ben,Ben", "it has 2 fields, the first line has 6"),
        ("ben,Ben,B,,,,,", "it has 8 fields"),
        ("ben,B\x1b[31men,B,,,", "cannot be printed"),
        (f"ben,{'B' * 129},B,,,", "more than 128 characters"),
    ],
)
def test_rows_of_another_shape_and_names_that_cannot_be_are_bad(klass, row: str, why: str) -> None:
    path = klass.file("class.csv", PLAIN + row + "\n")
    said = klass.course("roster", "import", str(path), code=1)
    assert f"line 2: {why}" in said or why in said
    assert "\x1b" not in said


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "is empty"),
        (b"first_name,last_name\nAda,Lovelace\n", "has no column for the id"),
        (b"id,email\n", "names no student"),
        (b"id,id\na,b\n", "more than one column id"),
        (b'id,email\n"ada,x\n', "line 2: unexpected end of data"),
        (b"\x81\x00\x00\x00", "in no encoding known here"),
    ],
)
def test_a_file_that_is_no_roster_is_refused_with_what_is_missing(klass, content: bytes, why: str) -> None:
    assert why in klass.course("roster", "import", str(klass.file("class.csv", content)), code=2)


def test_a_dry_run_says_the_same_and_writes_nothing(klass) -> None:
    path = str(klass.file("class.csv", PLAIN + ADA))
    dry = klass.course("roster", "import", path, "--dry-run")
    assert people(klass) == {}
    assert dry == klass.course("roster", "import", path) + "a dry run: nothing was written\n"


def test_a_second_import_changes_what_differs_and_an_empty_field_erases_nothing(klass) -> None:
    klass.course("roster", "import", str(klass.file("class.csv", PLAIN + ADA)))
    again = klass.course("roster", "import", str(klass.file("class.csv", PLAIN + ADA)))
    assert "0 new, 0 changed" in again
    said = klass.course("roster", "import", str(klass.file("class.csv", PLAIN + "ada,Augusta,,,,B\n")))
    assert "changed: first_name, section" in said
    assert people(klass)["ada"] == ("Augusta", "Lovelace", "ada@uni.example", "17")
    assert "Lovelace, Augusta" in klass.course("roster")


@pytest.mark.parametrize(("known", "new"), [("ada", "Ada"), ("Ada", "ada")])
def test_another_spelling_of_a_student_in_the_gradebook_is_bad(klass, known: str, new: str) -> None:
    klass.course("roster", "import", str(klass.file("class.csv", f"id\n{known}\n")))
    said = klass.course("roster", "import", str(klass.file("class.csv", f"id\n{new}\n")), code=1)
    assert f"{new} differs from {known} in the gradebook by upper and lower case alone" in said


def test_nobody_is_removed_unasked_and_never_one_with_scores_or_work(klass) -> None:
    everybody = PLAIN + ADA + "ben,Ben,,,,\ncem,Cem,,,,\neve,Eve,,,,B\n"
    klass.course("roster", "import", str(klass.file("class.csv", everybody)))
    klass.hand_in("ben")
    klass.grade()
    klass.hand_in("cem")
    path = str(klass.file("class.csv", PLAIN + ADA))
    assert "--remove would remove" in klass.course("roster", "import", path)
    assert sorted(people(klass)) == ["ada", "ben", "cem", "eve"]
    said = klass.course("roster", "import", path, "--remove")
    assert "0 new, 0 changed, 1 removed, 2 not on the roster" in said
    assert "stays: has scores" in said
    assert "stays: has handed in" in said
    assert sorted(people(klass)) == ["ada", "ben", "cem"]


def test_a_file_with_bad_lines_removes_nobody(klass) -> None:
    klass.course("roster", "import", str(klass.file("class.csv", PLAIN + ADA + "ben,Ben,,,,\n")))
    path = str(klass.file("class.csv", PLAIN + ADA + "ben\n"))
    said = klass.course("roster", "import", path, "--remove", "--skip-bad", code=2)
    assert "--remove needs a file without bad lines" in said
    assert sorted(people(klass)) == ["ada", "ben"]


def test_a_folder_of_a_student_is_named_alike_by_roster_and_collect(tmp_path) -> None:
    from utils.collect.roster import read_roster as names

    for text in (CANVAS, MOODLE, BRIGHTSPACE.replace("#", "")):
        path = tmp_path / "class.csv"
        path.write_text(text, encoding="utf-8")
        person = read_roster(path).people[0]
        assert names(path).find([("login", person.id)]) == person.id


def test_a_roster_that_is_far_too_large_is_not_read(tmp_path) -> None:
    path = tmp_path / "class.csv"
    with path.open("wb") as file:
        file.truncate(20_000_001)
    with pytest.raises(TableError, match="no list of a class"):
        read_roster(path)
