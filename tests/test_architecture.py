"""Who may import whom. The table is the picture in the README; this test walks the imports."""

import ast
import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
LEAVES = {
    "coursekit.blanks",
    "coursekit.compare",
    "coursekit.display",
    "coursekit.boundary",
    "coursekit.shapes",
}
RECORDS = {"coursekit.handed_out", "coursekit.run_record"}
MAY_IMPORT = {
    # coursekit never imports utils: students receive it whole, and nothing else
    "coursekit.shapes": set(),
    "coursekit.blanks": set(),
    "coursekit.display": set(),
    "coursekit.handed_out": set(),
    "coursekit.run_record": {"coursekit.display"},
    "coursekit.cell_faults": {"coursekit.handed_out", "coursekit.run_record"},
    "coursekit.part_states": {"coursekit.handed_out", "coursekit.run_record"},
    "coursekit.progress": {"coursekit.cell_faults", "coursekit.part_states", *LEAVES, *RECORDS},
    "coursekit.selfcheck": {"coursekit.progress", "coursekit.cell_faults", "coursekit.part_states", *RECORDS},
    "coursekit.time_limits": set(),
    "coursekit.lab": set(),
    "coursekit.jupyter_config": {"coursekit.time_limits"},
    "coursekit.compare": {"coursekit.blanks"},
    "coursekit.boundary": {"coursekit.blanks"},
    "coursekit.cost": {"coursekit.boundary"},
    "coursekit.answers": {"coursekit.blanks", "coursekit.compare", "coursekit.display"},
    "coursekit.figures": {"coursekit.answers", "coursekit.cost", *LEAVES},
    "coursekit.visible": {"coursekit.answers", "coursekit.cost", "coursekit.run_record", *LEAVES},
    # utils: references know nothing of checks, the build nothing of torch, the command line everything
    "utils.reference": {"coursekit"},
    "utils.build": {"coursekit.answers", "coursekit.blanks", "coursekit.handed_out"},
    "utils.checks": {"coursekit", "utils.reference", "utils.console"},
    "utils.grading": {"coursekit", "utils.checks", "utils.build", "utils.quick_start", "utils.console"},
    "utils.feedback": {"utils.build", "utils.grading", "coursekit.handed_out"},
    "utils.formgrader": {"utils.build", "utils.feedback"},
    "utils.report": {"utils.build", "utils.checks", "utils.grading", "utils.console"},
    "utils.collect": {"utils.grading", "utils.build", "utils.tables"},
    "utils.export": {
        "utils.grading",
        "utils.build",
        "utils.collect",
        "utils.checks.course_key",
        "utils.tables",
    },
    "utils.sheets": {"coursekit", "utils.checks", "utils.build", "utils.grading"},
    "utils.classes": {
        "utils.grading",
        "utils.build",
        "utils.collect",
        "utils.tables",
        "coursekit.handed_out",
    },
    "utils.commands": {
        "utils.classes",
        "utils.export",
        "utils.collect",
        "utils.build",
        "utils.grading",
        "utils.checks",
        "utils.report",
        "utils.console",
        "utils.sheets",
    },
    "utils.cli": {"utils.commands", "utils.quick_start"},
    "utils.quick_start": set(),
    "utils.console": set(),
    "utils.tables": set(),
}
MODULES = sorted([*(ROOT / "coursekit").rglob("*.py"), *(ROOT / "utils").rglob("*.py")])


def dotted(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def part_of(module: str) -> str | None:
    return next((part for part in MAY_IMPORT if module == part or module.startswith(part + ".")), None)


def base_of(node: ast.ImportFrom, path: Path) -> str:
    """Return the module that an import is from, relative ones in full."""
    if not node.level:
        return node.module or ""
    package = path.parents[node.level - 1].relative_to(ROOT).parts
    return ".".join([*package, *([node.module] if node.module else [])])


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {f"{base_of(node, path)}.{alias.name}" for alias in node.names}
    return {name for name in found if name.split(".")[0] in ("coursekit", "utils")}


def allowed(part: str, name: str) -> bool:
    return any(name == ok or name.startswith(ok + ".") for ok in {part, *MAY_IMPORT[part]})


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_a_module_imports_only_what_the_table_allows(path):
    part = part_of(dotted(path))
    if part is None:  # a package's own __init__
        assert not imported(path)
        return
    assert {name for name in imported(path) if not allowed(part, name)} == set()


def test_the_table_would_notice_an_arrow_from_coursekit_to_utils(tmp_path):
    file = tmp_path / "wrong.py"
    file.write_text("from utils.reference import decoding\n")
    assert not all(allowed("coursekit.visible", name) for name in imported(file))


def test_every_module_of_ours_is_in_the_table_and_every_row_exists():
    modules = {dotted(path) for path in MODULES}
    homeless = {m for m in modules if part_of(m) is None and m not in ("coursekit", "utils")}
    assert homeless == set()
    assert {
        row for row in MAY_IMPORT if not any(m == row or m.startswith(row + ".") for m in modules)
    } == set()


@pytest.mark.parametrize("path", MODULES, ids=dotted)
def test_no_module_is_named_for_nothing_and_none_is_too_long_to_hold_in_the_head(path):
    assert path.stem not in ("utils", "helpers", "common", "misc")
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 400


def test_the_build_never_loads_torch():
    heavy = {"torch", "sympy", "matplotlib", "numpy"}
    for path in (ROOT / "utils" / "build").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        names = {a.name.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        names |= {
            n.module.split(".")[0] for n in ast.walk(tree) if isinstance(n, ast.ImportFrom) and n.module
        }
        assert not names & heavy, path.name


def test_every_folder_of_tests_is_collected():
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["pytest"][
        "ini_options"
    ]
    folders = {path.parent.name for path in (ROOT / "tests").rglob("test_*.py")}
    assert not any(fnmatch(folder, pattern) for folder in folders for pattern in settings["norecursedirs"])
