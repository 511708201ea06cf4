"""How a box ends, what is said about it, and that nothing of it is left."""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from asking import GONE, ask
from conftest import RESIDENT, TIGHT

from utils.grading.box import cgroups
from utils.grading.box.boxes import Boxes, BoxFailed

ONE_SECOND = 1.0


def running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def namespace_of(box) -> str:
    return os.readlink(f"/proc/{box.pid}/ns/pid")


def processes_in(namespace: str) -> list[int]:
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{name}/ns/pid") == namespace:
                found.append(int(name))
        except OSError:
            continue
    return found


def groups_of(box) -> list[Path]:
    """Return the control groups that were made for the box; other runs on this machine have theirs."""
    parents = [cgroups.own_folder("memory"), cgroups.own_folder("pids"), cgroups.own_folder("")]
    return [found for parent in parents if parent for found in parent.glob(f"box-*-{box.warden}")]


def within(seconds: float, condition: Callable[[], bool]) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end and not condition():
        time.sleep(0.02)
    return condition()


def gone_within(seconds: float, namespace: str) -> bool:
    return within(seconds, lambda: not processes_in(namespace))


ENDINGS = {
    "import os; os._exit(3)": "your code ended its Python process (exit code 3)",
    "import ctypes; ctypes.string_at(0)": "your code crashed its Python process (segmentation fault)",
    "raise SystemExit(5)": "your code ended its Python process (exit code 1)",
}


@pytest.mark.parametrize("code", ENDINGS)
def test_a_box_that_ends_itself_says_how(box, code):
    assert ask(box, code) == GONE
    assert within(10, lambda: not box.alive())
    assert box.why_ended() == ENDINGS[code]


def test_a_living_box_has_no_reason_to_have_ended(box):
    assert box.alive()
    assert box.why_ended() == ""


def test_a_box_cannot_kill_its_first_process_by_accident(box):
    ask(box, "import os; os.kill(1, 9)")  # the kernel protects the first process of a namespace
    assert ask(box, "print('here')") == "here"


SURVIVOR = """
import os, signal, time
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(1, 32):
            try: signal.signal(number, signal.SIG_IGN)
            except OSError: pass
        time.sleep(600)
    os._exit(0)
os.wait()
"""


def test_nothing_is_left_when_a_box_is_closed(boxes):
    box = boxes._open(boxes.launcher)
    namespace = namespace_of(box)
    ask(box, SURVIVOR)
    assert len(processes_in(namespace)) >= 2
    box.close()
    assert processes_in(namespace) == []
    assert groups_of(box) == []
    assert within(ONE_SECOND, lambda: not running(box.warden))


def test_no_mount_of_a_box_is_on_the_host(boxes):
    before = Path("/proc/self/mountinfo").read_text()
    with boxes._open(boxes.launcher):
        assert Path("/proc/self/mountinfo").read_text() == before
    assert Path("/proc/self/mountinfo").read_text() == before


def test_closing_twice_is_fine(boxes):
    box = boxes._open(boxes.launcher)
    box.close()
    box.close()
    assert not box.alive()
    assert box.why_ended()


def test_a_closed_box_leaves_no_open_file(boxes):
    before = len(os.listdir("/proc/self/fd"))
    boxes._open(boxes.launcher).close()
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_box_ends_when_its_warden_is_killed(boxes):
    with boxes._open(boxes.launcher) as box:
        namespace = namespace_of(box)
        ask(box, SURVIVOR)
        os.kill(box.warden, signal.SIGKILL)
        assert gone_within(ONE_SECOND, namespace)
        assert box.why_ended() == "the notebook's process and its warden ended"
    assert within(ONE_SECOND, lambda: groups_of(box) == [])


def test_a_box_ends_when_its_first_process_is_killed_from_outside(box):
    namespace = namespace_of(box)
    ask(box, SURVIVOR)
    os.kill(box.pid, signal.SIGKILL)
    assert gone_within(ONE_SECOND, namespace)
    assert box.why_ended() == "your code ended its Python process (killed)"


