"""What lies in submitted/: files that several students share, and trees that nothing can be read from."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest
from deep_trees import nested

from utils.grading.digests import submission_digest
from utils.grading.reading import why_not_taken
from utils.grading.submitted_files import DEEPEST, notebooks_below

LESSONS = ("decoding", "attention")
MEND = "replace each by a copy of what that student handed in, and grade again."


@pytest.fixture
def submitted(tmp_path: Path) -> Path:
    """Return a folder with the submission of one honest student, ada."""
    handed_in(tmp_path / "submitted", "ada")
    return tmp_path / "submitted"


def handed_in(submitted: Path, student: str, text: str = "{}") -> Path:
    """Write a notebook; return its folder."""
    folder = submitted / student / "attention"
    folder.mkdir(parents=True)
    if text:
        (folder / "decoding.ipynb").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("name", ["decoding.ipynb", "data.txt", "deep/in/there/decoding (2).ipynb"])
@pytest.mark.parametrize("seconds", [-1000, 1000])
def test_no_time_decides_whose_a_shared_file_is(submitted: Path, name: str, seconds: int) -> None:
    ada, eve = submitted / "ada" / "attention", handed_in(submitted, "eve", "")
    link = eve / name
    link.parent.mkdir(parents=True, exist_ok=True)
    link.hardlink_to(ada / "decoding.ipynb")
    when = (ada / "decoding.ipynb").stat().st_mtime + seconds
    for place in (link, link.parent, eve, eve.parent):
        os.utime(place, (when, when))
    of_ada, of_eve = "`submitted/ada/attention/decoding.ipynb`", f"`submitted/eve/attention/{name}`"
    assert why_not_taken(ada, LESSONS) == {"decoding": f"{of_ada} and {of_eve} are one file; {MEND}"}
    mine = {"decoding": f"{of_eve} and {of_ada} are one file; {MEND}"} if link.suffix == ".ipynb" else {}
    assert why_not_taken(eve, LESSONS) == mine


def test_many_names_are_counted_and_not_all_listed(submitted: Path) -> None:
    own = submitted / "ada" / "attention" / "decoding.ipynb"
    for number in range(9):
        (handed_in(submitted, f"eve-{number}", "") / "decoding.ipynb").hardlink_to(own)
    said = why_not_taken(own.parent, LESSONS)["decoding"]
    assert "`submitted/eve-2/attention/decoding.ipynb` and 6 more are one file" in said


def test_two_names_in_one_students_own_folder_are_nobody_elses(submitted: Path) -> None:
    own = submitted / "ada" / "attention" / "decoding.ipynb"
    (own.parent / "decoding (1).ipynb").hardlink_to(own)
    assert why_not_taken(own.parent, LESSONS) == {}


def test_a_name_that_is_hidden_where_nobody_can_look_takes_nothing_from_its_owner(submitted: Path) -> None:
    own, eve = submitted / "ada" / "attention" / "decoding.ipynb", handed_in(submitted, "eve")
    with nested(eve, ["d"] * (DEEPEST + 2)) as innermost:
        os.link(own, "hidden", dst_dir_fd=innermost)
        assert "has another name outside of the submissions" in why_not_taken(own.parent, LESSONS)["decoding"]
        assert "holds folders more than" in why_not_taken(eve, LESSONS)[""]


@pytest.mark.parametrize("target", ["ada", "../source"])
def test_a_folder_that_is_a_link_to_something_of_the_course_is_not_taken(
    submitted: Path, target: str
) -> None:
    (submitted.parent / "source" / "attention").mkdir(parents=True)
    (submitted / "eve").symlink_to(target)
    said = why_not_taken(submitted / "eve" / "attention", LESSONS)[""]
    assert said.startswith("`submitted/eve/attention` is a link to `")
    assert why_not_taken(submitted / "ada" / "attention", LESSONS) == {}


def test_a_folder_may_be_a_link_to_another_disk(submitted: Path, tmp_path_factory: pytest.TempPathFactory):
    (submitted / "ben").symlink_to(handed_in(tmp_path_factory.mktemp("disk"), "ben").parent)
    assert why_not_taken(submitted / "ben" / "attention", LESSONS) == {}
    assert [path.name for path in notebooks_below(submitted / "ben" / "attention")] == ["decoding.ipynb"]


@pytest.mark.parametrize(
    ("names", "why"),
    [(["d"] * 1500, "holds folders more than 50 deep"), (["n" * 200] * 30, "(File name too long)")],
    ids=["deep", "long"],
)
def test_a_tree_that_has_no_end_is_a_reason_and_no_error(submitted: Path, names: list[str], why: str) -> None:
    eve = handed_in(submitted, "eve")
    before = submission_digest(eve, "decoding", LESSONS)
    with nested(eve, names):
        said = why_not_taken(eve, LESSONS)[""]
        assert why in said
        assert len(said) < 200
        assert submission_digest(eve, "decoding", LESSONS) != before


def test_a_file_that_may_not_be_read_is_a_reason_and_no_error(
    submitted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = submitted / "ada" / "attention"
    before = submission_digest(ada, "decoding", LESSONS)

    def refused(path: Path, *mode: str) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refused)  # root may read everything
    monkeypatch.setattr(Path, "read_bytes", refused)
    said = "`submitted/ada/attention/decoding.ipynb` could not be read (Permission denied); mend that, "
    assert why_not_taken(ada, LESSONS) == {"decoding": f"{said}and grade again."}
    assert submission_digest(ada, "decoding", LESSONS) != before


@pytest.mark.parametrize("name", ["decoding.ipynb", "timestamp.txt"])
def test_what_is_said_of_another_kind_of_file_is_in_the_digest(submitted: Path, name: str) -> None:
    path, digests = submitted / "ada" / "attention" / name, []
    makers = (lambda: path.symlink_to("nowhere"), path.mkdir, lambda: os.mkfifo(path), path.touch)
    for make in makers:
        path.unlink(missing_ok=True) if not path.is_dir() else path.rmdir()
        digests.append(submission_digest(path.parent, "decoding", LESSONS))
        make()
        digests.append(submission_digest(path.parent, "decoding", LESSONS))
    assert len(set(digests)) == 1 + len(makers)  # missing, and one for each kind
