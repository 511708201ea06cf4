"""The autograder for Gradescope: unpacked in an empty folder it gives the scores of `course grade`."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path
from typing import Any

import pytest
from export_class import ADA
from scratch_course import ASSIGNMENT, Desk

from utils.export import gradescope_run
from utils.export.gradescope import autograder, zipped
from utils.grading.box.host import Host
from utils.grading.scores import scores_of


def unpacked(files: bytes, root: Path) -> Path:
    """Lay out a folder as Gradescope does, with an environment that has what setup.sh would install."""
    with zipfile.ZipFile(io.BytesIO(files)) as archive:
        archive.extractall(root / "source")
    for folder in ("results", "submission"):
        (root / folder).mkdir()
    shutil.copy(root / "source/run_autograder", root)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(root / "venv")], check=True)
    # Only the installed packages are lent: the course's own code has to come from the zip.
    lend(root, sysconfig.get_path("purelib"))
    return root


def lend(root: Path, line: str) -> None:
    """Add a line to what the environment of the folder borrows from this one's."""
    site = next((root / "venv/lib").glob("python*/site-packages"))
    with (site / "present.pth").open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")


def ran(root: Path, *command: str, code: int = 0) -> str:
    """Run a script as Gradescope would, in an environment of its own; return what it printed."""
    done = subprocess.run(
        ["/bin/bash", *command],
        cwd=root,
        env={"PATH": os.environ["PATH"], "AUTOGRADER_ROOT": str(root), "HOME": str(root)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def files(graded: Desk) -> dict[str, bytes]:
    """Return the files of the autograder."""
    return autograder(graded.root, ASSIGNMENT)


@pytest.fixture(scope="module")
def results(
    graded: Desk, files: dict[str, bytes], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Any]:
    """Return results.json of Ada's submission, made by the exported scripts in an empty folder."""
    root = unpacked(zipped(files), tmp_path_factory.mktemp("autograder"))
    for path in graded.folder(ADA).glob("*.ipynb"):
        shutil.copy(path, root / "submission")
    about = {"id": 1, "users": [{"email": ADA, "id": 2, "name": "Ada"}], "created_at": "2026-01-30T15:00:00Z"}
    (root / "submission_metadata.json").write_text(json.dumps(about), encoding="utf-8")
    assert "Student code runs in a box." in ran(root, "source/setup.sh")
    # A box sees the folders of its interpreter, so it has to see those that were lent. (Only now: setup.sh
    # writes to the environment's own folder, which this line would make the lender's.)
    lend(root, f"import sys; sys.prefix = {sys.prefix!r}")
    ran(root, "run_autograder")
    assert (root / "source").stat().st_mode & 0o077 == 0
    found: dict[str, Any] = json.loads((root / "results/results.json").read_text(encoding="utf-8"))
    return found


def test_scores_are_those_of_course_grade(graded: Desk, results: dict[str, Any]) -> None:
    mine = scores_of(graded.root, ASSIGNMENT, ADA)
    by_machine = {part: (score.points, score.out_of) for part, score in mine.items() if not score.waits}
    assert {test["name"]: (test["score"], test["max_score"]) for test in results["tests"]} == by_machine
    assert len(by_machine) == 6
    assert "adding.why (5 points)" in results["output"]


def test_results_have_the_fields_that_gradescope_documents_and_no_others(results: dict[str, Any]) -> None:
    top = {"tests", "output", "output_format", "stdout_visibility", "execution_time", "extra_data"}
    assert set(results) == top
    assert results["stdout_visibility"] == "hidden"
    fields = {"name", "number", "score", "max_score", "status", "output", "output_format", "visibility"}
    for test in results["tests"]:
        assert set(test) == fields
        assert test["status"] == ("passed" if test["score"] == test["max_score"] else "failed")
    assert isinstance(results["execution_time"], int)


def test_parts_with_hidden_tests_are_shown_when_published_and_say_what_is_wrong(
    results: dict[str, Any],
) -> None:
    tests = {test["name"]: test for test in results["tests"]}
    assert {test["visibility"] for test in results["tests"]} == {"after_published"}
    assert tests["adding.add"]["output"] == "AssertionError: hidden: add"
    assert tests["adding.scale"]["output"] == "Right."


def test_nothing_of_the_tests_or_the_key_is_in_what_a_student_sees(results: dict[str, Any]) -> None:
    shown = json.dumps(results)
    for secret in ("secret_sum", "add(20, 22)", "a key of its own", "BEGIN HIDDEN"):
        assert secret not in shown


def test_the_zip_has_the_scripts_at_its_root_and_no_students_work(files: dict[str, bytes]) -> None:
    with zipfile.ZipFile(io.BytesIO(zipped(files))) as archive:
        modes = {info.filename: info.external_attr >> 16 & 0o777 for info in archive.infolist()}
    assert {name for name, mode in modes.items() if mode == 0o700} == {"setup.sh", "run_autograder"}
    assert {mode for mode in modes.values()} == {0o700, 0o600}
    course = {name for name in modes if name.startswith("course/")}
    release = {f"course/release/{ASSIGNMENT}/{lesson}.ipynb" for lesson in ("adding", "doubling")}
    own = {"nbgrader_config.py", "pyproject.toml", "gradebook.db", ".course-key"}
    assert course == release | {f"course/{name}" for name in own}
    assert not [name for name in modes if name.startswith("code/utils/grading/sample_class/")]
    assert ADA.encode() not in files["course/gradebook.db"]
    assert b"==" in files["requirements.txt"]
    assert b"coursekit" not in files["requirements.txt"]


NO_BOX = Host("linux", True, "unshare: Operation not permitted", "", None, 0, "")  # type: ignore[arg-type]


def test_where_no_box_can_be_made_nothing_is_graded_and_nothing_scored(
    files: dict[str, bytes],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "source").mkdir()
    (tmp_path / "source/settings.json").write_bytes(files["settings.json"])
    monkeypatch.setattr(gradescope_run, "what_this_machine_can_do", lambda: NO_BOX)
    assert gradescope_run.main([str(tmp_path)]) == 1
    assert "NOT GRADED: student code must not run here" in capsys.readouterr().out
    assert not (tmp_path / "results").exists()


def test_only_an_export_that_asked_for_it_grades_without_a_box_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(gradescope_run, "what_this_machine_can_do", lambda: NO_BOX)
    mode, told = gradescope_run.mode_here(trusted=True)
    assert mode == "trusted"
    assert "TRUSTED SUBMISSIONS ONLY" in told
    monkeypatch.undo()
    if gradescope_run.what_this_machine_can_do().can_sandbox:
        assert gradescope_run.mode_here(trusted=True)[0] == "split"  # a box is used where there is one


@pytest.mark.parametrize(
    ("text", "student"),
    [
        ('{"id": 7, "users": [{"email": "ada@x"}]}', "ada@x"),
        ('{"id": 7, "users": [{"email": "../../etc"}]}', "submission-7"),
        ('{"id": 7, "users": []}', "submission-7"),
        ("no json", "submission"),
        ("[]", "submission"),
    ],
)
def test_a_student_is_called_by_an_address_that_is_a_plain_name(
    tmp_path: Path, text: str, student: str
) -> None:
    (tmp_path / "submission_metadata.json").write_text(text, encoding="utf-8")
    assert gradescope_run.Places(tmp_path).student == student
