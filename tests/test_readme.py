"""What the README says in numbers is what the course is."""

import builtins
import doctest
import re
from pathlib import Path

from tests.readme_tables import with_tables
from utils.build.source import parts
from utils.checks.proof import checks_of

ROOT = Path(__file__).resolve().parents[1]
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (\w+) \| (\d+) \| (\d+)/(\d+) \| (\d+)/(\d+) \| (\d+)/(\d+) \|$", re.MULTILINE)


def test_the_proof_table_counts_the_checks_mistakes_and_alternatives_that_there_are():
    rows = {row[0]: [int(n) for n in row[1:]] for row in ROW.findall(TEXT)}
    totals = rows.pop("all")
    for lesson, (count, caught, mistakes, accepted, alternatives, refused, generic) in rows.items():
        checks = checks_of(lesson).values()
        assert count == len(checks)
        assert caught == mistakes == sum(len(check.mistakes) for check in checks)
        assert accepted == alternatives == sum(len(check.alternatives) for check in checks)
        assert refused == generic
    assert totals == [sum(column) for column in zip(*rows.values(), strict=True)]
    assert len(rows) == 6


def test_the_points_of_each_lesson_are_those_of_its_parts():
    points: dict[str, int] = {}
    for part in parts(ROOT, "attention"):
        lesson = part.id.split(".")[0]
        points[lesson] = points.get(lesson, 0) + part.points
    said = re.findall(r"^\| `(\w+)` \| .* \| (\d+) \|$", TEXT, re.MULTILINE)
    assert {lesson: int(number) for lesson, number in said} == points


def test_the_example_of_the_readme_prints_what_it_says():
    examples = doctest.DocTestParser().get_doctest(TEXT.replace("```", ""), {}, "README", "README.md", 0)
    results = doctest.DocTestRunner().run(examples)
    vars(builtins).pop("_", None)  # where doctest leaves the last value, as an interactive Python does
    assert results.attempted == 3
    assert results.failed == 0


def test_every_command_the_readme_names_exists():
    from utils.cli import parser

    known = next(action for action in parser()._actions if action.choices).choices
    named = set(re.findall(r"^course (\w+)", TEXT, re.MULTILINE)) | set(re.findall(r"`course (\w+)", TEXT))
    assert named <= set(known)


def test_the_tables_of_attacks_and_faults_are_those_that_the_tests_play():
    assert with_tables(TEXT) == TEXT, "run: python -m tests.readme_tables"
