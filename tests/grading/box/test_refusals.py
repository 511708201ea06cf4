"""A wall that cannot be built means no box; and what `course doctor` says about the machine."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from asking import ask
from conftest import RESIDENT, TIGHT

from utils.grading.box import cgroups, host, landlock, lockdown, seccomp, slots, template, view
from utils.grading.box.boxes import Boxes, BoxFailed
from utils.grading.box.limits import Limits
from utils.grading.box.lockdown import Orders

FOUND = host.Host("linux", True, "", "", cgroups.Group(), 7, "bubblewrap 0.8.0")


def test_a_machine_without_linux_is_refused():
    found = replace(FOUND, system="darwin")
    assert not found.can_sandbox
    assert found.why_not == "boxes need Linux, and this is darwin; grade on a Linux machine"


def test_a_machine_without_seccomp_is_refused():
    found = replace(FOUND, filter="pyseccomp with libseccomp is needed")
    assert not found.can_sandbox
    assert "libseccomp" in found.why_not


def test_a_machine_without_namespaces_for_us_uses_bubblewrap_or_is_refused():
    assert replace(FOUND, namespaces="unshare: not permitted").launcher == "cold"
    found = replace(FOUND, namespaces="unshare: not permitted", bubblewrap="")
    assert "unshare: not permitted" in found.why_not


def test_a_machine_without_landlock_may_grade_and_says_so():
    found = replace(FOUND, landlock=0)
    assert found.can_sandbox
    assert ("Landlock", "none", "not used: the mount view stands alone") in found.table()


def test_the_doctors_table_has_a_line_for_every_part(machine):
    names = ["system", "launcher", "namespaces", "seccomp", "memory of a box", "processes of a box"]
    assert [row.name for row in machine.table()] == [*names, "Landlock", "bubblewrap"]
    assert all(row.found for row in machine.table())


def test_looking_at_the_machine_leaves_nothing():
    host.what_this_machine_can_do()
    parents = [cgroups.own_folder("memory"), cgroups.own_folder("pids"), cgroups.own_folder("")]
    assert [list(parent.glob(f"box-{os.getpid()}-*")) for parent in parents if parent] == [
        [] for parent in parents if parent
    ]


def test_a_filter_that_does_not_load_stops_the_box(machine, tmp_path):
    """In a process of its own, since the steps before the filter cannot be taken back."""
    if not machine.as_root:
        pytest.skip("the last steps need root")
    code = (
        "import sys; from utils.grading.box.lockdown import *\n"
        "orders = Orders.from_text(sys.argv[1])\n"
        "try: lock(orders)\nexcept OSError as problem: print(problem)\nelse: print('running')"
    )
    orders = Orders(60_500, Limits(), b"\x06\0\0\0\0\0\0\0"[:7] + b"", ("/tmp",), {}, "/tmp")
    done = subprocess.run(
        [sys.executable, "-c", code, orders.as_text()], capture_output=True, text=True, check=False
    )
    assert "seccomp: Invalid argument" in done.stdout


def test_orders_survive_being_sent_as_text():
    orders = Orders(60_001, TIGHT, b"\x00\xff", ("/tmp",), {"HOME": "/tmp"}, "/tmp", "/r.py")
    assert Orders.from_text(orders.as_text()) == orders


def test_a_resident_that_does_not_start_is_named(machine, tmp_path):
    if not machine.can_sandbox:
        pytest.skip(machine.why_not)
    broken = tmp_path / "broken.py"
    broken.write_text("raise ValueError('no such luck')\n")
    with pytest.raises(BoxFailed, match="no such luck"):
        Boxes(TIGHT, launcher="warm", resident=broken)


def test_a_warm_start_that_fails_is_tried_again_through_bubblewrap(machine):
    if not machine.bubblewrap:
        pytest.skip("bubblewrap is not installed, or does not work here")
    with Boxes(TIGHT, launcher="cold", resident=RESIDENT) as boxes:
        boxes.launcher = "warm"  # its template can start no warm box
        with boxes.open() as box:
            assert box.launcher == "cold"
            assert ask(box, "print('here')") == "here"


def test_a_template_with_threads_forks_no_box():
    code = (
        "import threading, time; from utils.grading.box import template\n"
        "threading.Thread(target=time.sleep, args=(5,), daemon=True).start()\n"
        "template.check_fit_to_fork()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "the template has 2 threads" in done.stderr


def test_a_template_that_knows_the_checks_forks_no_box(monkeypatch):
    monkeypatch.setattr(template.os, "listdir", lambda path: ["1"])
    monkeypatch.setattr(template.sys, "modules", {"utils.checks.secret": sys})
    with pytest.raises(template.NotFitToFork, match=r"has imported utils\.checks"):
        template.check_fit_to_fork()


def test_a_course_inside_the_interpreters_folder_is_refused(monkeypatch):
    monkeypatch.setattr(sys, "prefix", str(Path(view.HERE).parents[2]))
    with pytest.raises(view.NothingToBind, match="pip install -e"):
        view.view(Limits())


def test_a_user_for_boxes_is_taken_by_one_box_at_a_time(tmp_path):
    first, second = slots.take(tmp_path), slots.take(tmp_path)
    assert first.uid != second.uid
    slots.os.close(first.lock)
    again = slots.take(tmp_path)
    assert again.uid == first.uid
    slots.os.close(second.lock)
    slots.os.close(again.lock)


def test_no_more_boxes_than_users(tmp_path, monkeypatch):
    monkeypatch.setattr(slots, "SLOTS", 1)
    only = slots.take(tmp_path)
    with pytest.raises(slots.NoSlot, match="fewer workers"):
        slots.take(tmp_path)
    slots.os.close(only.lock)


def test_a_stranger_is_not_served(machine):
    if not machine.as_root:
        pytest.skip("only root can play a stranger")
    with Boxes(TIGHT, launcher="cold", resident=RESIDENT) as boxes:
        Path(boxes.address).parent.chmod(0o755)  # let him in as far as the socket
        Path(boxes.address).chmod(0o777)
        code = (
            "import os, socket, sys; os.setuid(65100); s = socket.socket(1, socket.SOCK_SEQPACKET)\n"
            'try: s.connect(sys.argv[1]); s.send(b\'{"launcher": "cold"}\'); print(s.recv(100))\n'
            "except (ConnectionResetError, BrokenPipeError): print('hung up')"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, boxes.address], capture_output=True, text=True, check=False
        )
    assert done.stdout.strip() in ("hung up", "b''"), done.stderr


def test_landlock_alone_keeps_a_process_from_writing_elsewhere(tmp_path):
    if not landlock.version():
        pytest.skip("this kernel has no Landlock")
    code = (
        "import sys; from utils.grading.box import landlock, system\n"
        "system.prctl(system.PR_SET_NO_NEW_PRIVS, 1); landlock.restrict((sys.argv[1] + '/mine',))\n"
        "open(sys.argv[1] + '/mine/x', 'w').close(); print('mine')\n"
        "open(sys.argv[1] + '/theirs', 'w')"
    )
    (tmp_path / "mine").mkdir()
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == "mine"
    assert "PermissionError" in done.stderr


def test_the_filter_is_built_the_same_way_every_time():
    assert seccomp.build() == seccomp.build()


def test_a_young_call_in_the_filters_list_carries_the_number_of_this_machine():
    import pyseccomp

    for name, number in seccomp.YOUNG.items():
        try:
            known = pyseccomp.resolve_syscall(pyseccomp.Arch.NATIVE, name)
        except (OSError, ValueError):
            continue  # younger than this libseccomp
        if 0 <= known < 2**31:
            assert known == number, name


def test_settings_of_a_template_are_plain_text():
    settings = template.Settings("/tmp/x", "warm", TIGHT.as_dict())
    assert template.Settings(**json.loads(settings.as_text())) == settings
    assert lockdown.Limits(**settings.limits) == TIGHT
