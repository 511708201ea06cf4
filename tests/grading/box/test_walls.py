"""What code in a box cannot see, reach or do; asked of boxes that were started in every possible way."""

import contextlib
import os
import socket
import sys
from pathlib import Path

import pyseccomp
import pytest
from asking import ask
from conftest import CANARY

from utils.grading.box import seccomp, usage, view

COURSE = Path(__file__).resolve().parents[3]
REFUSED = "PermissionError: [Errno 1] Operation not permitted"
C_LIBRARY = """
import ctypes, errno, os
C = ctypes.CDLL(None, use_errno=True)
def outcome(result):
    return "done" if result >= 0 else errno.errorcode[ctypes.get_errno()]
"""

HIDDEN = {
    "the lessons": COURSE / "lessons",
    "the instructor's notebooks": COURSE / "source",
    "what was handed in": COURSE / "submitted",
    "the gradebook": COURSE / "gradebook.db",
    "the references": COURSE / "utils" / "reference",
    "the checks": COURSE / "utils" / "checks",
    "the judge": COURSE / "utils" / "grading" / "split",
    "the tests": COURSE / "tests" / "conftest.py",
    "the repository": COURSE / ".git",
    "the grader's home": Path.home() / ".ssh",
    "other homes": Path("/home"),
    "passwords": Path("/etc/shadow"),
    "the machine's name": Path("/etc/hostname"),
    "variable data": Path("/var"),
    "running services": Path("/run"),
    "devices of the machine": Path("/dev/vda"),
    "the kernel's tree": Path("/sys"),
}


@pytest.mark.parametrize("place", HIDDEN.values(), ids=HIDDEN)
def test_a_box_cannot_see(shared_box, place):
    assert ask(shared_box, f"import os; print(os.path.lexists({str(place)!r}))") == "False"


def test_a_box_sees_of_the_course_what_runs_inside_and_nothing_else(shared_box):
    seen = ask(shared_box, f"import os; print(sorted(os.listdir({str(COURSE)!r})))")
    assert seen == str(sorted({".venv", "coursekit", "utils", "tests"} & set(eval(seen))))
    assert ask(shared_box, f"import os; print(sorted(os.listdir({str(COURSE / 'utils')!r})))") == str(
        ["__init__.py", "grading"]
    )


def test_a_box_sees_no_file_of_another_folder_in_tmp(shared_box, tmp_path):
    (tmp_path / "submission").write_text("somebody else's answer")
    assert ask(
        shared_box, f"import os; print(os.path.exists({str(tmp_path)!r}), os.listdir('/tmp'))"
    ).startswith("False ['notebook'")


def test_a_box_sees_no_other_process(shared_box):
    pids = ask(shared_box, "import os; print([p for p in os.listdir('/proc') if p.isdigit()])")
    # Root's bubblewrap stays in the namespace as its first process.
    assert pids == (
        "['1', '2']" if (shared_box.launcher, shared_box.uid is None) == ("cold", False) else "['1']"
    )


def test_a_box_has_nothing_of_the_graders_environment(shared_box):
    assert eval(ask(shared_box, "import os; print(dict(os.environ))")) == view.environment()


def test_no_memory_of_a_box_holds_a_secret_of_the_grader(shared_box):
    """Reads the whole memory from outside: a box has what its template ever knew."""
    assert CANARY.encode() in memory_of(os.getpid())
    try:
        held = b"".join(memory_of(pid) for pid in usage.family(shared_box.pid))
    except PermissionError:
        pytest.skip("only root can read the memory of a box")
    assert b"OMP_NUM_THREADS" in held
    assert CANARY.encode() not in held


def memory_of(pid: int) -> bytes:
    """Return what the process has written to its own memory, stack and heap included."""
    held = []
    with open(f"/proc/{pid}/maps") as areas, open(f"/proc/{pid}/mem", "rb", buffering=0) as memory:
        for area in areas:
            start, end = (int(word, 16) for word in area.split()[0].split("-"))
            if area.split()[1].startswith("rw"):
                with contextlib.suppress(OSError, OverflowError):  # some areas have nothing to read
                    held.append(os.pread(memory.fileno(), end - start, start))
    return b"".join(held)


