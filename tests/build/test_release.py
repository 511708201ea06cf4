"""Lessons to source to release, and the proof that nothing leaks."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from utils.build.leaks import LeakError, given_away, hidden_texts, prove_release
from utils.build.lessons import ContractError, load
from utils.build.release import ReleaseError, build_release
from utils.build.source import Part, build_source, parts

Edit = Callable[[str, str], None]


@pytest.fixture(scope="module")
def gradebook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty gradebook, made once: nbgrader needs two seconds for it."""
    from nbgrader.api import Gradebook

    path = tmp_path_factory.mktemp("gradebook") / "gradebook.db"
    before = os.environ["PATH"]
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), before])
    Gradebook(f"sqlite:///{path}", "efficient-attention").close()
    os.environ["PATH"] = before
    return path


@pytest.fixture
def built(course: Path, gradebook: Path) -> Path:
    """Return the scratch course with its source and release."""
    shutil.copy(gradebook, course)
    build_source(course, "means")
    build_release(course, "means")
    return course


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def times(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in sorted(folder.iterdir())}


def released(course: Path) -> dict[str, str]:
    """Return the text of every released cell by its id."""
    notebook = json.loads((course / "release" / "means" / "mean.ipynb").read_text("utf-8"))
    return {cell["id"]: "".join(cell["source"]) for cell in notebook["cells"]}


def test_a_release_holds_notebooks_a_readme_requirements_and_the_licence(built: Path) -> None:
    names = ["LICENSE", "README.md", "mean.ipynb", "requirements.txt"]
    assert list(contents(built / "source" / "means")) == names
    assert list(contents(built / "release" / "means")) == names


def test_a_student_receives_blanks_starters_and_visible_tests(built: Path) -> None:
    cells = released(built)
    assert cells["given-setup"] == (
        "# GIVEN. Run it; it cannot be edited.\nimport math\n\nfrom coursekit.blanks import ____\n\nwidth = 4"
    )
    assert cells["mean"] == (
        "# YOUR TURN: mean, 2 points\n"
        'def mean(numbers):\n    """Return the mean."""\n    ____()  # write your code here\n\n\n'
        "μ = ____ * 2\nlabel = ____  # a text"
    )
    assert cells["test-mean"] == (
        "# CHECK: mean, 2 points. Run it; it cannot be edited.\n"
        'assert mean([2, 4]) == 3, "the mean of 2 and 4 is 3"'
    )
    assert cells["written-why"] == "**YOUR TURN: why, 3 points, read by a person**\n\nYour answer here."


def test_building_again_changes_no_byte_and_touches_no_file(built: Path) -> None:
    folders = [built / "source" / "means", built / "release" / "means"]
    before = [(contents(folder), times(folder)) for folder in folders]
    build_source(built, "means")
    build_release(built, "means")
    assert [(contents(folder), times(folder)) for folder in folders] == before


def recorded(course: Path) -> dict[str, tuple[str, float | None]]:
    """Return the source and points of every cell in the gradebook by its id."""
    from nbgrader.api import Gradebook

    with Gradebook(f"sqlite:///{course}/gradebook.db", "efficient-attention") as book:
        notebook = book.find_notebook("mean", "means")
        points = {cell.name: cell.max_score for cell in notebook.grade_cells}
        return {cell.name: (cell.source, points.get(cell.name)) for cell in notebook.source_cells}


def test_the_gradebook_keeps_the_hidden_tests_and_is_left_alone_until_a_cell_changes(
    built: Path, edit: Edit
) -> None:
    before = (built / "gradebook.db").read_bytes()
    build_release(built, "means")
    assert (built / "gradebook.db").read_bytes() == before
    edit("assert mean([3, 5, 10]) == 6", "assert mean([3, 5, 13]) == 7")
    build_source(built, "means")
    build_release(built, "means")
    source, points = recorded(built)["test-mean"]
    assert "assert mean([3, 5, 13]) == 7" in source
    assert points == 2


@pytest.mark.parametrize(
    ("old", "new"),
    [('graded="mean" points=2', 'graded="mean" points=5'), ('written="why"', 'written="wherefore"')],
)
def test_a_changed_mark_is_recorded(built: Path, edit: Edit, old: str, new: str) -> None:
    edit(old, new)
    build_source(built, "means")
    build_release(built, "means")
    cells = recorded(built)
    assert (cells["test-mean"][1] == 5) == ("points=5" in new)
    assert ("written-wherefore" in cells) == ("wherefore" in new)
    assert len(cells) == 5  # the last one shows the progress


