"""The catalogue of attacks is complete, and its instruments can fail."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.attacks.active import active_in
from tests.attacks.canaries import ABSTRACT, PORT, Canaries, Listener
from tests.attacks.cases.viewers import MARKUP
from tests.attacks.promises import canary_check_can_fail, unshown_characters
from tests.attacks.registry import ATTACKS, BY_KEY, NAMES, ON_A_REAL_LESSON, OTHERWISE
from tests.attacks.snapshot import Machine, adopt_orphans, descendants, digest

ORPHAN = """\
import os, time

if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        time.sleep(30)
    os._exit(0)
"""
COUNTS = {"S": 24, "R": 10, "X": 11, "M": 8, "H": 16, "V": 5}


def test_every_case_of_the_catalogue_is_played_or_has_its_reason() -> None:
    expected = {f"{letter}{number:02}" for letter, most in COUNTS.items() for number in range(1, most + 1)}
    assert set(NAMES) == expected
    played = {attack.case for attack in ATTACKS}
    assert played | set(OTHERWISE) == expected
    assert played & set(OTHERWISE) == set()


def test_each_attack_has_a_name_of_its_own() -> None:
    assert len(BY_KEY) == len(ATTACKS) + len(ON_A_REAL_LESSON)
    assert all(attack.what and attack.case in NAMES for attack in ATTACKS)


def test_what_is_not_played_says_why() -> None:
    assert all(reason.startswith("not applicable: ") for reason in OTHERWISE.values())


def test_the_search_finds_a_secret_as_it_is_backwards_and_in_hex() -> None:
    assert canary_check_can_fail()


def test_the_search_finds_a_secret_in_the_middle_of_base64() -> None:
    import base64

    canaries = Canaries({"place": "canary-place-0123456789abcdef"})
    for shift in range(3):
        text = base64.b64encode(b"x" * shift + b"canary-place-0123456789abcdef, and more")
        assert canaries.found_in(text) == ["place"]


def test_a_survivor_is_seen_even_when_its_parents_are_gone() -> None:
    adopt_orphans()
    before = descendants()
    subprocess.run([sys.executable, "-c", ORPHAN], check=True)
    time.sleep(0.2)
    left = descendants() - before
    assert len(left) == 1
    os.kill(left.pop(), 9)
    os.wait()


def test_a_file_of_an_attacker_in_a_shared_folder_is_seen() -> None:
    before = Machine.now()
    trap = Path("/dev/shm/trap-of-an-attacker-test")
    trap.touch()
    try:
        assert before._new(Machine.now()).get("traps") == [str(trap)]
    finally:
        trap.unlink()


def test_a_changed_file_and_a_new_link_change_the_digest(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("1")
    before = digest([tmp_path])
    (tmp_path / "one").write_text("2")
    changed = digest([tmp_path])
    (tmp_path / "link").symlink_to("/etc/passwd")
    assert len({before, changed, digest([tmp_path])}) == 3


def test_the_listener_hears_every_kind_of_call() -> None:
    port, name = PORT + 1, f"{ABSTRACT}-tested"  # the attacks may be under way beside this test
    with (
        Listener(port, name) as listener,
        socket.socket() as stream,
        socket.socket(socket.AF_UNIX) as abstract,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram,
    ):
        assert listener.heard() == 0
        stream.connect(("127.0.0.1", port))
        abstract.connect(f"\0{name}")
        datagram.sendto(b"x", ("127.0.0.1", port))
        assert listener.heard() == 3


@pytest.mark.parametrize("text", MARKUP)
def test_markup_that_would_run_is_recognised(text: str) -> None:
    assert active_in(f"<html><body>{text}</body></html>")


def test_markup_that_is_quoted_is_no_markup() -> None:
    assert active_in("<pre>&lt;script&gt;window.stolen=1&lt;/script&gt;</pre>") == []


@pytest.mark.parametrize("character", ["\x1b", "\x07", "\x9b", "\u202e", "\x00"])
def test_characters_that_move_a_cursor_are_recognised(character: str) -> None:
    assert unshown_characters(f"a{character}]0;b\n\tc") == [character]
