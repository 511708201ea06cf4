"""What `make lab` does before JupyterLab starts, and what Formgrader's dialogs show."""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from nbgrader.exchange import ExchangeError
from nbgrader.utils import capture_log

import coursekit.lab
from utils.formgrader.button_log import readable
from utils.formgrader.lab import EXCHANGE, SETTINGS, config_path, main, prepare


def test_a_course_gets_the_folders_that_formgrader_needs_and_keeps_what_is_in_them(tmp_path: Path) -> None:
    (tmp_path / "nbgrader_config.py").touch()
    (tmp_path / "submitted").mkdir()
    (tmp_path / "submitted" / "ada.txt").touch()
    prepare(tmp_path)
    exchange = tmp_path / EXCHANGE
    assert exchange.stat().st_mode & 0o777 == 0o777
    exchange.chmod(0o750)  # somebody's decision
    prepare(tmp_path)
    assert exchange.stat().st_mode & 0o777 == 0o750
    assert (tmp_path / "submitted" / "ada.txt").exists()


def test_outside_a_course_nothing_is_made_and_the_reason_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([]) == 2
    assert "has no nbgrader_config.py; start where one is" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_settings_that_a_person_named_are_still_read() -> None:
    assert config_path({"JUPYTER_CONFIG_PATH": "/mine"}) == f"{SETTINGS}{os.pathsep}/mine"
    assert config_path({}) == str(SETTINGS)
    assert (SETTINGS / "labconfig" / "page_config.json").is_file()


@pytest.mark.parametrize("start", [coursekit.lab.main, main])
def test_ctrl_c_before_the_server_can_take_it_leaves_no_traceback(
    start: Callable[[list[str]], int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(arguments: list[str]) -> None:
        raise KeyboardInterrupt

    (tmp_path / "nbgrader_config.py").touch()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", SimpleNamespace(main=interrupted))
    assert start([]) == 130


class Command:
    """Something with a log, as nbgrader's commands are; a Jupyter server lets every line through to it."""

    def __init__(self, ends: bool) -> None:
        self.log = logging.Logger("command", logging.DEBUG)
        self.ends = ends

    def start(self) -> None:
        """Say three things, and fail if so made."""
        self.log.debug("a preprocessor was applied")
        self.log.info("writing /course/autograded/ada")
        self.log.warning("no timestamp")
        if not self.ends:
            raise ValueError("no such student")


@pytest.mark.parametrize("ends", [True, False])
def test_a_dialog_shows_what_was_done_and_not_how(ends: bool) -> None:
    command = Command(ends)
    told: dict[str, Any] = readable(capture_log, Path("/course"))(command)
    assert told["log"] == "[INFO] writing autograded/ada\n[WARNING] no timestamp\n"
    assert told["success"] is ends
    assert ("no such student" in told.get("error", "")) is not ends
    assert command.log.level == logging.DEBUG


def test_a_refusal_of_the_exchange_is_told_without_a_traceback() -> None:
    class Refused(Command):
        def start(self) -> None:
            self.log.critical("bob did not hand in here")
            raise ExchangeError("bob did not hand in here")

    told = readable(capture_log, Path("/course"))(Refused(ends=False))
    assert told == {"success": False, "log": "[CRITICAL] bob did not hand in here\n"}
