"""What an archive may hold to do harm: each is refused by name, its neighbour is placed."""

from __future__ import annotations

import contextlib
import io
import os
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from collect_desk import Desk
from exported import notebook, of_kind, submitted, zipped

from utils.collect import entries

GOOD = notebook("good")


def with_good(files: dict[str, bytes]) -> bytes:
    return zipped({**files, "zoe/adding.ipynb": GOOD})


def encrypted() -> bytes:
    """Return a zip whose first entry says that it is encrypted."""
    data = bytearray(with_good({"ada/adding.ipynb": GOOD}))
    data[6] |= 1
    at = data.index(b"PK\x01\x02")
    data[at + 8] |= 1
    return bytes(data)


def twice() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("ada/adding.ipynb", GOOD)
        archive.writestr("zoe/adding.ipynb", GOOD)
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("ada/adding.ipynb", notebook("another"))
    return buffer.getvalue()


def damaged() -> bytes:
    """Return a zip in which a stored notebook was changed on the way: its checksum is another one's."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("ada/adding.ipynb", notebook("ada"))
        archive.writestr("zoe/adding.ipynb", GOOD)
    return buffer.getvalue().replace(b'"ada"', b'"adx"', 1)


def with_entry_of(kind: int) -> bytes:
    hostile = of_kind("ada/adding.ipynb", kind, b"/etc/passwd")
    buffer = io.BytesIO(hostile)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("zoe/adding.ipynb", GOOD)
    return buffer.getvalue()


BOMB = b" " * 20_000_000
CASES: dict[str, tuple[Callable[[], bytes], str]] = {
    "parent": (lambda: with_good({"ada/../../adding.ipynb": GOOD}), "its path leaves the archive"),
    "parent windows": (lambda: with_good({"..\\..\\adding.ipynb": GOOD}), "its path leaves the archive"),
    "absolute": (lambda: with_good({"/etc/adding.ipynb": GOOD}), "its path is absolute"),
    "drive": (lambda: with_good({"C:\\adding.ipynb": GOOD}), "its path is absolute"),
    "control": (lambda: with_good({"ada\x1b[2J/adding.ipynb": GOOD}), "cannot be printed"),
    "turned": (lambda: with_good({"ada/\u202eadding.ipynb": GOOD}), "cannot be printed"),
    "case": (
        lambda: with_good({"ada/Adding.ipynb": GOOD, "ada/adding.ipynb": GOOD}),
        "ada/adding.ipynb: some systems take its name for that of ada/Adding.ipynb",
    ),
    "case of students": (
        lambda: with_good({"ada/adding.ipynb": GOOD, "Ada/doubling.ipynb": GOOD}),
        "some systems take this name for that of",
    ),
    "deep": (lambda: with_good({"d/" * 30 + "adding.ipynb": GOOD}), "more than 20 folders deep"),
    "long": (lambda: with_good({f"{'a' * 300}/adding.ipynb": GOOD}), "too long"),
    "hidden student": (lambda: with_good({".ssh/adding.ipynb": GOOD}), "'.ssh' begins with a dot"),
    "device student": (
        lambda: with_good({"CON/adding.ipynb": GOOD}),
        "is a name that Windows reserves",
    ),
    "option student": (lambda: with_good({"-r/adding.ipynb": GOOD}), "'-r' begins with a dash"),
    "dotted student": (lambda: with_good({"ada./adding.ipynb": GOOD}), "'ada.' ends with a dot"),
    "odd student": (lambda: with_good({"a*b/adding.ipynb": GOOD}), "is no plain name for a folder"),
    "link": (lambda: with_entry_of(stat.S_IFLNK), "ada/adding.ipynb: it is a link"),
    "fifo": (lambda: with_entry_of(stat.S_IFIFO), "ada/adding.ipynb: it is no ordinary file"),
    "device": (lambda: with_entry_of(stat.S_IFCHR), "ada/adding.ipynb: it is no ordinary file"),
    "encrypted": (encrypted, "ada/adding.ipynb: it is encrypted"),
    "twice": (twice, "ada/adding.ipynb: the archive holds this name twice"),
    "bomb": (lambda: with_good({"ada/adding.ipynb": BOMB}), "would unpack to 20 MB from next to nothing"),
    "bomb within": (
        lambda: with_good({"ada.zip": zipped({"adding.ipynb": BOMB})}),
        "ada.zip/adding.ipynb: it would unpack to 20 MB",
    ),
    "zip in zip in zip": (
        lambda: with_good({"ada.zip": zipped({"b.zip": zipped({"adding.ipynb": GOOD})})}),
        "ada.zip/b.zip: it is a zip in a zip",
    ),
    "neighbours in a zip": (
        lambda: with_good({"ada.zip": zipped({"../adding.ipynb": GOOD, "doubling.ipynb": GOOD})}),
        "ada.zip/../adding.ipynb: its path leaves the archive",
    ),
    "no zip": (lambda: with_good({"ada.zip": b"PK no zip"}), "ada.zip: it is no zip that can be read"),
    "damaged": (damaged, "it cannot be unpacked (Bad CRC-32"),
}


@pytest.mark.parametrize("case", CASES)
def test_a_hostile_entry_is_refused_by_name_and_its_neighbour_is_placed(desk: Desk, case: str) -> None:
    made, complaint = CASES[case]
    around = sorted(os.listdir(desk.root.parent))
    said = desk.collect(desk.file("x/export.zip", made()), code=1)
    assert complaint in said
    assert desk.submitted["zoe/sums/adding.ipynb"] == "good"
    assert {path.partition("/")[0] for path in desk.submitted} <= {"zoe", "ada"}
    assert sorted(set(os.listdir(desk.root.parent)) - set(around)) in ([], ["exports"])
    assert "\x1b" not in said
    assert "\u202e" not in said


def test_the_one_good_copy_of_a_name_that_stands_twice_is_the_first(desk: Desk) -> None:
    desk.collect(desk.file("export.zip", twice()), code=1)
    assert desk.submitted["ada/sums/adding.ipynb"] == "good"


@pytest.mark.parametrize(
    ("limit", "value", "complaint"),
    [
        ("MOST_FILES", 1, "it holds 2 files; 1 are allowed"),
        ("MOST_BYTES", len(GOOD), "all files together have more than"),
        ("LARGEST_INNER", 10, "is no hand-in"),
        ("MOST_IN_INNER", 0, "it holds 1 files; 0 are allowed"),
    ],
)
def test_an_export_beyond_a_limit_is_cut_there_and_says_so(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, limit: str, value: int, complaint: str
) -> None:
    monkeypatch.setattr(entries, limit, value)
    inner = limit in ("LARGEST_INNER", "MOST_IN_INNER")
    files = {"ada.zip": zipped({"adding.ipynb": GOOD})} if inner else {"ada/adding.ipynb": GOOD}
    assert complaint in desk.collect(desk.file("export.zip", with_good(files)), code=1)


def test_a_notebook_that_the_grader_would_not_read_is_not_placed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("utils.collect.choosing.LARGEST_NOTEBOOK", len(GOOD) - 1)
    said = desk.collect(desk.file("export.zip", zipped({"ada/adding.ipynb": GOOD})), code=1)
    assert "ada: adding.ipynb: it has 0 MB; the grader reads" in said
    assert desk.submitted == {}


def test_an_entry_that_is_longer_than_it_says_is_cut_and_refused(desk: Desk) -> None:
    """The table of the zip says 10 bytes; the packed data goes on."""
    data = bytearray(zipped({"ada/adding.ipynb": GOOD * 50, "zoe/adding.ipynb": GOOD}))
    at = data.index(b"PK\x01\x02")
    data[at + 24 : at + 28] = struct.pack("<I", 10)
    said = desk.collect(desk.file("export.zip", bytes(data)), code=1)
    assert "it cannot be unpacked" in said
    assert list(desk.submitted) == ["zoe/sums/adding.ipynb"]


def test_links_and_devices_in_a_folder_are_refused(desk: Desk, tmp_path: Path) -> None:
    here = desk.file("class/zoe/adding.ipynb", GOOD).parents[1]
    secret = tmp_path / "secret.ipynb"
    secret.write_bytes(notebook("secret"))
    for name in ("ada", "ben", "cleo"):
        (here / name).mkdir()
    (here / "ada/adding.ipynb").symlink_to(secret)
    os.link(secret, here / "ben/adding.ipynb")
    os.mkfifo(here / "cleo/adding.ipynb")
    (here / "dora").symlink_to(tmp_path)
    said = desk.collect(here, code=1)
    assert "ada/adding.ipynb: it is a link" in said
    assert "ben/adding.ipynb: it is a link: the file has another name, too" in said
    assert "cleo/adding.ipynb: it is no ordinary file" in said
    assert "dora: it is a link" in said
    assert submitted(desk.root) == {"zoe/sums/adding.ipynb": "good"}


def test_a_file_that_turns_into_a_link_while_it_is_collected_is_not_followed(
    desk: Desk, tmp_path: Path
) -> None:
    mine = desk.file("class/ada/adding.ipynb", GOOD)
    (tmp_path / "secret.ipynb").write_bytes(notebook("secret"))
    with entries.Export(mine.parents[1]) as export:
        (entry,) = export.entries
        mine.unlink()
        mine.symlink_to(tmp_path / "secret.ipynb")
        with pytest.raises(OSError, match="symbolic link"):
            entry.read()


def test_a_zip_with_any_one_byte_changed_is_read_refused_or_reported_and_never_ends_in_a_traceback(
    desk: Desk,
) -> None:
    whole = zipped({"ada/adding.ipynb": GOOD, "zoe.zip": zipped({"adding.ipynb": GOOD})})
    for position in range(len(whole)):
        changed = bytearray(whole)
        changed[position] ^= 0xFF
        with contextlib.suppress(entries.NoExport), entries.Export(desk.file("a.zip", changed)) as export:
            for entry in export.entries:
                with contextlib.suppress(entries.Refused):
                    entry.read()
