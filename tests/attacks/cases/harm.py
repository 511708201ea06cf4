# ruff: noqa: E501 - the text of a cell stands as a student types it
"""H01 to H09: code that does not end, takes everything, or ends its process."""

from __future__ import annotations

from tests.attacks.attack import Attack, cell

BOMB = "it would take this machine's memory, disk or processes"
STUBBORN = """\
import signal

for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM, signal.SIGHUP, signal.SIGUSR1):
    signal.signal(number, signal.SIG_IGN)

def square(x):
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass
"""
FORKS = """\
import os, time

children = 0
try:
    while children < 2000:
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        children += 1
except OSError:
    pass
loot(few=children < 100)
"""
POOL = """\
import multiprocessing, time

def work(number):
    time.sleep(60)

processes = [multiprocessing.get_context("fork").Process(target=work, args=(i,)) for i in range(1000)]
started = 0
try:
    for process in processes:
        process.start()
        started += 1
except OSError:
    pass
loot(few=started < 100)
"""
THREADS = """\
import threading, time

started = 0
try:
    for number in range(10_000):
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        started += 1
except RuntimeError:
    pass
loot(few=started < 100)
"""
MEMORY = {
    "list": "hoard = []\nwhile True:\n    hoard.append(list(range(1_000_000)))",
    "numpy": "hoard = []\nwhile True:\n    hoard.append(np.ones(10_000_000))",
    "torch": "hoard = []\nwhile True:\n    hoard.append(torch.ones(10_000_000))",
    "shared": (
        "import mmap\nhoard = []\nwhile True:\n    hoard.append(mmap.mmap(-1, 2**27))\n"
        "    for place in range(0, 2**27, 4096):\n        hoard[-1][place] = 1"
    ),
    "processes": (
        "import os, time\nfor number in range(40):\n    if os.fork() == 0:\n"
        "        hoard = [np.ones(12_500_000) for _ in range(2)]\n        time.sleep(60)\n        os._exit(0)\n"
        "time.sleep(60)"
    ),
    "tmpfs": (
        "import os\nfor number in range(64):\n    with open(f'/dev/shm/{number}', 'wb') as file:\n"
        "        for _ in range(64):\n            file.write(bytes(2**20))"
    ),
}
DISK = {
    "large-file": """\
written = 0
try:
    with open("large", "wb") as file:
        while written < 2**32:
            written += file.write(bytes(2**20))
except OSError as error:
    loot(stopped=error.errno in (27, 28))
""",
    "inodes": """\
made = 0
try:
    while made < 1_000_000:
        open(f"{made}", "w").close()
        made += 1
except OSError as error:
    loot(stopped=error.errno in (24, 28))
""",
    "shm": """\
written = 0
try:
    for number in range(64):
        with open(f"/dev/shm/{number}", "wb") as file:
            for _ in range(60):
                written += file.write(bytes(2**20))
except OSError as error:
    loot(stopped=error.errno in (27, 28))
""",
}
FLOODS = {
    "stdout": "while True:\n    print('x' * 10_000)",
    "one-line": "print('x' * 200_000_000)",
    "messages": "from IPython.display import display\nfor number in range(100_000):\n    display(number)",
    "stderr": "import sys\nfor number in range(1_000_000):\n    print(number, file=sys.stderr)",
    "traceback": "def deep(n):\n    raise ValueError('x' * 50_000_000) if n == 0 else deep(n - 1)\ndeep(500)",
    "descriptor": "import os\nfor number in range(100_000):\n    os.write(1, b'x' * 10_000)\n    os.write(2, b'x' * 10_000)",
    "value": "'x' * 100_000_000",
    "figures": (
        "import matplotlib.pyplot as plt\nfor number in range(200):\n"
        "    plt.figure(figsize=(20, 20))\n    plt.imshow(np.random.rand(1000, 1000))\n    plt.show()"
    ),
}
EXITS = {
    "exit": "exit()",
    "sys-exit": "import sys\nsys.exit(0)",
    "os-exit": "import os\nos._exit(0)",
    "abort": "import os\nos.abort()",
    "segfault": "import ctypes\nctypes.string_at(0)",
    "kill-self": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
}
# The first process of a box cannot kill itself: the kernel ignores the signal, and the cell goes on.
ENDINGS = {"os-exit": ("ended its Python process",), "abort": ("crashed",), "segfault": ("crashed",)}
# What an exit in a cell must not touch: a part decided before it and a plain answer after it.
KEPT = {"answer": 1.0, "cost": 3.0}

ATTACKS = (
    Attack(
        "h01-infinite-loop",
        "never returns from a graded call",
        cell("def square(x):\n    while True:\n        pass\n", "answer", "cost"),
        points=KEPT,
        told=("seconds",),
    ),
    Attack(
        "h01-loop-in-cell",
        "never ends its own cell",
        cell("while True:\n    pass\n", "answer", "cost"),
        points=KEPT,
        told=("seconds",),
    ),
    Attack(
        "h02-swallow-interrupt",
        "never returns and swallows every interrupt",
        cell(STUBBORN, "answer", "cost"),
        points=KEPT,
        told=("seconds",),
    ),
    *(
        Attack(
            f"h03-{name}",
            f"blocks outside Python: {name}",
            cell(f"import select, threading\ndef square(x):\n    {line}\n", "answer", "cost"),
            points=KEPT,
            told=("seconds",),
        )
        for name, line in {
            "lock": "lock = threading.Lock(); lock.acquire(); lock.acquire()",
            "select": "select.select([], [], [])",
            "svd": "np.linalg.svd(np.random.rand(3000, 3000))",
        }.items()
    ),
    *(
        Attack(
            f"h04-{name}",
            what,
            cell(text, "answer"),
            {"answer": 1.0},
            loot={"few": True},
            may_be_stopped=True,
            not_in_stock=BOMB,
        )
        for name, what, text in (
            ("fork-bomb", "forks 2000 processes", FORKS),
            ("pool", "starts 1000 processes that never end", POOL),
        )
    ),
    Attack(
        "h05-thread-bomb",
        "starts 10 000 threads",
        cell(THREADS, "answer"),
        {"answer": 1.0},
        loot={"few": True},
        may_be_stopped=True,
        not_in_stock=BOMB,
    ),
    *(
        Attack(
            f"h06-{name}",
            f"takes all the memory that it can get: {name}",
            cell(text, "answer"),
            {"answer": 1.0},
            not_in_stock=BOMB,
        )
        for name, text in MEMORY.items()
    ),
    *(
        Attack(
            f"h07-{name}",
            f"fills the disk: {name}",
            cell(text, "answer"),
            {"answer": 1.0},
            loot={"stopped": True},
            may_be_stopped=True,
            not_in_stock=BOMB,
        )
        for name, text in DISK.items()
    ),
    *(
        Attack(
            f"h08-{name}",
            f"floods the output: {name}",
            cell(text, "answer"),
            {"answer": 1.0},
            not_in_stock="" if name in ("messages", "stderr") else BOMB,
        )
        for name, text in FLOODS.items()
    ),
    *(
        Attack(
            f"h09-{name}",
            f"ends its process in the middle of the notebook: {name}",
            cell(text, "answer", "cost"),
            KEPT,
            told=ENDINGS.get(name, ()),
        )
        for name, text in EXITS.items()
    ),
    Attack(
        "h09-exit-in-call",
        "ends its process in the middle of a graded call",
        cell("import os\ndef square(x):\n    os._exit(0)\n", "answer", "cost"),
        KEPT,
        told=("ended",),
    ),
)
