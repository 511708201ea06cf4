"""A class full of attackers, graded once: what each earns, and what nobody else notices."""

from __future__ import annotations

import json
import os
import re
from pathlib import Path

import pytest

from tests.attacks.active import active_in
from tests.attacks.assignment import ASSIGNMENT
from tests.attacks.attack import Attack
from tests.attacks.graded import DEADLINE, GradedClass
from tests.attacks.promises import (
    assert_neighbours,
    assert_nothing_left,
    assert_outcome,
    places_of_canaries,
    shown_types,
    unshown_characters,
)
from tests.attacks.registry import ATTACKS, case_title

LARGEST_NOTEBOOK = 8_000_000  # bytes of an executed notebook: the caps on a notebook's figures and text
SUBMITTED_METADATA = ("evil", "etc/passwd", "widget-state", "onload", "skip-execution")
TRUSTED_MEMORY = 1_500_000_000  # bytes of one process outside the boxes: three times what it needs for torch
IS_LINUX = Path("/proc/self/ns/user").exists()
pytestmark = pytest.mark.skipif(not IS_LINUX, reason="boxes need Linux with namespaces")


@pytest.mark.parametrize("attack", ATTACKS, ids=[f"{case_title(a.case)}: {a.what}" for a in ATTACKS])
def test_an_attack_earns_and_finds_exactly_what_it_should(graded: GradedClass, attack: Attack) -> None:
    assert_outcome(graded, attack)


def test_honest_students_among_attackers_keep_all_their_points(graded: GradedClass) -> None:
    assert_neighbours(graded)


def test_every_submission_is_graded_or_fails_by_name_within_the_deadline(graded: GradedClass) -> None:
    failed = re.findall(r"^(\S+) could not be graded:", graded.printed, re.MULTILINE)
    assert failed == ["aa-honest", "x03-hardlink"]  # one file; what it earned before stays
    assert graded.code == 1, graded.printed[-2000:]
    assert graded.seconds < DEADLINE


def test_a_run_leaves_no_process_mount_group_or_file_and_changes_no_submission(
    graded: GradedClass,
) -> None:
    assert_nothing_left(graded)


def test_no_secret_stands_in_anything_that_a_run_writes(graded: GradedClass) -> None:
    assert places_of_canaries(graded) == {}


def test_no_process_of_the_grader_grows_with_what_attackers_send(graded: GradedClass) -> None:
    assert 0 < graded.trusted_memory < TRUSTED_MEMORY


def test_no_executed_notebook_grows_without_bound(graded: GradedClass) -> None:
    sizes = {path: path.stat().st_size for path in graded.written if path.suffix == ".ipynb"}
    assert {path: size for path, size in sizes.items() if size > LARGEST_NOTEBOOK} == {}
    assert len(sizes) >= len(ATTACKS)


def test_outputs_of_students_hold_text_and_pictures_only(graded: GradedClass) -> None:
    kinds = {attack.key: shown_types(graded.notebook(attack.key)) for attack in ATTACKS if not attack.fails}
    wrong = {key: found - {"text/plain", "image/png", "image/jpeg"} for key, found in kinds.items()}
    assert {key: found for key, found in wrong.items() if found} == {}


@pytest.mark.parametrize("key", [attack.key for attack in ATTACKS if attack.key.startswith("v")])
def test_a_feedback_page_holds_nothing_active_of_the_student(graded: GradedClass, key: str) -> None:
    assert active_in(graded.page(key).read_text(encoding="utf-8")) == []


def test_a_feedback_page_says_what_it_may_load(graded: GradedClass) -> None:
    assert "Content-Security-Policy" in graded.page("v01-outputs").read_text(encoding="utf-8")


def test_the_console_shows_no_control_characters(graded: GradedClass) -> None:
    assert unshown_characters(graded.printed) == []


@pytest.mark.parametrize("key", ["v03-ansi", "v03-typed", "v03-typed-number", "v04-phishing-feedback"])
def test_outputs_and_errors_of_students_hold_no_control_characters(graded: GradedClass, key: str) -> None:
    assert unshown_characters(graded.said_to(key)) == []


def test_odd_file_names_are_said_on_one_line_each(graded: GradedClass) -> None:
    notes = [line for line in graded.printed.splitlines() if line.startswith("x05-names: ")]
    assert len(notes) == len(os.listdir(graded.root / "submitted" / "x05-names" / ASSIGNMENT)) - 2


def test_links_are_not_followed_into_the_graded_folder(graded: GradedClass) -> None:
    for key in ("x01-symlink-file", "x02-symlink-dir", "x02-symlink-notebook"):
        folder = graded.executed(key).parent
        assert not [path for path in folder.rglob("*") if path.is_symlink()]
        assert not (folder / "secret.txt").exists()
        assert not (folder / "data").exists()


def test_no_file_of_a_student_lies_in_the_graded_folder_where_python_could_load_it(
    graded: GradedClass,
) -> None:
    for key in ("x09-shadow-numpy", "x09-shadow-modules", "x10-ipython-config"):
        names = {path.name for path in graded.executed(key).parent.rglob("*") if path.is_file()}
        assert names <= {"target.ipynb", "README.md", "requirements.txt"}
        assert "was loaded" not in graded.said_to(key)
        assert "was run" not in graded.said_to(key)


def test_metadata_of_a_student_does_not_reach_the_executed_notebook(graded: GradedClass) -> None:
    for key in ("m07-kernelspec", "m08-attachments", "m05-skip-tag"):
        text = json.dumps(graded.notebook(key))
        assert [
            word
            for word in ("evil", "etc/passwd", "widget-state", "onload", "skip-execution")
            if word in text
        ] == []


def test_text_printed_in_a_graded_call_is_set_apart_as_the_students(graded: GradedClass) -> None:
    printed = graded.said_to("r04-objects")
    assert "printed by the code of this notebook:\n| loot" in printed
