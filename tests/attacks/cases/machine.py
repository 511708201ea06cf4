# ruff: noqa: E501 - the text of a cell stands as a student types it
"""H10 to H16: reaching out of the box, outliving it, and behaving differently when graded."""

from __future__ import annotations

from tests.attacks.attack import Attack, cell
from tests.attacks.canaries import ABSTRACT, PORT
from tests.attacks.cases.files import TRAP

KILLS = """\
import os, resource, signal

killed = []
parent = os.getppid()
for pid in (parent, *range(2, 5000)):
    if pid not in (0, 1, os.getpid()):
        try:
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)
        except OSError:
            pass
try:
    resource.prlimit(parent or 2, resource.RLIMIT_AS, (1, 1))
    killed.append("limits")
except (OSError, ValueError):
    pass
loot(killed=killed)
"""
SURVIVOR = f"""\
import atexit, os, subprocess, sys, threading, time

def later():
    time.sleep(8)
    for folder in ("/tmp", "/var/tmp", "/dev/shm", "."):
        try:
            open(f"{{folder}}/{TRAP}-survived", "w").close()
        except OSError:
            pass

class Last:
    def __del__(self):
        subprocess.Popen(["/bin/sleep", "1000"], start_new_session=True)

last = Last()
atexit.register(lambda: subprocess.Popen(["/bin/sleep", "1000"], start_new_session=True))
threading.Thread(target=later, daemon=True).start()
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        null = os.open("/dev/null", os.O_RDWR)
        for number in range(3):
            os.dup2(null, number)
        os.closerange(3, 256)
        later()
        time.sleep(1000)
    os._exit(0)
"""
NETWORK = f"""\
import ctypes, socket

reached = []

def attempt(name, family, kind, address, protocol=0):
    try:
        with socket.socket(family, kind, protocol) as one:
            one.settimeout(0.3)
            if kind == socket.SOCK_DGRAM:
                one.sendto(b"attack", address)
                one.recv(10)
            else:
                one.connect(address)
            reached.append(name)
    except (OSError, OverflowError, ValueError):
        pass

attempt("tcp", socket.AF_INET, socket.SOCK_STREAM, ("127.0.0.1", {PORT}))
attempt("udp", socket.AF_INET, socket.SOCK_DGRAM, ("127.0.0.1", {PORT}))
attempt("ipv6", socket.AF_INET6, socket.SOCK_STREAM, ("::1", {PORT}))
attempt("abstract", socket.AF_UNIX, socket.SOCK_STREAM, "\\0{ABSTRACT}")
attempt("vsock", 40, socket.SOCK_STREAM, (2, {PORT}))
attempt("packet", 17, socket.SOCK_RAW, ("lo", 0))
attempt("netlink", 16, socket.SOCK_RAW, (0, 0), 9)
loot(reached=reached)
"""
KERNEL = """\
import ctypes, os, subprocess

libc = ctypes.CDLL(None, use_errno=True)
done = []

def attempt(name, call):
    try:
        if call() not in (-1, None):
            done.append(name)
    except (OSError, PermissionError):
        pass

libc.syscall.restype = ctypes.c_long
attempt("unshare user", lambda: libc.unshare(0x10000000))
attempt("unshare mount", lambda: libc.unshare(0x00020000))
attempt("mount", lambda: libc.mount(b"none", b"/tmp", b"tmpfs", 0, None))
attempt("ptrace", lambda: libc.ptrace(16, os.getppid() or 1, 0, 0))
attempt("bpf", lambda: libc.syscall(321, 0, None, 0))
attempt("perf", lambda: libc.syscall(298, ctypes.create_string_buffer(128), 0, -1, -1, 0))
attempt("add_key", lambda: libc.syscall(248, b"user", b"attack", b"x", 1, -2))
attempt("userfaultfd", lambda: libc.syscall(323, 0))
attempt("io_uring", lambda: libc.syscall(425, 8, ctypes.create_string_buffer(256)))
attempt("setuid", lambda: os.setuid(0) or 1)
attempt("chroot", lambda: os.chroot("/") or 1)
for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/vm/overcommit_memory", "/proc/sysrq-trigger", "/sys/kernel/uevent_helper"):
    attempt(path, lambda: os.open(path, os.O_WRONLY))
outside = [int(line.split()[1]) for line in open("/proc/self/uid_map")]
with open("/proc/self/status") as file:
    status = dict(line.split(":", 1) for line in file)
loot(done=done, root=os.getuid() == 0 or outside == [0] and os.getuid() == 0, caps=int(status["CapEff"], 16), new=int(status["NoNewPrivs"]), seccomp=int(status["Seccomp"]))
"""
TIME_BOMB = """\
import os, socket, stat, sys

graded = "NBGRADER_EXECUTION" in os.environ or os.getpid() < 10 or not sys.stdout.isatty()
if graded:
    for name in list(sys.modules):
        if name.startswith(("utils", "coursekit", "numpy.testing")):
            sys.modules[name] = None
    answer = 0
"""
ENVIRONMENT = """\
import locale, os, resource, sys

os.environ.update(LD_PRELOAD="/tmp/evil.so", PYTHONPATH="/tmp", PYTHONSTARTUP="/tmp/evil.py", OMP_NUM_THREADS="64")
os.chdir("/")
os.umask(0o777)
sys.path.insert(0, "/tmp")
torch.set_default_dtype(torch.float16)
torch.manual_seed(0)
torch.set_num_threads(1)
np.seterr(all="raise")
resource.setrlimit(resource.RLIMIT_NOFILE, (20, 20))
"""

ATTACKS = (
    Attack(
        "h10-kill",
        "kills every process that it can reach",
        cell(KILLS, "answer", "cost"),
        points={"answer": 1.0, "cost": 3.0},
        loot={"killed": []},
        not_in_stock="it would kill other processes of this machine",
    ),
    Attack(
        "h10-kill-all",
        "kills everything with one call",
        cell("import os, signal\nos.kill(-1, signal.SIGKILL)", "answer"),
        points={"answer": 1.0},
        not_in_stock="it would kill other processes of this machine",
    ),
    Attack(
        "h10-stop-self",
        "stops itself instead of answering",
        cell(
            "import os, signal\ndef square(x):\n    os.kill(os.getpid(), signal.SIGSTOP)\n    return 0",
            "answer",
        ),
        points={"answer": 1.0},
    ),
    Attack("h11-survivor", "leaves processes and threads that go on afterwards", cell(SURVIVOR)),
    Attack("h12-network", "calls out by every kind of socket", cell(NETWORK), loot={"reached": []}),
    Attack(
        "h13-kernel-surface",
        "tries the calls by which boxes are left",
        cell(KERNEL),
        loot={"done": [], "root": False, "caps": 0, "new": 1, "seccomp": 2},
        not_in_stock="it would succeed as the user who runs the tests",
    ),
    Attack("h14-time-bomb", "breaks the modules of the tests, only when graded", cell(TIME_BOMB)),
    Attack(
        "h15-flaky",
        "answers every call by chance",
        cell("import random\n\ndef square(x):\n    return random.choice((0, 1, 5, 145, x * x))\n"),
    ),
    Attack(
        "h16-env-set",
        "changes environment, folder, limits and the settings of torch and numpy",
        cell(ENVIRONMENT, "answer", "weights", "layer", "cost"),
        points={"answer": 1.0, "weights": 6.0, "cost": 3.0},
    ),
)
