"""The course key is made once, readable by its owner only, and found where it was made."""

from __future__ import annotations

from pathlib import Path

import pytest

from utils.checks.course_key import VARIABLE, course_key, key_file, make_key, name_key


@pytest.fixture(autouse=True)
def _no_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)


def test_a_key_has_32_random_bytes_that_only_its_owner_reads(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    paths = [make_key(tmp_path), make_key(tmp_path / "one")]
    assert paths[0].stat().st_mode & 0o777 == 0o600
    keys = {bytes.fromhex(path.read_text(encoding="ascii")) for path in paths}
    assert {len(key) for key in keys} == {32}
    assert len(keys) == 2


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    before = make_key(tmp_path).read_bytes()
    with pytest.raises(FileExistsError, match="would change every student's draws"):
        make_key(tmp_path)
    assert (tmp_path / ".course-key").read_bytes() == before


def test_the_named_file_comes_before_the_one_in_the_course(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert key_file(tmp_path) is None
    path = make_key(tmp_path)
    assert key_file(tmp_path) == path
    monkeypatch.setenv(VARIABLE, str(tmp_path / "elsewhere"))
    with pytest.raises(FileNotFoundError, match="elsewhere"):
        key_file(tmp_path)
    assert key_file(make_key(tmp_path).parent) == tmp_path / "elsewhere"


def test_a_named_key_is_the_one_that_draws_are_made_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, "")
    path = make_key(tmp_path)
    name_key(tmp_path)
    course_key.cache_clear()
    assert course_key() == path.read_bytes().strip()
    course_key.cache_clear()


def test_git_ignores_the_key() -> None:
    ignored = (Path(__file__).resolve().parents[2] / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert ".course-key" in ignored
