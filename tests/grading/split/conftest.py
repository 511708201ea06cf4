"""Sessions with a box without walls."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

# The modules beside this file are for these tests alone, so they are no package.
sys.path.insert(0, str(Path(__file__).parent))

from plain_box import PlainBox  # noqa: E402

from utils.grading.box.limits import Limits  # noqa: E402
from utils.grading.split.session import Session  # noqa: E402


@pytest.fixture
def new_session() -> Iterator[Callable[..., Session]]:
    """Return a function that starts a session whose box no other test uses."""
    sessions: list[Session] = []

    def start(limits: Limits | None = None) -> Session:
        sessions.append(Session(PlainBox(limits), limits or Limits()))
        return sessions[-1]

    yield start
    for session in sessions:
        session.close()


@pytest.fixture(scope="module")
def shared_session() -> Iterator[Session]:
    """Return a session for the tests of one module, which do not hurt its box."""
    session = Session(PlainBox(), Limits())
    yield session
    session.close()
