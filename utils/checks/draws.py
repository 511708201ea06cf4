"""Random inputs of hidden checks: the same for the same student and check, and not to be guessed.

A draw is seeded by HMAC(course key, student / check). The course key lies outside the repository, in the
file that COURSE_KEY_FILE names; without one a fixed public key is used, and `course grade` says so.
"""

from __future__ import annotations

import hmac
import os
from functools import cache
from pathlib import Path

import torch

PUBLIC_KEY = b"a public key: draws can be predicted"


@cache
def course_key() -> bytes:
    """Return the course key, or the public one when no key file is named. Raises FileNotFoundError."""
    named = os.environ.get("COURSE_KEY_FILE")
    return Path(named).read_bytes().strip() if named else PUBLIC_KEY


def generator(check: str, *, student: str | None = None) -> torch.Generator:
    """Return a generator for the hidden inputs of `check`, seeded for this course and this student."""
    student = os.environ.get("COURSE_STUDENT", "") if student is None else student
    digest = hmac.digest(course_key(), f"{student}/{check}".encode(), "sha256")
    return torch.Generator().manual_seed(int.from_bytes(digest[:7], "big"))