def test_a_box_has_no_open_file_but_its_channel(shared_box):
    code = (
        "import os; print({int(n): os.readlink('/proc/self/fd/'+n)[:6] for n in os.listdir('/proc/self/fd')"
    )
    code += " if os.path.lexists('/proc/self/fd/'+n)})"
    files = eval(ask(shared_box, code))
    assert {number: files[number] for number in (0, 1, 2, 3)} == {
        0: "/dev/n", 1: "/dev/n", 2: "/dev/n", 3: "socket"
    }  # fmt: skip
    assert set(files) == {0, 1, 2, 3}


def test_a_box_is_nobody_in_particular_and_can_become_nobody_else(shared_box):
    uid = int(ask(shared_box, "import os; print(os.getuid())"))
    assert uid >= view.USER
    # In a user namespace there is no such user at all (EINVAL).
    assert ask(shared_box, "import os; os.setuid(0)").startswith((REFUSED, "OSError: [Errno 22]"))
    status = ask(shared_box, "print(open('/proc/self/status').read())")
    rights = {line.split()[0]: line.split()[1] for line in status.splitlines() if line.startswith("Cap")}
    assert set(rights.values()) == {"0000000000000000"}
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status


def test_the_user_of_a_box_is_not_root_outside_it(shared_box):
    ask(shared_box, "import ctypes; ctypes.CDLL(None).prctl(15, b'student')")  # names the process
    statuses = [Path(f"/proc/{pid}/status").read_text() for pid in usage.family(shared_box.pid)]
    users = [
        status.split("\nUid:")[1].split("\n")[0].split() for status in statuses if "Name:\tstudent" in status
    ]
    assert len(users) == 1
    assert "0" not in users[0]


def test_a_process_that_would_be_root_outside_is_refused(monkeypatch):
    from utils.grading.box import privileges

    monkeypatch.setattr(privileges, "outside_id", lambda uid: 0)
    monkeypatch.setattr(
        Path, "read_text", lambda path: "CapPrm:\t0\nCapEff:\t0\nCapBnd:\t0\nCapInh:\t0\nNoNewPrivs:\t1"
    )
    with pytest.raises(privileges.StillPowerful, match="root outside"):
        privileges.check_powerless()


READ_ONLY = (
    "/",
    "/usr/bin",
    "/usr/lib",
    "/etc",
    "/dev",
    sys.prefix,
    sys.base_prefix,
    str(COURSE / "coursekit"),
)


@pytest.mark.parametrize("folder", READ_ONLY)
def test_a_box_cannot_write_to(shared_box, folder):
    answer = ask(shared_box, f"open({folder + '/planted.py'!r}, 'w')")
    assert answer.startswith(("OSError: [Errno 30]", "PermissionError: [Errno 13]"))


def test_a_box_can_write_to_its_workplace_its_tmp_and_its_shared_memory(shared_box):
    code = (
        "import os\nfor p in ('.', '/tmp', '/dev/shm'):\n open(p + '/x', 'w').write('y'); os.remove(p + '/x')"
    )
    assert ask(shared_box, code + "\nprint(os.getcwd())") == view.WORKPLACE


@pytest.mark.parametrize(
    "name",
    [
        "sys/kernel/core_pattern",
        "sys/vm/drop_caches",
        "sys/kernel/hostname",
        "sysrq-trigger",
        "self/oom_score_adj",
    ],
)
def test_a_box_cannot_change_the_kernels_settings(shared_box, name):
    code = f"f = open('/proc/{name}', 'w'); f.write('0'); f.close()"
    refusals = ("OSError: [Errno 30]", "PermissionError", "FileNotFoundError")
    assert ask(shared_box, code).startswith(refusals)


def test_a_box_cannot_be_made_less_expendable_than_the_grader(shared_box):
    assert ask(shared_box, "print(open('/proc/self/oom_score_adj').read())") == "1000"