def test_a_box_ends_with_the_process_that_opened_it(boxes):
    read, write = socket.socketpair()
    opener = os.fork()
    if opener == 0:
        box = boxes._open(boxes.launcher)
        write.send(f"{box.pid} {namespace_of(box)}".encode())
        time.sleep(60)
        os._exit(0)
    pid, namespace = read.recv(100).decode().split()
    assert running(int(pid))
    os.kill(opener, signal.SIGKILL)
    os.waitpid(opener, 0)
    read.close()
    write.close()
    assert gone_within(ONE_SECOND, namespace)


def own_boxes(machine, launcher) -> Boxes:
    if not machine.can_sandbox:
        pytest.skip(machine.why_not)
    if launcher == "cold" and not machine.bubblewrap:
        pytest.skip("bubblewrap is not installed, or does not work here")
    return Boxes(TIGHT, launcher=launcher, resident=RESIDENT)


@pytest.mark.parametrize("launcher", ["warm", "cold"])
def test_every_box_ends_when_the_template_is_killed(machine, launcher):
    boxes = own_boxes(machine, launcher)
    box = boxes._open(launcher)
    namespace = namespace_of(box)
    boxes._template.kill()
    boxes._template.wait()
    assert gone_within(ONE_SECOND, namespace)
    assert box.why_ended() == "the grading run was stopped"
    box.close()
    boxes.close()
    assert groups_of(box) == []


def test_a_template_that_is_told_to_stop_clears_up(machine):
    with own_boxes(machine, "cold") as boxes, boxes.open() as box:
        namespace, folder = namespace_of(box), Path(boxes.address).parent
        boxes._template.terminate()
        boxes._template.wait()
        assert processes_in(namespace) == []
        assert groups_of(box) == []
        assert not folder.exists()


@pytest.mark.parametrize("launcher", ["warm", "cold"])
def test_nothing_is_left_when_the_boxes_are_closed_with_one_open(machine, launcher):
    with own_boxes(machine, launcher) as boxes:
        box = boxes._open(launcher)
        namespace, folder = namespace_of(box), Path(boxes.address).parent
        assert folder.stat().st_mode & 0o077 == 0
    assert processes_in(namespace) == []
    assert groups_of(box) == []
    assert not folder.exists()
    box.close()


def test_the_template_and_its_folder_go_with_their_owner(machine):
    if not machine.can_sandbox:
        pytest.skip(machine.why_not)
    code = (
        "import sys, time; from pathlib import Path; from utils.grading.box.boxes import Boxes\n"
        "boxes = Boxes(launcher='cold', resident=Path(sys.argv[1]))\n"
        "print(boxes.address, boxes._template.pid, flush=True); time.sleep(60)"
    )
    owner = subprocess.Popen([sys.executable, "-c", code, str(RESIDENT)], stdout=subprocess.PIPE, text=True)
    address, template = owner.stdout.readline().split()
    owner.kill()
    owner.wait()
    owner.stdout.close()
    assert within(3 * ONE_SECOND, lambda: not running(int(template)) and not Path(address).parent.exists())


OWNER = """
import sys
from pathlib import Path
from utils.grading.box import boxes
boxes._short_folder = lambda: sys.argv[1]
boxes.Boxes()
"""


def started_owner(folder: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Start what opens boxes; return it and its template's process id while the template still imports."""
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(folder)], stderr=subprocess.DEVNULL)
    children = Path(f"/proc/{owner.pid}/task/{owner.pid}/children")
    assert within(20 * ONE_SECOND, lambda: bool(children.read_text()))
    template = int(children.read_text().split()[0])
    maps = Path(f"/proc/{template}/maps")
    assert within(20 * ONE_SECOND, lambda: "libtorch" in maps.read_text())
    return owner, template


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_template_whose_owner_ends_while_it_loads_goes_with_its_folder(machine, number):
    if not machine.can_sandbox:
        pytest.skip(machine.why_not)
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        owner, template = started_owner(Path(name))
        assert list(Path(name).iterdir())
        assert not list(Path(name).rglob("address")), "it is ready already: the test came too late"
        owner.send_signal(number)
        owner.wait()
        assert within(10 * ONE_SECOND, lambda: not running(template))
        assert list(Path(name).iterdir()) == []


def test_a_template_that_is_gone_is_named(tmp_path):
    with pytest.raises(BoxFailed, match="cannot be reached"):
        Boxes(launcher="cold", address=str(tmp_path / "nowhere")).open()
