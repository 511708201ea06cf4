"""What the build adds to a release: head lines, the last cells, the note on what was handed out."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from nbformat import NotebookNode

from coursekit.handed_out import Part, digest, handed_out, version_of
from utils.build.announced import announced_by
from utils.build.labels import add_heads, heads, last_cells, note, without_heads
from utils.build.lessons import lesson_paths, load, read
from utils.build.notebooks import to_notebook

ROOT = Path(__file__).resolve().parents[2]
RELEASED = sorted((ROOT / "release").glob("*/*.ipynb"))


def cells(text: str) -> list[NotebookNode]:
    """Return the cells of a lesson as the build labels them; what a release hides is still in them."""
    found: list[NotebookNode] = to_notebook(read(text, "mean")).cells + last_cells("mean")
    add_heads(found)
    return found


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
def test_every_marked_cell_says_first_what_it_is_for_and_what_it_is_worth(path: Path) -> None:
    said = {"solution": "# YOUR TURN", "graded": "# CHECK: ", "written": "**YOUR TURN: ", "locked": "# GIVEN"}
    for cell in json.loads(path.read_text("utf-8"))["cells"]:
        mark = cell["metadata"].get("nbgrader")
        first = cell["source"][0] if cell["source"] else ""
        if mark is None:
            assert not first.startswith(tuple(said.values()))
            continue
        role = "written" if mark["grade"] and mark["solution"] else "graded" if mark["grade"] else ""
        assert first.startswith(said[role or ("solution" if mark["solution"] else "locked")])
        if mark["grade"]:
            assert f"{mark['points']} point" in first


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
def test_a_released_notebook_says_which_parts_were_handed_out(path: Path) -> None:
    lesson = load(ROOT / "lessons" / path.parent.name / f"{path.stem}.py")
    said = handed_out(json.loads(path.read_text("utf-8")))
    assert said is not None
    assert (said.assignment, said.lesson) == (path.parent.name, path.stem)
    expected = [(cell.name, cell.points) for cell in lesson.with_role("graded", "written")]
    assert [(part.name, part.points) for part in said.parts] == expected
    assert all(part.answers for part in said.parts)


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
def test_a_notebook_ends_with_a_read_only_cell_that_shows_the_progress(path: Path) -> None:
    prose, code = json.loads(path.read_text("utf-8"))["cells"][-2:]
    assert prose["cell_type"] == "markdown"
    assert code["source"][-1] == f'progress("{path.stem}")'
    assert code["metadata"]["editable"] is False
    assert code["metadata"]["nbgrader"]["grade"] is False


def test_heads_come_off_again_and_leave_the_cells_as_they_were(lesson_text: str) -> None:
    before = [cell.source for cell in to_notebook(read(lesson_text, "mean")).cells]
    assert without_heads(cells(lesson_text))[:-2] == before


def test_a_cell_to_fill_in_without_a_check_of_its_name_is_worth_nothing_by_itself(lesson_text: str) -> None:
    text = lesson_text.replace('solution="mean"', 'solution="guess"')
    assert heads(cells(text))["guess"] == "# YOUR TURN"


def test_a_check_finds_the_cells_whose_names_it_uses(lesson_text: str) -> None:
    text = lesson_text.replace('solution="mean"', 'solution="guess"')
    parts = note("means", "mean", cells(text))["parts"]
    found = {key: parts[0][key] for key in ("name", "points", "answers", "check")}
    assert found == {"name": "mean", "points": 2, "answers": ["guess"], "check": "test-mean"}


@pytest.mark.parametrize("path", RELEASED, ids=lambda path: path.stem)
def test_the_note_tells_of_every_check_how_many_more_run_when_graded(path: Path) -> None:
    noted = note(path.parent.name, path.stem, json.loads(path.read_text("utf-8"))["cells"])
    checked = [part for part in noted["parts"] if part["check"]]
    assert [part["name"] for part in checked if not part["more"]] == []
    assert all(part["more"] == 1 for part in checked if part["typed"])
    assert {part["typed"] for part in checked} == {True, False}
    assert all(part["more"] is None for part in noted["parts"] if part not in checked)


def test_the_counts_are_those_that_the_visible_checks_announce() -> None:
    announced = announced_by("decoding")
    assert announced.by("visible.multi_query_step(multi_query_step)") == (4, False)
    assert announced.by("visible.a(shape_W_q)") == (1, True)
    assert announced.by("# Run when graded.\nx = other.a(1) + visible.draw(2)") == (None, False)
    assert announced_by("no_such_lesson").by("visible.a(x)") == (None, False)
    assert announced_by("../visible/decoding").more == {}


def test_the_note_reads_back_as_what_was_noted(lesson_text: str) -> None:
    found = cells(lesson_text)
    said = handed_out({"metadata": {"course": json.loads(json.dumps(note("means", "mean", found)))}})
    assert said is not None
    assert said.parts == (Part("mean", 2, ("mean",), "test-mean"), Part("why", 3, ("written-why",)))
    assert said.cells["given-setup"] == digest(found[1].source)


@pytest.mark.parametrize(
    ("old", "new", "same"),
    [
        ("A case to check by hand.", "A case to check by hand.", True),
        ("A case to check by hand.", "Another case to check.", False),
        ("points=2", "points=4", False),
        ("width = 4", "width = 5", False),
        ('graded="mean"', 'graded="average"', False),
    ],
)
def test_the_version_depends_on_what_is_handed_out(lesson_text: str, old: str, new: str, same: bool) -> None:
    def version(text: str) -> str:
        return version_of({"metadata": {"course": note("means", "mean", cells(text))}})

    assert (version(lesson_text) == version(lesson_text.replace(old, new))) is same
    assert version(lesson_text)


def test_the_version_does_not_tell_of_hidden_tests(
    course: Path, edit: Callable[[str, str], None], tmp_path: Path
) -> None:
    from utils.build.release import build_release
    from utils.build.source import build_source

    def built() -> str:
        build_source(course, "means")
        build_release(course, "means")
        return version_of(json.loads((course / "release/means/mean.ipynb").read_text("utf-8")))

    before = built()
    edit("assert mean([3, 5, 10]) == 6", "assert mean([3, 5, 13]) == 7")
    assert built() == before
    edit("The means grow", "All means grow")
    assert built() != before


def test_every_lesson_of_the_course_has_a_version_of_its_own() -> None:
    versions = {version_of(json.loads(path.read_text("utf-8"))) for path in RELEASED}
    assert "" not in versions
    assert len(versions) == len(RELEASED) == len(lesson_paths(ROOT, "attention"))
