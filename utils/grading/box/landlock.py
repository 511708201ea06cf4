"""Landlock, the second wall: even with a hole in the mount view, a box writes to its own folders only.

The kernel has it since 5.13; without it the first wall stands alone, and `course doctor` says so.
"""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

from utils.grading.box import system

_CREATE_RULESET_VERSION = 1
_RULE_PATH_BENEATH = 1

# From linux/landlock.h: the file rights of ABI 1 are bits 0 to 12; later ABIs add one bit each.
EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_FIRST_RIGHTS = (1 << 13) - 1
_ADDED = {2: 1 << 13, 3: 1 << 14, 5: 1 << 15}  # refer, truncate, ioctl on devices
_TCP_SINCE, _TCP = 4, 0b11  # bind, connect
_SCOPES_SINCE, _SCOPES = 6, 0b11  # abstract sockets, signals: only within the box


class _Ruleset(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint64) for name in ("files", "network", "scopes")]


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = [("allowed", ctypes.c_uint64), ("folder", ctypes.c_int32)]


def version() -> int:
    """Return the version of Landlock that the kernel speaks, 0 where it has none."""
    try:
        return system.syscall("landlock_create_ruleset", None, ctypes.c_size_t(0), _CREATE_RULESET_VERSION)
    except OSError:
        return 0


def restrict(writable: tuple[str, ...], devices: str = "/dev") -> int:
    """Confine this process and its children; return the version in force, 0 for none.

    Everything in view may be read and run, files below `writable` changed, the `devices` written to.
    """
    abi = version()
    if not abi:
        return 0
    rights = _rights(abi)
    ruleset = _ruleset(abi, rights)
    try:
        _allow(ruleset, "/", EXECUTE | READ_FILE | READ_DIR)
        _allow(ruleset, devices, WRITE_FILE)
        for folder in writable:
            _allow(ruleset, folder, rights)
        system.syscall("landlock_restrict_self", ruleset, 0)
    finally:
        os.close(ruleset)
    return abi


def _rights(abi: int) -> int:
    return _FIRST_RIGHTS | sum(right for since, right in _ADDED.items() if abi >= since)


def _ruleset(abi: int, rights: int) -> int:
    wanted = _Ruleset(
        files=rights,
        network=_TCP if abi >= _TCP_SINCE else 0,
        scopes=_SCOPES if abi >= _SCOPES_SINCE else 0,
    )
    words = 3 if abi >= _SCOPES_SINCE else 2 if abi >= _TCP_SINCE else 1
    size = ctypes.c_size_t(words * ctypes.sizeof(ctypes.c_uint64))
    return system.syscall("landlock_create_ruleset", ctypes.byref(wanted), size, 0)


def _allow(ruleset: int, folder: str, rights: int) -> None:
    place = os.open(Path(folder), os.O_PATH | os.O_CLOEXEC)
    try:
        rule = _Beneath(allowed=rights, folder=place)
        system.syscall("landlock_add_rule", ruleset, _RULE_PATH_BENEATH, ctypes.byref(rule), 0)
    finally:
        os.close(place)
