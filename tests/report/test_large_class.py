"""Two thousand students and the whole assignment: within twenty seconds, on three megabytes."""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path

import pytest
from made_class import fill, make_course, plausible

from utils.build.source import parts
from utils.report import page
from utils.report.class_data import class_data

STUDENTS, SECONDS, BYTES = 2000, 20, 3_000_000


@pytest.mark.slow
def test_a_report_on_two_thousand_is_made_in_time_and_is_small_enough_to_be_sent(tmp_path: Path) -> None:
    root = make_course(tmp_path / "course")
    known = parts(root, "attention")
    fill(root, plausible(known, {}, STUDENTS, unfair=["decoding.g"]))
    started = time.process_time()  # other programs of the machine do not count
    said = page.report(class_data(root, "attention"), made=datetime(2026, 3, 2))
    text = page.html(said)
    assert time.process_time() - started < SECONDS
    assert len(text.encode()) < BYTES
    assert (said.n, len(said.data.parts)) == (STUDENTS, len(known))
    assert "decoding.g" in {suspect.part.id for suspect in said.suspects}
