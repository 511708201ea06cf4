"""The course key: the secret that hidden inputs are drawn from, and the file that it lies in.

The file is the one that COURSE_KEY_FILE names, else `.course-key` in the course's root, which git ignores.
Without either a fixed public key is used, and `course grade` says so.
"""

from __future__ import annotations

import os
import secrets
from functools import cache
from pathlib import Path

PUBLIC_KEY = b"a public key: draws can be predicted"
VARIABLE = "COURSE_KEY_FILE"
NAME = ".course-key"
KEY_BYTES = 32


def key_file(root: Path) -> Path | None:
    """Return the file with the course key, None when there is none.

    Raises FileNotFoundError when COURSE_KEY_FILE names a file that does not exist.
    """
    named = os.environ.get(VARIABLE)
    if named and not Path(named).is_file():
        raise FileNotFoundError(f"{VARIABLE} names {named}, which does not exist.")
    path = Path(named) if named else root / NAME
    return path if path.is_file() else None


@cache
def course_key() -> bytes:
    """Return the course key, or the public one when no key file is named. Raises FileNotFoundError."""
    named = os.environ.get(VARIABLE)
    return Path(named).read_bytes().strip() if named else PUBLIC_KEY


def name_key(root: Path) -> None:
    """Let this process and those that it starts find the key of a course."""
    path = key_file(root)
    if path is not None:
        os.environ[VARIABLE] = str(path)


def make_key(root: Path) -> Path:
    """Write a new course key where `key_file` finds it; return the path.

    Raises FileExistsError when there is one: the draws of a course must never change.
    """
    path = Path(os.environ.get(VARIABLE) or root / NAME)
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise FileExistsError(f"{path} exists; another key would change every student's draws.") from None
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(KEY_BYTES) + "\n")
    return path