def test_a_build_from_nothing_gives_the_same_bytes(built: Path) -> None:
    before = contents(built / "source" / "means"), contents(built / "release" / "means")
    for name in ("source", "release"):
        shutil.rmtree(built / name)
    build_source(built, "means")
    build_release(built, "means")
    assert (contents(built / "source" / "means"), contents(built / "release" / "means")) == before


def test_only_the_changed_file_is_written(built: Path, edit: Edit) -> None:
    before = times(built / "release" / "means")
    edit("A case to check by hand.", "A case to check in your head.")
    build_source(built, "means")
    build_release(built, "means")
    after = times(built / "release" / "means")
    assert [name for name in after if after[name] != before[name]] == ["mean.ipynb"]


def test_files_that_no_lesson_makes_are_removed(built: Path) -> None:
    for folder in ("source", "release"):
        (built / folder / "means" / "old.ipynb").write_text("{}", encoding="utf-8")
        (built / folder / "means" / "old").mkdir()
    build_source(built, "means")
    build_release(built, "means")
    assert not list(built.glob("*/means/old*"))


def test_a_broken_lesson_leaves_source_as_it_was(built: Path, edit: Edit) -> None:
    before = contents(built / "source" / "means")
    edit("assert mean([2, 4]) == 3", "assert mean([2, 4]) is 3")
    with pytest.raises(ContractError, match=r"lessons/means/mean.py:\d+: graded \"mean\": .*`is`"):
        build_source(built, "means")
    assert contents(built / "source" / "means") == before


def test_a_failing_release_says_why_and_leaves_the_old_one(built: Path) -> None:
    before = contents(built / "release" / "means")
    source = built / "source" / "means" / "mean.ipynb"
    source.write_text(
        source.read_text("utf-8").replace("### END HIDDEN TESTS", "### THE END"), encoding="utf-8"
    )
    with pytest.raises(ReleaseError, match="BEGIN HIDDEN TESTS has no ### END"):
        build_release(built, "means")
    assert contents(built / "release" / "means") == before


def test_an_assignment_without_lessons_is_named(course: Path) -> None:
    with pytest.raises(FileNotFoundError, match="no lessons in .*lessons/other"):
        build_source(course, "other")


def test_parts_are_listed_in_the_order_of_the_lesson(course: Path) -> None:
    assert parts(course, "means") == [
        Part("mean.mean", "A1a", "function", 2, manual=False),
        Part("mean.why", "A1b", "", 3, manual=True),
    ]


