"""What a run could leave on the machine: processes, folders, sockets, mounts, control groups."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from utils.grading.box import cgroups, system

BOX_TEMPLATE, JUDGE_TEMPLATE = "utils.grading.box.template", "utils.grading.split.template"
SETTLES_WITHIN = 5.0  # seconds; the kernel takes its time to remove what a killed process held


def descendants() -> list[psutil.Process]:
    """Return the living processes below this one, orphans that it has adopted included."""
    return [process for process in psutil.Process().children(recursive=True) if lives(process)]


def lives(process: psutil.Process) -> bool:
    """Say whether a process runs; a zombie does not."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def runs(process: psutil.Process, module: str) -> bool:
    """Say whether a process was started to run a module; its forks show the same command."""
    try:
        return module in process.cmdline()
    except psutil.Error:
        return False


@dataclass
class Traces:
    """What was there before a run, and what is known of the box templates that it started."""

    before: frozenset[int]
    folders: dict[int, str] = field(default_factory=dict)  # by the template's process id

    @classmethod
    def begin(cls) -> Traces:
        """Return the traces of a run that is about to start."""
        system.adopt_orphans()
        return cls(frozenset(process.pid for process in descendants()))

    def processes(self) -> list[psutil.Process]:
        """Return the processes that have come since; look whether a box template is among them."""
        found = [
            process for process in descendants() if process.pid not in self.before and _of_a_run(process)
        ]
        for process in found:
            if runs(process, BOX_TEMPLATE):
                self._note(process)
        return found

    def _note(self, template: psutil.Process) -> None:
        with suppress(psutil.NoSuchProcess):
            settings = json.loads(template.cmdline()[-1])
            self.folders[template.pid] = settings["folder"]

    def left(self) -> dict[str, list[str]]:
        """Return what is left of the run, by kind, after giving it time to go; empty when all is gone."""
        end = time.monotonic() + SETTLES_WITHIN
        while (left := self._left()) and time.monotonic() < end:
            time.sleep(0.1)
        return left

    def _left(self) -> dict[str, list[str]]:
        folders = set(self.folders.values())
        kinds = {
            "processes": [_shown(process) for process in self.processes()],
            "folders": [folder for folder in folders if os.path.exists(folder)],
            "sockets": _lines_with(Path("/proc/net/unix"), folders),
            "mounts": _lines_with(Path("/proc/self/mountinfo"), folders),
            "control groups": [str(path) for pid in self.folders for path in _groups(pid)],
        }
        return {kind: found for kind, found in kinds.items() if found}


def _of_a_run(process: psutil.Process) -> bool:
    """Say whether a process may be one of a run's; a test may start a database meanwhile."""
    try:
        return bool(process.name() != "postgres")
    except psutil.NoSuchProcess:
        return False


def _shown(process: psutil.Process) -> str:
    try:
        return f"{process.pid} {' '.join(process.cmdline())[:200]}"
    except psutil.NoSuchProcess:
        return f"{process.pid}"


def _lines_with(file: Path, words: Iterable[str]) -> list[str]:
    lines = file.read_text().splitlines()
    return [line for word in words for line in lines if word in line]


def _groups(template: int) -> list[Path]:
    """Return the control groups of a template's boxes."""
    parents = {cgroups.own_folder(name) for name in ("memory", "pids", "")} - {None}
    return [found for parent in parents if parent for found in parent.glob(f"box-{template}-*")]
