"""What this machine can do for a box, found out by trying; `course doctor` prints it."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from typing import NamedTuple

from utils.grading.box import bubblewrap, cgroups, landlock, seccomp, view
from utils.grading.box.launch import Launcher
from utils.grading.box.limits import Limits

KERNEL, WARDEN = "kept by the kernel", "measured by the warden, ten times a second"
_TRY_SECONDS = 20
# Run in a process of its own, for it leaves the host's namespaces for good.
_TRY = """
import os, sys
from utils.grading.box import namespaces, view
from utils.grading.box.limits import Limits
namespaces.leave_for_new_processes(view.USER, as_root=os.geteuid() == 0)
child = os.fork()
if child == 0:
    namespaces.enter(view.view(Limits()), sys.argv[1])
    os._exit(0)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""


class Row(NamedTuple):
    """One line of the doctor's table."""

    name: str
    found: str
    used: str


@dataclass(frozen=True)
class Host:
    """What was found. `can_sandbox` is False when student code must not be run here."""

    system: str
    as_root: bool
    namespaces: str  # "" when they work, otherwise why not
    filter: str  # the same for seccomp
    group: cgroups.Group
    landlock: int  # version, 0 for none
    bubblewrap: str  # version, "" for none

    @property
    def launcher(self) -> Launcher | None:
        """Return the launcher that boxes would be started with, None when neither works."""
        if self.system != "linux" or self.filter:
            return None
        if not self.namespaces:
            return "warm"
        return "cold" if self.bubblewrap else None

    @property
    def can_sandbox(self) -> bool:
        return self.launcher is not None

    @property
    def why_not(self) -> str:
        """Return why no box can be started here, "" when one can."""
        if self.can_sandbox:
            return ""
        if self.system != "linux":
            return f"boxes need Linux, and this is {self.system}; grade on a Linux machine"
        return self.filter or f"no namespaces ({self.namespaces}), and bubblewrap does not help"

    def table(self) -> list[Row]:
        """Return the rows (name, found, used) of the doctor's table."""
        memory, pids = self.group.memory is not None, self.group.pids is not None
        kind = f"control groups, version {self.group.version}"
        none = "no control group"
        return [
            Row("system", self.system, "" if self.can_sandbox else "no box"),
            Row("launcher", self.launcher or "none", self.why_not or _why(self)),
            Row("namespaces", self.namespaces or "yes", _user(self)),
            Row("seccomp", self.filter or "yes", "required"),
            Row("memory of a box", kind if memory else none, KERNEL if memory else WARDEN),
            Row("processes of a box", kind if pids else none, KERNEL if pids else "RLIMIT_NPROC"),
            Row("Landlock", f"version {self.landlock}" if self.landlock else "none", _second_wall(self)),
            Row("bubblewrap", self.bubblewrap or "none", _second_launcher(self)),
        ]


def _why(host: Host) -> str:
    return "a fork of a warm template" if host.launcher == "warm" else "bubblewrap starts a new interpreter"


def _user(host: Host) -> str:
    return "a user of its own for each box" if host.as_root else "a user namespace"


def _second_launcher(host: Host) -> str:
    return "when a warm start fails" if host.bubblewrap else "not used"


def _second_wall(host: Host) -> str:
    return "second wall" if host.landlock else "not used: the mount view stands alone"


def what_this_machine_can_do() -> Host:
    """Try each part that a box needs; takes about a second, starts no student code."""
    if sys.platform != "linux":
        return Host(sys.platform, False, "not Linux", "not Linux", cgroups.Group(), 0, "")
    return Host(
        system="linux",
        as_root=os.geteuid() == 0,
        namespaces=_namespaces(),
        filter=_filter(),
        group=cgroups.probe(),
        landlock=landlock.version(),
        bubblewrap=_bubblewrap(),
    )


def _namespaces() -> str:
    """Return why the walls of a warm box cannot be built, "" when they can."""
    with tempfile.TemporaryDirectory(prefix="box-") as staging:
        return _tried([sys.executable, "-I", "-c", _TRY, staging])


def _filter() -> str:
    try:
        seccomp.build()
    except seccomp.NoFilter as problem:
        return str(problem)
    return ""


def _bubblewrap() -> str:
    """Return bubblewrap's version when it can build the walls, otherwise ""."""
    found = bubblewrap.version()
    if not found:
        return ""
    files = {path: os.open("/dev/null", os.O_RDONLY) for path in view.view(Limits()).files}
    words = bubblewrap.arguments(view.view(Limits()), as_root=os.geteuid() == 0, files=files, info=1)
    try:
        failed = _tried([bubblewrap.PROGRAM, *words, "--", "/usr/bin/true"], tuple(files.values()))
    finally:
        for file in files.values():
            os.close(file)
    return "" if failed else found


def _tried(command: list[str], open_files: tuple[int, ...] = ()) -> str:
    """Run a trial; return the last line of what it complained about, "" for success."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_TRY_SECONDS, pass_fds=open_files
        )
    except subprocess.TimeoutExpired:
        return f"no answer in {_TRY_SECONDS} seconds"
    if done.returncode == 0:
        return ""
    return done.stderr.strip().rpartition("\n")[2] or f"exit code {done.returncode}"
