"""What stock nbgrader gives attackers, measured again for three of them, and the table made from it."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.attacks.registry import BY_KEY, NAMES
from tests.attacks.stock import RESULTS, StockResult, measure
from tests.attacks.table import rows

AGAIN = ("s11-result-in-call", "m05-skip-tag", "r03-gradebook")
needs_bubblewrap = pytest.mark.skipif(
    shutil.which("bwrap") is None,
    reason="without bubblewrap, attacks on stock nbgrader would run with all rights on this machine",
)


@pytest.fixture(scope="module")
def recorded() -> dict[str, StockResult]:
    """Return what was measured when the attacks were last run under stock nbgrader."""
    found = json.loads(RESULTS.read_text(encoding="utf-8"))["attacks"]
    return {key: StockResult(**result) for key, result in found.items()}


def test_every_attack_that_is_safe_to_run_was_run_under_stock_nbgrader(
    recorded: dict[str, StockResult],
) -> None:
    assert set(recorded) == {attack.key for attack in BY_KEY.values() if not attack.not_in_stock}


@needs_bubblewrap
def test_three_attacks_win_under_stock_nbgrader_as_recorded(recorded: dict[str, StockResult]) -> None:
    try:
        measured = measure([BY_KEY[key] for key in AGAIN])
    except RuntimeError as error:  # about an honest student: then nothing can be said of attacks
        pytest.skip(f"nbgrader as it comes grades nobody on this machine: {error}")
    for key in AGAIN:
        assert (measured[key].unearned, measured[key].others) == (
            recorded[key].unearned,
            recorded[key].others,
        )
        assert measured[key].won


def test_the_table_has_a_row_for_every_attack_and_names_every_case() -> None:
    lines = list(rows())
    assert all(any(line.startswith(f"| {case} {name} |") for line in lines) for case, name in NAMES.items())
    assert sum(any(f"| {attack.what} |" in line for line in lines) for attack in BY_KEY.values()) == len(
        BY_KEY
    )
