"""The walls by system calls, for a process that was just forked: what bubblewrap does, without an exec."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from utils.grading.box import system
from utils.grading.box.view import DEVICE_LINKS, DEVICES, PROC_MASKED, PROC_READ_ONLY, Tmpfs, View

AROUND_THE_BOX = (
    system.CLONE_NEWNS
    | system.CLONE_NEWNET
    | system.CLONE_NEWIPC
    | system.CLONE_NEWUTS
    | system.CLONE_NEWCGROUP
)
HOST_NAME = "box"


def leave_for_new_processes(uid_inside: int, *, as_root: bool) -> None:
    """Give the children of this process a pid namespace; without root, a user namespace to own it."""
    if as_root:
        system.unshare(system.CLONE_NEWPID)
        return
    uid, gid = os.geteuid(), os.getegid()
    system.unshare(system.CLONE_NEWUSER | system.CLONE_NEWPID)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid_inside} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{uid_inside} {gid} 1")


def enter(view: View, staging: str) -> None:
    """Leave the host's mounts, network, names and queues; see `view` and nothing else afterwards.

    `staging` is an empty folder of the host to build the new root on. Raises OSError.
    """
    system.unshare(AROUND_THE_BOX)
    socket.sethostname(HOST_NAME)
    system.mount(None, "/", None, system.MS_REC | system.MS_PRIVATE)
    _build(view, Path(staging))
    os.chdir(staging)
    system.syscall("pivot_root", b".", b".")  # the old root lies on top of the new one now
    system.detach(".")
    os.chdir("/")
    system.mount(None, "/", None, _READ_ONLY_AGAIN)


_READ_ONLY_AGAIN = system.MS_REMOUNT | system.MS_BIND | system.MS_RDONLY | system.MS_NOSUID | system.MS_NODEV


def _build(view: View, root: Path) -> None:
    os.umask(0o022)
    options = f"mode=755,size={view.root_bytes}"
    system.mount("tmpfs", str(root), "tmpfs", system.MS_NOSUID | system.MS_NODEV, options)
    for tmpfs in view.first:
        _empty(root, tmpfs)
    for place in view.read_only:
        _bind(Path(place), _below(root, place), read_only=True)
    for name, goal in view.links.items():
        _below(root, name).symlink_to(goal)
    _devices(root)
    _process_files(root)
    for tmpfs in view.last:
        _empty(root, tmpfs)
    for path, text in view.files.items():
        _below(root, path).parent.mkdir(parents=True, exist_ok=True)
        _below(root, path).write_text(text)
    for folder in view.folders:
        _below(root, folder).mkdir(parents=True, exist_ok=True)
        _below(root, folder).chmod(0o777)


def _empty(root: Path, tmpfs: Tmpfs) -> None:
    """Mount a writable folder in memory."""
    target = _below(root, tmpfs.target)
    target.mkdir(parents=True, exist_ok=True)
    caps = f"mode={tmpfs.mode:o},size={tmpfs.size},nr_inodes={tmpfs.inodes}"
    system.mount("tmpfs", str(target), "tmpfs", system.MS_NOSUID | system.MS_NODEV, caps)


def _below(root: Path, path: str) -> Path:
    return root / path.lstrip("/")


def _bind(source: Path, target: Path, *, read_only: bool) -> None:
    """Show `source`, a folder or a file, at `target` too."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        target.mkdir(exist_ok=True)
    else:
        target.touch()
    system.mount(str(source), str(target), None, system.MS_BIND | system.MS_REC)
    if read_only:
        system.set_mount_flags(str(target), _READ_ONLY)


# From linux/mount.h, as mount_setattr spells them.
_READ_ONLY = 0x1 | 0x2 | 0x4  # read-only, no set-uid, no devices


def _devices(root: Path) -> None:
    folder = root / "dev"
    folder.mkdir()
    for name in DEVICES:
        _bind(Path("/dev", name), folder / name, read_only=False)
    for name, goal in DEVICE_LINKS.items():
        (folder / name).symlink_to(goal)


def _process_files(root: Path) -> None:
    """Mount the box's own /proc; what it says about the host is covered."""
    folder = root / "proc"
    folder.mkdir()
    system.mount("proc", str(folder), "proc", system.MS_NOSUID | system.MS_NODEV | system.MS_NOEXEC)
    for place in (folder / name for name in PROC_READ_ONLY):
        if place.exists():
            system.mount(str(place), str(place), None, system.MS_BIND | system.MS_REC)
            system.set_mount_flags(str(place), _READ_ONLY)
    for place in (folder / name for name in PROC_MASKED):
        if place.exists():
            system.mount("/dev/null", str(place), None, system.MS_BIND)
