"""What a box cannot use up: memory in any form, processes, files, time."""

import time

import pytest
from asking import ask, send
from conftest import RESIDENT

from utils.grading.box.boxes import Boxes
from utils.grading.box.limits import MEBIBYTE, Limits

SOON = 20  # seconds; the warden looks ten times a second, and this machine may be busy
TOO_MUCH = "the notebook used more than 512 MiB of memory"


def why(box) -> str:
    """Wait for the end of the box; return the reason."""
    end = time.monotonic() + SOON
    while box.alive() and time.monotonic() < end:
        time.sleep(0.02)
    return box.why_ended()


MEMORY_HOGS = {
    "a numpy array": "import numpy\nkept = numpy.ones(100_000_000)",
    "a list": "kept = []\nwhile True: kept.append(bytearray(1_000_000))",
    "shared memory without a name": (
        "import mmap\nkept = [mmap.mmap(-1, 100_000_000) for _ in range(8)]\n"
        "for m in kept:\n for i in range(0, len(m), 4096): m[i] = 1"
    ),
    "shared memory dropped from view": (
        "import mmap\nkept = [mmap.mmap(-1, 50_000_000) for _ in range(30)]\n"
        "for m in kept:\n for i in range(0, len(m), 4096): m[i] = 1\n m.madvise(mmap.MADV_DONTNEED)\n"
    ),
    "many processes": (
        "import os, time\nfor _ in range(16):\n if os.fork() == 0:\n"
        "  kept = bytearray(b'x' * 60_000_000)\n  time.sleep(60)\ntime.sleep(60)"
    ),
}


@pytest.mark.parametrize("hog", MEMORY_HOGS)
def test_a_box_that_takes_too_much_memory_is_ended_and_told_why(box, hog):
    send(box, MEMORY_HOGS[hog] + "\nimport time; time.sleep(60)")
    assert why(box) == TOO_MUCH


def test_memory_in_files_counts_too_and_is_capped(box):
    code = "for n in range(99):\n with open(f'/tmp/{n}', 'wb') as f: f.write(bytes(1_000_000))"
    assert ask(box, code) == "OSError: [Errno 28] No space left on device"
    held = box.memory_bytes()
    assert held > 25 * MEBIBYTE
    code = "import os\nfor n in range(99):\n if os.path.exists(f'/tmp/{n}'): os.remove(f'/tmp/{n}')"
    ask(box, code)
    assert box.memory_bytes() < held - 20 * MEBIBYTE


def test_one_process_cannot_reserve_more_than_its_address_space(box):
    assert ask(box, "import mmap; m = mmap.mmap(-1, 4 * 2**30)").startswith("OSError: [Errno 12]")


def test_a_file_has_a_largest_size(box):
    code = "import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
    code += "with open('/tmp/big', 'wb') as f: f.truncate(9_000_000)"
    assert ask(box, code) == "OSError: [Errno 27] File too large"


def test_the_number_of_files_is_capped(box):
    if box.launcher == "cold":
        pytest.skip("bubblewrap cannot cap inodes; their memory is counted instead")
    assert ask(box, "for n in range(600): open(f'/tmp/{n}', 'w')").startswith("OSError: [Errno 28]")


def test_a_fork_bomb_meets_its_limit_and_the_box_goes_on(box):
    code = """
import os, time
started = 0
try:
    while started < 200:
        if os.fork() == 0:
            time.sleep(60)
        started += 1
except BlockingIOError:
    pass
print(started)
"""
    assert 5 <= int(ask(box, code)) < 32
    assert box.alive()


def test_threads_count_as_processes(box):
    code = """
import threading, time
started = 0
try:
    while started < 200:
        threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
        started += 1
except RuntimeError:
    pass
print(started)
"""
    assert 5 <= int(ask(box, code)) < 32


def test_open_files_are_capped(box):
    assert ask(box, "kept = [open('/dev/null') for _ in range(300)]").startswith("OSError: [Errno 24]")


def test_what_a_call_takes_is_measured_from_outside(box):
    ask(box, "x = bytearray(b'x' * 1_000_000)")
    box.reset_peak()
    before, busy = box.peak_bytes(), box.cpu_seconds()
    ask(box, "x = bytearray(b'x' * 100_000_000); del x")
    taken = box.peak_bytes() - before
    # bytes and bytearray are there at once; a control group counts in steps of up to half a MiB
    assert 190_000_000 < taken < 215_000_000
    ask(box, "import time; end = time.process_time() + 0.5\nwhile time.process_time() < end: pass")
    assert 0.4 < box.cpu_seconds() - busy < 2


def test_processor_time_of_ended_children_counts(box):
    before = box.cpu_seconds()
    code = """
import os, time
child = os.fork()
if child == 0:
    while time.process_time() < 0.5:
        pass
    os._exit(0)
os.waitpid(child, 0)
"""
    ask(box, code)
    assert box.cpu_seconds() - before > 0.4


def short_lived(**limits) -> Boxes:
    return Boxes(Limits(**limits), launcher="cold", resident=RESIDENT)


def need_cold_boxes(machine) -> None:
    if not machine.bubblewrap:
        pytest.skip("bubblewrap is not installed, or does not work here")


def test_a_box_ends_with_its_time_whatever_its_signals_are_set_to(machine):
    need_cold_boxes(machine)
    code = "import signal, time\nfor n in range(1, 32):\n"
    code += " try: signal.signal(n, signal.SIG_IGN)\n except (OSError, ValueError): pass\n"
    with short_lived(notebook_seconds=1.0) as boxes, boxes.open() as box:
        send(box, code + "while True: time.sleep(1)")
        assert why(box) == "the notebook took longer than 1 seconds"


def test_a_box_ends_with_its_processor_time(machine):
    need_cold_boxes(machine)
    with short_lived(cpu_seconds=1) as boxes, boxes.open() as box:
        send(box, "while True: pass")
        assert why(box) == "the notebook used more than 1 seconds of processor time"


def test_processor_time_is_counted_over_all_processes(machine):
    need_cold_boxes(machine)
    with short_lived(cpu_seconds=3) as boxes, boxes.open() as box:
        send(
            box,
            "import os, time\nfor _ in range(4):\n if os.fork() == 0:\n  while True: pass\ntime.sleep(60)",
        )
        assert why(box) == "the notebook used more than 3 seconds of processor time"
