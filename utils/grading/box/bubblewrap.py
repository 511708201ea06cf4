"""The walls by bubblewrap: the cold path, and the second opinion on the same view."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import PurePath

from utils.grading.box.namespaces import HOST_NAME
from utils.grading.box.view import DEVICE_LINKS, DEVICES, PROC_MASKED, PROC_READ_ONLY, USER, Tmpfs, View

PROGRAM = "bwrap"
NAMESPACES = ("--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts", "--unshare-cgroup")
LIFE = ("--die-with-parent", "--new-session", "--hostname", HOST_NAME, "--clearenv")


def version() -> str:
    """Return bubblewrap's version, "" where it is not installed."""
    if shutil.which(PROGRAM) is None:
        return ""
    return subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=False).stdout.strip()


def arguments(view: View, *, as_root: bool, files: dict[str, int], info: int) -> list[str]:
    """Return bubblewrap's arguments for `view`; `files` gives an open file for each of its texts.

    Root's bubblewrap stays the first process of the namespace: around the box it has given up the right to
    signal another user, so its end would not end a box that is the first process itself.
    """
    user = (
        []
        if as_root
        else ["--as-pid-1", "--unshare-user", "--uid", str(USER), "--gid", str(USER), "--disable-userns"]
    )
    words = [*NAMESPACES, *user, *LIFE, "--info-fd", str(info)]
    words += _writable(view.first)
    for place in _parents([*view.read_only, *view.files, *view.links, "/dev/null"]):
        words += ["--perms", "0755", "--dir", place]
    for place in view.read_only:
        words += ["--ro-bind", place, place]
    for name, goal in view.links.items():
        words += ["--symlink", goal, name]
    words += [*_devices(), *_process_files(), *_writable(view.last)]
    for folder in view.folders:
        words += ["--perms", "0777", "--dir", folder]
    for path, file in files.items():
        words += ["--perms", "0644", "--ro-bind-data", str(file), path]
    return [*words, "--remount-ro", "/", "--chdir", "/"]


def _devices() -> list[str]:
    words = []
    for name in DEVICES:
        words += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    for name, goal in DEVICE_LINKS.items():
        words += ["--symlink", goal, f"/dev/{name}"]
    return words


def _process_files() -> list[str]:
    words = ["--proc", "/proc"]
    for name in PROC_READ_ONLY:
        words += ["--ro-bind-try", f"/proc/{name}", f"/proc/{name}"]
    for name in PROC_MASKED:
        if os.path.exists(f"/proc/{name}"):
            words += ["--ro-bind", "/dev/null", f"/proc/{name}"]
    return words


def _writable(places: list[Tmpfs]) -> list[str]:
    words = []
    for place in places:
        words += ["--perms", f"{place.mode:04o}", "--size", str(place.size), "--tmpfs", place.target]
    return words


def _parents(places: list[str]) -> list[str]:
    """Return every folder above the places, outermost first: bubblewrap would make them for root only."""
    above = {str(folder) for place in places for folder in PurePath(place).parents}
    return sorted(above - {"/", "/tmp"})


def start(
    arguments: list[str], command: list[str], open_files: list[int], prepare: Callable[[], None]
) -> subprocess.Popen[bytes]:
    """Start `command` behind the walls; `prepare` runs in the new process first.

    The arguments travel in a file, for /proc/1/cmdline would show them inside.
    """
    listed = os.memfd_create("arguments")
    os.write(listed, b"".join(os.fsencode(word) + b"\0" for word in arguments))
    os.lseek(listed, 0, os.SEEK_SET)
    try:
        return subprocess.Popen(
            [PROGRAM, "--args", str(listed), "--", *command],
            pass_fds=[listed, *open_files],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            preexec_fn=prepare,
            env={"PATH": os.environ["PATH"]},
        )
    finally:
        os.close(listed)


def entry(orders: int, channel: int, status: int) -> list[str]:
    """Return the command that a cold box runs."""
    return [sys.executable, "-IB", "-m", "utils.grading.box.entry", str(orders), str(channel), str(status)]