@pytest.mark.parametrize("name", ["keys", "cmdline", "timer_list"])
def test_what_tells_about_the_host_is_covered(shared_box, name):
    text = ask(shared_box, f"print(repr(open('/proc/{name}').read()))")
    assert text == "''" or text.startswith(("PermissionError", "FileNotFoundError"))


def numbers_of_refused_calls() -> dict[str | int, int]:
    """Return the numbers of the calls that the filter refuses and this machine has."""
    native = pyseccomp.Arch.NATIVE
    numbers = {c: c if isinstance(c, int) else pyseccomp.resolve_syscall(native, c) for c in seccomp.REFUSED}
    return {call: number for call, number in numbers.items() if 0 <= number < 2**31}


def test_the_filter_refuses_every_call_on_its_list(shared_box):
    calls = numbers_of_refused_calls()
    code = f"print({{call: outcome(C.syscall(n, 0, 0, 0, 0, 0, 0)) for call, n in {calls!r}.items()}})"
    assert eval(ask(shared_box, C_LIBRARY + code)) == dict.fromkeys(calls, "EPERM")


def test_calls_that_are_younger_than_the_filter_do_not_exist(shared_box):
    young = seccomp.YOUNGEST_KNOWN_CALL + 1
    assert ask(shared_box, C_LIBRARY + f"print(outcome(C.syscall({young}, 0, 0, 0, 0, 0, 0)))") == "ENOSYS"


@pytest.mark.parametrize("flag", seccomp.NEW_NAMESPACES, ids=hex)
def test_no_process_is_started_in_new_namespaces(shared_box, flag):
    number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, "clone")
    assert (
        ask(shared_box, C_LIBRARY + f"print(outcome(C.syscall({number}, {flag | 17}, 0, 0, 0, 0)))")
        == "EPERM"
    )


def test_bits_above_an_argument_hide_nothing_from_the_filter(shared_box):
    clone = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, "socket")
    high = (1 << 32) | socket.AF_VSOCK
    code = f"print(outcome(C.syscall({clone}, ctypes.c_ulong({high}), 1, 0)))"
    assert ask(shared_box, C_LIBRARY + code) == "EPERM"


ALLOWED = (socket.AF_UNIX, socket.AF_INET, socket.AF_INET6, socket.AF_NETLINK)


def test_no_socket_of_a_family_that_a_network_namespace_does_not_confine(shared_box):
    families = [n for n in (*range(48), 64, 300, 2**31 - 1) if n not in ALLOWED]
    number = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, "socket")
    code = f"print({{f: outcome(C.syscall({number}, f, 1, 0)) for f in {families!r}}})"
    assert eval(ask(shared_box, C_LIBRARY + code)) == dict.fromkeys(families, "EPERM")


def test_netlink_speaks_of_routes_only(shared_box):
    template = "import socket; socket.socket(16, socket.SOCK_RAW, {}); print('made')"
    assert ask(shared_box, template.format(0)) == "made"
    assert ask(shared_box, template.format(9)).startswith(REFUSED)  # audit


def test_nothing_is_typed_into_a_terminal(shared_box):
    # /dev/null is no terminal, which the kernel would say (ENOTTY) if the filter let the call through.
    code = "import fcntl; fcntl.ioctl(0, 0x5412, b'x')"
    assert ask(shared_box, code).startswith(REFUSED)
    assert ask(shared_box, code.replace("0x5412", "0x1_0000_5412")).startswith((REFUSED, "OverflowError"))


def test_a_box_cannot_outlive_its_warden_by_asking_not_to_be_ended(shared_box):
    assert ask(shared_box, C_LIBRARY + "print(outcome(C.prctl(1, 0)))") == "EPERM"


ADDRESSES = {
    "tcp on the loopback": (socket.AF_INET, ("127.0.0.1", 0)),
    "tcp over IPv6": (socket.AF_INET6, ("::1", 0)),
    "an abstract unix socket": (socket.AF_UNIX, f"\0coursekit-test-{os.getpid()}"),
}


