"""Importing what every notebook and command needs loads no heavy library."""

import subprocess
import sys

import pytest

HEAVY = ("torch", "sympy", "matplotlib", "pint", "nbgrader")


@pytest.mark.parametrize(
    "module",
    [
        "coursekit",
        "coursekit.blanks",
        "coursekit.answers.questions",
        "coursekit.compare",
        "coursekit.boundary",
        "coursekit.answers.big_o",
        "coursekit.answers.formula",
        "utils.cli",
    ],
)
def test_importing_it_loads_no_heavy_library(module):
    code = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
