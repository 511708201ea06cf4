"""What a visible check announces is true: as many checks are still to come as the hidden test makes."""

import importlib
import re
from pathlib import Path

import pytest

from utils.build.lessons import lesson_paths
from utils.checks import draws
from utils.checks.check import FunctionCheck

ROOT = Path(__file__).resolve().parents[2]
LESSONS = [path.stem for path in lesson_paths(ROOT, "attention")]
ANNOUNCED = re.compile(r'passed\("(\w+)", hidden=(\d+)\)')


@pytest.mark.parametrize("lesson", LESSONS)
def test_a_function_has_as_many_more_checks_as_its_visible_check_says(lesson):
    text = (ROOT / "coursekit" / "visible" / f"{lesson}.py").read_text(encoding="utf-8")
    announced = {name: int(count) for name, count in ANNOUNCED.findall(text)}
    made = {
        check.variable: len(list(check.cases(draws.generator(check.part)))) + len(check.properties)
        for check in vars(importlib.import_module(f"utils.checks.{lesson}")).values()
        if isinstance(check, FunctionCheck)
    }
    assert announced == made