@pytest.mark.parametrize("kind", ADDRESSES)
def test_a_box_reaches_no_listener_of_the_host(shared_box, listening, kind):
    family, address = ADDRESSES[kind]
    try:
        listener = listening(family, address)
    except OSError as problem:
        pytest.skip(f"this host cannot listen to {kind}: {problem}")
    code = f"import socket; s = socket.socket({int(family)}); s.settimeout(2)\n"
    code += f"s.connect({listener.getsockname()!r})"
    assert ask(shared_box, code).startswith(("PermissionError", "OSError", "ConnectionRefusedError"))
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_a_box_reaches_no_unix_socket_in_a_folder_of_the_host(shared_box, listening, tmp_path):
    listening(socket.AF_UNIX, str(tmp_path / "s"))
    code = f"import socket; socket.socket(1).connect({str(tmp_path / 's')!r})"
    assert ask(shared_box, code).startswith("FileNotFoundError")


def test_a_box_has_no_network_to_send_into(shared_box):
    code = "import socket; s = socket.socket(2, 2); s.sendto(b'x', ('192.0.2.1', 53))"
    assert ask(shared_box, code).startswith("OSError: [Errno 101]")
    assert ask(shared_box, "import socket; socket.create_connection(('192.0.2.1', 80), 2)").startswith(
        ("OSError", "PermissionError")
    )


def test_a_box_cannot_raise_its_limits(shared_box):
    for kind in ("AS", "NPROC", "NOFILE", "FSIZE", "CPU", "CORE"):
        code = f"import resource as r; r.setrlimit(r.RLIMIT_{kind}, (r.RLIM_INFINITY, r.RLIM_INFINITY))"
        assert ask(shared_box, code).startswith(("ValueError: not allowed", "PermissionError"))
    assert ask(shared_box, "import os; os.setpriority(0, 0, -1)").startswith("PermissionError")


def test_the_template_left_nothing_of_the_grader_in_the_memory_of_a_box(shared_box):
    loaded = eval(ask(shared_box, "import sys; print(list(sys.modules))"))
    assert not [
        name for name in loaded if name.startswith(("utils.checks", "utils.reference", "utils.build"))
    ]


def test_torch_works_in_a_box(shared_box):
    code = """
import torch
torch.manual_seed(0)
a = torch.randn(64, 64, dtype=torch.float64, requires_grad=True)
(a @ a).sum().backward()
print(torch.allclose(a.grad, a.sum(0)[:, None].T * 0 + a.sum(1)[None, :] + a.sum(0)[:, None]))
"""
    assert ask(shared_box, code) == "True"


def test_modules_are_imported_late_in_a_box(shared_box):
    assert (
        ask(shared_box, "import colorsys, torch.nn.functional, numpy.fft, coursekit.blanks; print('here')")
        == "here"
    )


def test_a_program_can_be_started_in_a_box(shared_box):
    code = "import subprocess; print(subprocess.check_output('echo $HOME', shell=True, text=True))"
    assert ask(shared_box, code) == view.WORKPLACE


def test_two_boxes_draw_different_random_numbers(boxes):
    code = "import random, torch, numpy; print(random.random(), torch.rand(1).item(), numpy.random.rand())"
    drawn = []
    for _ in range(2):
        with boxes._open(boxes.launcher) as box:
            drawn.append(ask(box, code).split())
    kinds = 3 if boxes.launcher == "warm" else 1  # a fresh torch has its fixed start, as in any new kernel
    assert all(drawn[0][kind] != drawn[1][kind] for kind in (0, 1, 2)[:kinds])


def test_boxes_side_by_side_cannot_see_or_signal_each_other(boxes):
    with boxes._open(boxes.launcher) as first, boxes._open(boxes.launcher) as second:
        if first.uid is not None:
            assert first.uid != second.uid
        assert ask(first, f"import os; os.kill({second.pid}, 9)").startswith(
            ("ProcessLookupError", "Permission")
        )
        assert ask(first, "import os; os.kill(-1, 9)").startswith(("ProcessLookupError", "Permission"))
        ask(first, "open('/tmp/left', 'w').write('x')")
        assert ask(second, "import os; print(os.path.exists('/tmp/left'))") == "False"
