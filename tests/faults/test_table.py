"""The table of faults lists what the tests play, and the README shows this table."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

from tests.faults.registry import FAULTS
from tests.faults.scratch import ROOT
from tests.faults.table import rows

HERE = Path(__file__).parent
BEGIN, END = "<!-- faults -->\n", "<!-- /faults -->"


def test_every_fault_of_the_table_is_played_by_a_test_and_every_test_stands_in_the_table() -> None:
    trees = [ast.parse(path.read_text(encoding="utf-8")) for path in HERE.glob("test_*.py")]
    texts = {node.value for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Constant)}
    assert set(FAULTS) <= texts


def test_the_table_has_a_row_for_every_fault() -> None:
    table = list(rows())
    assert len(table) == len(FAULTS) + 2
    assert len({row.count("|") for row in table}) == 1


def test_the_command_prints_the_table() -> None:
    command = [sys.executable, "-m", "tests.faults.table"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == list(rows())


def test_the_readme_shows_the_table_as_it_is() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    shown = readme.partition(BEGIN)[2].partition(END)[0]
    assert shown.strip().splitlines() == list(rows())
