"""Memory in large pages: less to copy at every fork, and nothing else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from utils.grading.box import huge_pages

PROGRAM = """
import os, re
from pathlib import Path
from utils.grading.box import huge_pages

text = bytearray(b"x" * 100_000_000)
gathered = huge_pages.gather()
held = int(re.search(r"AnonHugePages:\\s+(\\d+)", Path("/proc/self/smaps_rollup").read_text())[1]) * 1024
assert text.count(b"x") == len(text)
if os.fork() == 0:
    text[5] = 0
    before = Path("/proc/self/smaps_rollup").read_text()
    own = int(re.search(r"Private_Dirty:\\s+(\\d+)", before)[1]) * 1024
    print(own, flush=True)
    os._exit(0)
os.wait()
print(gathered, held, text[5])
"""


def test_memory_is_gathered_and_a_fork_still_copies_only_what_it_writes_to() -> None:
    root = Path(__file__).resolve().parents[3]
    command = [sys.executable, "-c", PROGRAM]
    ran = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    own, gathered, held, letter = map(int, ran.stdout.split())
    if not gathered:
        pytest.skip("this kernel cannot gather memory in huge pages (Linux 6.1 can)")
    assert held >= 90_000_000
    assert own < 20_000_000
    assert letter == ord("x")


def test_without_a_list_of_its_memory_a_process_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(huge_pages, "Path", lambda _: Path("/nowhere/maps"))
    assert huge_pages.gather() == 0
