"""Boxes in every way that they can be started: warm or cold, by root or by an ordinary user.

An ordinary user is played by a process without any right, in a mount namespace of its own where the
interpreter can be reached; what it starts is seen through the address of its template.
"""

import contextlib
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # the modules beside this file are for these tests alone

from utils.grading.box import host, view
from utils.grading.box.boxes import Box, Boxes
from utils.grading.box.limits import MEBIBYTE, Limits
from utils.grading.box.template import ADDRESS, READY, Settings

# In this process's environment and memory before any template starts; no box may know it.
CANARY = os.environ.setdefault("COURSEKIT_TEST_CANARY", f"canary-{secrets.token_hex(16)}")
RESIDENT = Path(__file__).with_name("tiny_resident.py")
ORDINARY_USER = 65_100
CODE = Path(__file__).resolve().parents[3]
# Small enough that a test reaches them soon, large enough for torch.
TIGHT = Limits(
    memory_bytes=512 * MEBIBYTE,
    address_space_bytes=3 * 1024 * MEBIBYTE,
    processes=32,
    file_bytes=8 * MEBIBYTE,
    tmpfs_bytes=32 * MEBIBYTE,
    tmpfs_inodes=500,
    shm_bytes=8 * MEBIBYTE,
)
WAYS = ("warm-root", "cold-root", "warm-user", "cold-user")
# As root: show the interpreter and the course to everybody, then become nobody in particular.
PLAY_AN_ORDINARY_USER = """
set -e
show() {
    mount --bind "$1" "$HOLD"
    mount -t tmpfs -o mode=755 tmpfs "$2"
    mkdir -p "$1" "$HOLD"
    mount --move "$HOLD" "$1"
}
[ -z "$PRIVATE" ] || show "$BASE" "$PRIVATE"
[ -z "$PRIVATE_CODE" ] || show "$CODE" "$PRIVATE_CODE"
exec setpriv --reuid "$USER_ID" --regid "$USER_ID" --clear-groups --inh-caps=-all "$@"
"""


@pytest.fixture(scope="session")
def machine() -> host.Host:
    return host.what_this_machine_can_do()


@pytest.fixture(scope="session", params=WAYS)
def boxes(request: pytest.FixtureRequest, machine: host.Host) -> Iterator[Boxes]:
    launcher, _, user = request.param.partition("-")
    if not machine.can_sandbox:
        pytest.skip(machine.why_not)
    if launcher == "cold" and not machine.bubblewrap:
        pytest.skip("bubblewrap is not installed, or does not work here")
    if (user == "root") != machine.as_root and not machine.as_root:
        pytest.skip("boxes of root need root")
    if user == "root" or not machine.as_root:
        with Boxes(TIGHT, launcher=launcher, resident=RESIDENT) as ours:
            yield ours
    elif not CODE.stat().st_mode & 0o001:
        pytest.skip(f"an ordinary user may not enter {CODE}")
    else:
        with template_of_an_ordinary_user(launcher) as address:
            yield Boxes(TIGHT, launcher=launcher, address=address)


def private_parent(place: Path) -> str:
    """Return the outermost folder above a place that only its owner may enter, "" if there is none."""
    closed = (folder for folder in reversed(place.parents) if not folder.stat().st_mode & 0o001)
    return str(next(closed, ""))


@contextlib.contextmanager
def template_of_an_ordinary_user(launcher: str) -> Iterator[str]:
    """Start a template as a user without rights; return its address."""
    folder = Path(tempfile.mkdtemp(prefix="box-", dir="/tmp"))
    hold = tempfile.mkdtemp(prefix="hold-", dir="/tmp")
    os.chown(folder, ORDINARY_USER, ORDINARY_USER)
    base = Path(sys.base_prefix).resolve()
    settings = Settings(str(folder), launcher, TIGHT.as_dict(), str(RESIDENT))
    template = subprocess.Popen(
        ["unshare", "--mount", "--propagation", "private", "sh", "-c", PLAY_AN_ORDINARY_USER, "sh",
         sys.executable, "-I", "-m", "utils.grading.box.template", settings.as_text()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd="/",
        env=view.environment()
        | {"PATH": os.environ["PATH"], "MPLCONFIGDIR": str(folder), "USER_ID": str(ORDINARY_USER)}
        | {"BASE": str(base), "HOLD": hold, "PRIVATE": private_parent(base)}
        | {"CODE": str(CODE), "PRIVATE_CODE": private_parent(CODE)},
    )  # fmt: skip
    try:
        assert template.stdout is not None
        assert template.stdin is not None
        assert template.stdout.readline() == READY
        yield str(folder / ADDRESS)
    finally:
        template.stdin.close()
        template.stdout.close()
        template.wait()
        shutil.rmtree(folder, ignore_errors=True)
        os.rmdir(hold)


@pytest.fixture
def box(boxes: Boxes) -> Iterator[Box]:
    """A fresh box, started in the way that was asked for and no other."""
    with boxes._open(boxes.launcher) as ours:
        yield ours


@pytest.fixture(scope="session")
def shared_box(boxes: Boxes) -> Iterator[Box]:
    """One box for the questions that change nothing."""
    with boxes._open(boxes.launcher) as ours:
        yield ours


@pytest.fixture
def listening() -> Iterator[Callable[[int, object], socket.socket]]:
    """Return a function that listens on the host, on an address of a family."""
    opened = []

    def listen(family: int, address: object) -> socket.socket:
        listener = socket.socket(family, socket.SOCK_STREAM)
        opened.append(listener)
        listener.bind(address)
        listener.listen()
        listener.setblocking(False)
        return listener

    yield listen
    for listener in opened:
        listener.close()
