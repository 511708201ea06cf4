"""The student's JupyterLab: its settings are found first, and Validate is bounded by them."""

import os
import sys
from types import SimpleNamespace

import pytest

from coursekit import lab
from coursekit.time_limits import TimeLimits


class Clock:
    """A clock that stands still until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_the_courses_settings_come_first_and_others_stay() -> None:
    assert lab.config_path({}) == str(lab.SETTINGS)
    assert lab.config_path({"JUPYTER_CONFIG_PATH": "/mine"}).split(os.pathsep) == [str(lab.SETTINGS), "/mine"]


def test_jupyterlab_starts_with_the_settings_and_the_given_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    started = []

    def main(arguments: list[str]) -> None:
        started.append((arguments, os.environ["JUPYTER_CONFIG_PATH"]))

    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", SimpleNamespace(main=main))
    monkeypatch.setenv("JUPYTER_CONFIG_PATH", "")
    assert lab.main(["--no-browser"]) == 0
    assert started == [(["--no-browser"], str(lab.SETTINGS))]


def test_a_missing_jupyterlab_is_named_with_the_command_that_installs_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "jupyterlab.labapp", None)
    assert lab.main([]) == 1
    said = capsys.readouterr().err
    assert "JupyterLab cannot be started" in said
    assert f"{sys.executable} -m pip install -r requirements.txt" in said


def test_validate_obeys_the_limits_that_the_settings_state(monkeypatch: pytest.MonkeyPatch) -> None:
    from nbgrader.apps import NbGrader
    from nbgrader.preprocessors import Execute

    app = NbGrader()
    monkeypatch.setattr(type(app), "config_file_paths", [str(lab.SETTINGS)])
    app.load_config_file()
    assert Execute(config=app.config).timeout_func(object()) == 60


def test_a_cell_has_its_limit_and_the_notebook_another() -> None:
    clock = Clock()
    limits = TimeLimits(cell=60, notebook=180, clock=clock)
    assert limits(object()) == 60
    clock.now += 150
    assert limits(object()) == 30


def test_when_the_time_is_used_up_each_cell_still_has_a_second_for_zero_would_be_no_limit() -> None:
    clock = Clock()
    limits = TimeLimits(cell=60, notebook=180, clock=clock)
    limits(object())
    clock.now += 500
    assert limits(object()) == 1