@pytest.mark.slow
def test_nbgraders_own_command_gives_the_same_release(built: Path) -> None:
    before = contents(built / "release" / "means")
    shutil.rmtree(built / "release")
    command = [sys.executable, "-m", "nbgrader", "generate_assignment", "means", "--force"]
    paths = {"PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])}
    root = str(Path(__file__).resolve().parents[2])
    environment = {**os.environ, **paths, "PYTHONPATH": root}
    subprocess.run(command, cwd=built, env=environment, check=True, capture_output=True)
    assert contents(built / "release" / "means") == before


def test_formgraders_button_gives_the_same_release(built: Path) -> None:
    from nbgrader.apps import NbGraderAPI

    from utils.build.release import course_config

    before = contents(built / "release" / "means")
    result = NbGraderAPI(config=course_config(built)).generate_assignment("means", force=True)
    assert result["success"], result
    assert contents(built / "release" / "means") == before


def test_the_proof_looks_for_every_hidden_text(built: Path) -> None:
    texts = set(hidden_texts(load(built / "lessons" / "means" / "mean.py")))
    assert texts == {
        "total = math.fsum(numbers)",
        "return total / len(numbers)",
        "mean([1, 2, 3]) + 1",
        '"the mean (of three)"',
        "from utils.build.clearing import WRITTEN_STARTER",
        "assert mean([3, 5, 10]) == 6, WRITTEN_STARTER",
        "assert μ == 6 and label",
        "A mean forgets the spread of the data.",
        "3 points for the word spread, or variance.",
    }
    assert prove_release(built, "means") == 9


@pytest.mark.parametrize(
    ("where", "old", "new", "leak"),
    [
        (
            "mean.ipynb",
            "The means grow",
            "total = math.fsum(numbers)",
            "shown in the release: 'total = math.fsum",
        ),
        ("mean.ipynb", "The means grow", "It is mean([1,  2, 3]) + 1", "'mean([1, 2, 3]) + 1'"),
        (
            "mean.ipynb",
            "The means grow",
            "spread of the data. A mean forgets the spread of the data.",
            "A mean forg",
        ),
        ("mean.ipynb", "The means grow", "### BEGIN SOLUTION", "a mark of the lessons"),
        ("mean.ipynb", "The means grow", "see utils.checks", "the instructor's package"),
        ("mean.ipynb", "____ * 2", "BLANK(3) * 2", "a tool of the build"),
        ("mean.ipynb", '"outputs": []', '"outputs": [{}]', "outputs"),
        ("mean.ipynb", '"id": "prose-01"', '"id": "prose-01", "attachments": {}', "metadata attachments"),
        (
            "mean.ipynb",
            '"deletable": false',
            '"course": {"spec": "a"}, "deletable": false',
            "metadata course.spec",
        ),
        ("mean.ipynb", '"kernelspec"', '"authors": [], "kernelspec"', "expected only the kernelspec"),
        ("mean.ipynb", '"lesson": "mean"', '"key": 6, "lesson": "mean"', "not the note that the released"),
        ("mean.ipynb", '"name": "why"', '"name": "why", "answer": 6', "not the note that the released"),
        ("mean.ipynb", "# YOUR TURN: mean", "# YOUR TURN: total = math.fsum(numbers)", "'total = math.fsum"),
        ("mean.ipynb", 'progress(\\"mean\\")', 'progress(\\"mean\\") # 6', "last two cells are not"),
        ("README.md", "## How to work", "from utils import cli", "the instructor's package"),
    ],
)
def test_the_proof_finds_a_leak(built: Path, where: str, old: str, new: str, leak: str) -> None:
    path = built / "release" / "means" / where
    text = path.read_text("utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(LeakError) as found:
        prove_release(built, "means")
    assert leak in str(found.value)
    assert str(found.value).startswith(where)


def test_the_proof_finds_files_that_do_not_belong_and_files_that_are_missing(built: Path) -> None:
    release = built / "release" / "means"
    (release / "data").mkdir()
    (release / "data" / "keys.json").write_text("{}", encoding="utf-8")
    (release / "README.md").unlink()
    with pytest.raises(LeakError) as found:
        prove_release(built, "means")
    assert str(found.value).splitlines() == [
        "data/keys.json: this file does not belong in a release",
        "README.md: missing",
    ]


def test_the_source_itself_is_a_leak(built: Path) -> None:
    shutil.copy(built / "source" / "means" / "mean.ipynb", built / "release" / "means")
    with pytest.raises(LeakError) as found:
        prove_release(built, "means")
    leaks = str(found.value)
    assert all(text in leaks for text in hidden_texts(load(built / "lessons" / "means" / "mean.py")))


def test_words_that_the_lesson_itself_shows_are_no_leak(built: Path, edit: Edit) -> None:
    edit("The means grow with", "Remember: return total / len(numbers). The means grow with")
    build_source(built, "means")
    build_release(built, "means")
    assert prove_release(built, "means") == 9


def test_the_build_imports_no_torch() -> None:
    root = Path(__file__).resolve().parents[2]
    modules = sorted(path.stem for path in (root / "utils" / "build").glob("[a-z]*.py"))
    code = "import sys\n" + "".join(f"import utils.build.{name}\n" for name in modules)
    code += "assert not {'torch', 'sympy', 'matplotlib', 'numpy'} & set(sys.modules), sorted(sys.modules)"
    subprocess.run([sys.executable, "-c", code], cwd=root, check=True)


def test_an_author_is_told_of_answers_that_the_lesson_shows(course: Path, edit: Edit) -> None:
    path = course / "lessons" / "means" / "mean.py"
    assert given_away(load(path)) == []
    edit("# The means grow with", "# You may write the mean (of three). The means grow with")
    assert given_away(load(path)) == ['"the mean (of three)"']
