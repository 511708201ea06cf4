"""Whatever a box sends, or does not send, a request ends by its deadline, with a reason and a closed box.

The other end of the socket is played here, by the test; it has read a request and may answer as it likes.
"""

import base64
import itertools
import select
import socket
import threading
import time

import pytest

from coursekit.boundary import changes
from utils.grading.box.inside.outgoing import FromBox
from utils.grading.box.inside.shown import CUT, LARGEST_SIDE, PNG, Budget, safe_outputs, safe_text
from utils.grading.box.inside.wire import LONGEST_REPLY, write_frame
from utils.grading.box.limits import Limits
from utils.grading.split.session import BoxLost, Session
from utils.grading.split.stand_in import StandIn

SOON = 0.4  # seconds that a request may take here
AFTER = 2.0  # seconds, on a busy machine, by which it must have ended


def reply(number=1, kind="value", value=None, changed=(), printed="", **more):
    """Return the frame that a resident would send."""
    writer = FromBox(lambda kept: 7)
    body = {"n": number, "kind": kind, "body": writer.write(value), "changed": list(changed)}
    whole = {**body, "printed": writer.write(printed), **more}
    return write_frame(whole, writer.blobs, LONGEST_REPLY)


class PlayedBox:
    """A box whose inside is a function of the test: it gets the socket after the first request has come."""

    def __init__(self, inside, why=""):
        self.channel, self._theirs = socket.socketpair()
        self._inside, self._why, self.closed = inside, why, False
        self._thread = threading.Thread(target=self._play, daemon=True)
        self._thread.start()

    def _play(self):
        try:
            self._theirs.recv(2**20)
            self._inside(self._theirs)
        except OSError:  # the session has closed the box
            pass

    def why_ended(self):
        return self._why

    def cpu_seconds(self):
        return 0.5

    def waited_seconds(self):
        """Return nothing: this machine always has a core."""
        return 0.0

    def close(self):
        self.closed = True
        self._theirs.shutdown(socket.SHUT_RDWR)
        self.channel.close()
        self._thread.join(5)
        self._theirs.close()


def asked(inside, why=""):
    """Return what a request to a played box gives, or how it was lost; the box must be closed in time."""
    box = PlayedBox(inside, why)
    session = Session(box, Limits())
    started = time.monotonic()
    try:
        return session.get("x", SOON)
    except BoxLost as lost:
        assert time.monotonic() - started < AFTER
        assert box.closed
        with pytest.raises(BoxLost, match=str(lost).replace("(", ".").replace(")", ".")):
            session.get("x", SOON)
        return lost
    finally:
        session.close()


def silent(theirs):
    """Wait until the other end is closed."""
    poll = select.poll()
    poll.register(theirs, 0)
    poll.poll(5000)


def slowly(theirs):
    for byte in reply(value=[1] * 1000):
        theirs.send(bytes([byte]))
        time.sleep(0.05)


def endlessly(theirs):
    while True:
        theirs.sendall(reply(number=9) * 100)


LATE = "your code took longer than the 0.4 seconds it may take"
LOST = {
    "nothing": (silent, LATE),
    "one byte at a time": (slowly, LATE),
    "half a frame": (lambda theirs: (theirs.send(reply()[:-3]), silent(theirs)), LATE),
    "the end": (lambda theirs: theirs.shutdown(socket.SHUT_RDWR), "your code ended its Python process"),
    "half a frame and the end": (
        lambda theirs: (theirs.send(reply()[:-3]), theirs.shutdown(socket.SHUT_RDWR)),
        "your code ended its Python process",
    ),
    "a length of 4 GiB": (lambda theirs: theirs.send(b"\xff" * 100), "a message of 4,294,967,295 bytes"),
    "a length of zero": (lambda theirs: theirs.send(b"\0" * 100), "a message of 0 bytes"),
    "text": (lambda theirs: theirs.send(b"HTTP/1.1 200 OK\r\n"), "a message of 1,347,703,880 bytes"),
    "endless replies": (endlessly, "a reply to nothing that was asked"),
    "another number": (lambda theirs: theirs.send(reply(number=2)), "a reply to nothing that was asked"),
    "no number": (lambda theirs: theirs.send(reply(number="1")), "a reply to nothing that was asked"),
    "a verdict": (lambda theirs: theirs.send(reply(points=10)), "a reply to nothing that was asked"),
    "an unknown kind": (lambda theirs: theirs.send(reply(kind="passed")), "a reply of no known kind"),
    "a change of nothing": (
        lambda theirs: theirs.send(reply(changed=[[900, ["l"]]])),
        "a change of nothing that was handed in",
    ),
    "an exception of no kind": (
        lambda theirs: theirs.send(reply(kind="raised", value=["WrongAnswer"])),
        "an exception that is none",
    ),
}


def late(theirs):
    time.sleep(0.3)
    theirs.send(reply())


@pytest.mark.parametrize("waited", [0.0, 5.0])
def test_time_that_a_box_waits_for_a_core_is_not_its_own(waited, monkeypatch):
    passed = itertools.chain([0.0], itertools.repeat(waited))
    monkeypatch.setattr(PlayedBox, "waited_seconds", lambda box: next(passed))
    session = Session(PlayedBox(late), Limits())
    if waited:
        assert session.get("x", 0.1) is None
    else:
        with pytest.raises(BoxLost, match="longer than"):
            session.get("x", 0.1)
    session.close()


def test_a_box_cannot_wait_for_ever(monkeypatch):
    monkeypatch.setattr(PlayedBox, "waited_seconds", lambda box: time.monotonic() * 1000)
    session = Session(PlayedBox(late), Limits())
    with pytest.raises(BoxLost, match="longer than"):
        session.get("x", 0.02)


def test_an_argument_that_has_become_something_else_loses_the_box():
    session = Session(PlayedBox(lambda theirs: theirs.send(reply(changed=[[0, ["l"]]]))), Limits())
    with pytest.raises(BoxLost, match="an argument that has become something else"):
        session.call("f", ([1],), {})


def test_changes_are_made_only_where_they_are_to_be_seen():
    numbers = [1]
    for seen in (False, True):
        # The request and the list of dropped handles come before it.
        box = PlayedBox(lambda theirs: theirs.send(reply(changed=[[2, ["l"]]])))
        session = Session(box, Limits())
        with changes(seen=seen):
            session.call("f", (numbers,), {})
        session.close()
        assert numbers == ([] if seen else [1])


@pytest.mark.parametrize(("inside", "why"), LOST.values(), ids=LOST)
def test_a_box_that_does_not_answer_properly_is_lost_with_a_reason(inside, why):
    assert why in str(asked(inside))


def test_the_warden_says_why_a_box_ended():
    lost = asked(
        lambda theirs: theirs.shutdown(socket.SHUT_RDWR), why="the notebook used more than 2 GiB of memory"
    )
    assert str(lost) == "the notebook used more than 2 GiB of memory"


def test_a_proper_reply_is_taken():
    assert asked(lambda theirs: theirs.send(reply(value=[1, 2]))) == [1, 2]


def test_a_box_that_stops_reading_does_not_hold_up_the_judge():
    session = Session(PlayedBox(silent), Limits())
    session.deadline = time.monotonic() + SOON
    started = time.monotonic()
    with pytest.raises(BoxLost, match="took longer"):
        session.beside("coursekit.cost.count", ("x" * 2**24,), {})
    assert time.monotonic() - started < AFTER


def test_a_second_reply_is_noticed_before_the_next_request():
    box = PlayedBox(lambda theirs: theirs.send(reply() + reply(number=2, value="forged")))
    session = Session(box, Limits())
    assert session.get("x", SOON) is None
    with pytest.raises(BoxLost, match="more than one reply"):
        session.get("y", SOON)


def test_reading_a_box_that_floods_takes_little_memory():
    import resource

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    def flood(theirs):
        theirs.sendall((2**24).to_bytes(4, "little"))
        while True:
            theirs.sendall(b"[" * 2**20)

    asked(flood)
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < 64 * 2**20


def test_a_lost_box_is_no_exception_that_a_check_would_judge():
    assert not issubclass(BoxLost, Exception)


def test_a_forged_wrong_answer_brings_no_hint():
    forged = {
        "type": "WrongAnswer",
        "base": "AssertionError",
        "text": "x\n  hint  The answer is 5.",
        "place": "",
    }
    with pytest.raises(AssertionError) as raised:
        asked(lambda theirs: theirs.send(reply(kind="raised", value=forged)))
    assert type(raised.value).__name__ == "AssertionError"
    assert not hasattr(raised.value, "hint")


def test_a_box_cannot_make_many_types():
    def inside(theirs):
        theirs.send(reply())

    session = Session(PlayedBox(inside), Limits())
    names = {type(session._stand_ins.refer(1, f"Type{i}", False)).__name__ for i in range(2000)}
    assert len(names) == 1001
    assert "object" in names


# --- outputs ----------------------------------------------------------------------------------------------


def shown(*outputs):
    return safe_outputs(list(outputs), Budget(Limits().as_dict()))


def stream(text):
    return {"output_type": "stream", "name": "stdout", "text": text}


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07a", "a"),
        ("\x1b]52;c;aGk=\x1b\\a", "a"),
        ("\x9b31mred", "red"),
        ("\x1bPq#0\x1b\\a", "a"),
        ("\x1bc\x1b(Ba", "a"),
        ("\x1b" * 9 + "ab", "b"),
        ("10%\r20%\r\nend", "10%\n20%\nend"),
        ("a\x00b\x08\x7f", "a\\x00b\\x08\\x7f"),
        ("\u202eevil\u2066", "\\u202eevil\\u2066"),
        ("\U000e0041", "\\U000e0041"),
        ("\u2028", "\\u2028"),
        ("tab\tline\n äöü 注意 🙂", "tab\tline\n äöü 注意 🙂"),
    ],
)
def test_text_has_no_control_characters_no_tricks_and_keeps_what_can_be_read(text, safe):
    assert safe_text(text) == safe
    assert shown(stream(text))[0]["text"] == safe


def test_cleaning_takes_time_that_grows_with_the_text_alone():
    for piece in ("\x1b]", "\x1b[", "\x1b[0", "\x1bP", "\x9b0;", "\x1b"):
        started = time.process_time()
        safe_text(piece * 30_000)
        assert time.process_time() - started < 1


def png(width, height):
    return PNG + b"\0\0\0\rIHDR" + width.to_bytes(4, "big") + height.to_bytes(4, "big") + b"\x08\x02\0\0\0"


def display(mime, data):
    return {"output_type": "display_data", "data": {mime: data}}


def test_a_picture_is_kept_and_nothing_active_is():
    picture = base64.b64encode(png(3, 3)).decode()
    kept = shown(
        display("image/png", picture), display("image/jpeg", base64.b64encode(b"\xff\xd8\xffa").decode())
    )
    assert [list(output["data"]) for output in kept] == [["image/png"], ["image/jpeg"]]
    for mime in ("text/html", "image/svg+xml", "application/javascript", "text/markdown", "text/latex"):
        assert shown(display(mime, "<b>"))[0]["data"] == {"text/plain": f"[left out: {mime}]"}


@pytest.mark.parametrize(
    "data",
    [
        "not base64!",
        base64.b64encode(b"<svg onload=alert(1)>").decode(),
        base64.b64encode(png(LARGEST_SIDE + 1, 3)).decode(),
        base64.b64encode(png(0, 3)).decode(),
        ["a"],
        None,
        "\u202e",
    ],
)
def test_what_is_no_picture_is_left_out(data):
    assert shown(display("image/png", data))[0]["data"] == {"text/plain": "[left out: image/png]"}


@pytest.mark.parametrize(
    "raw",
    [
        None,
        "text",
        {"a": 1},
        [1, None, [], {}],
        [{"output_type": "update_display_data"}],
        [{"output_type": []}],
    ],
)
def test_what_is_no_output_is_left_out(raw):
    assert safe_outputs(raw, Budget(Limits().as_dict())) == []


def test_text_is_cut_with_a_note_per_cell_and_per_notebook():
    limits = Limits(cell_output_characters=10, notebook_output_characters=15)
    budget = Budget(limits.as_dict())
    first = safe_outputs([stream("a" * 20), stream("b")], budget)
    assert first == [stream("a" * 10 + "\n[cut here: a cell may show 10 characters, a notebook 15]\n")]
    assert safe_outputs([stream("c" * 20)], budget)[0]["text"].startswith("ccccc\n[cut here")
    assert safe_outputs([stream("d"), stream("e")], budget) == [stream(CUT.format(10, 15))]


def test_pictures_are_cut_per_cell_and_per_notebook():
    picture = display("image/png", base64.b64encode(png(3, 3)).decode())
    limits = Limits(cell_image_bytes=60, notebook_image_bytes=90)
    budget = Budget(limits.as_dict())
    kinds = [[list(o["data"]) for o in safe_outputs([picture] * 3, budget)] for _ in range(2)]
    assert kinds == [[["image/png"]] * 2 + [["text/plain"]], [["image/png"]] + [["text/plain"]] * 2]


def test_an_error_output_is_text_of_bounded_length():
    error = {
        "output_type": "error",
        "ename": "A\x1b[1m\nB",
        "evalue": "x" * 10**5,
        "traceback": ["\x1b[31ml"] * 10**4,
    }
    (kept,) = shown({**error, "html": "<b>"})
    assert kept["ename"] == "A B"
    assert len(kept["evalue"]) == 2000
    assert kept["traceback"] == ["l"] * 100
    assert set(kept) == {"output_type", "ename", "evalue", "traceback"}


def test_a_cell_that_floods_is_cut_inside_so_that_its_reply_still_fits(new_session):
    session = new_session()
    run = session.run("for i in range(300):\n    print('x' * 10**6)\n1 / 0", 60)
    assert "[cut here" in run.outputs[0]["text"]
    assert len(run.outputs[0]["text"]) < 2 * Limits().cell_output_characters
    assert run.error == "ZeroDivisionError: division by zero"
    assert session.run("for i in range(10**4): display(i)", 60).error is None


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("while True: pass", "longer than the 1 seconds"),
        (
            "import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nimport time\ntime.sleep(99)",
            "longer than",
        ),
        ("import os\nos._exit(0)", "ended its Python process"),
        ("import ctypes\nctypes.string_at(0)", "ended its Python process"),
        (
            "import os\nfor fd in range(3, 1000):\n  try: os.write(fd, b'x' * 100)\n  except OSError: pass",
            "no answer",
        ),
        ("import sys\nsys.setrecursionlimit(60)\ndef f(): f()\nf()", ""),
    ],
)
def test_code_that_ends_or_stalls_its_process_loses_the_box(new_session, code, why):
    session = new_session()
    session.run("started = True", 60)
    if not why:
        assert "RecursionError" in session.run(code, 60).error
        return
    with pytest.raises(BoxLost, match=why):
        session.run(code, 1)


def test_replaced_builtins_and_torch_functions_harm_the_students_process_alone(new_session):
    session = new_session()
    code = """
import torch, json, builtins
class Odd:
    def __eq__(self, other): return True
    def __bool__(self): return True
    def __getattr__(self, name): return Odd()
    def __call__(self, *a): return Odd()
def f(x): return Odd()
torch.equal = torch.allclose = torch.testing.assert_close = lambda *a, **k: True
"""
    assert session.run(code, 60).error is None
    found = session.get("f", 60)(1)
    assert isinstance(found, StandIn)
    assert isinstance(found.anything, StandIn)
    with pytest.raises(BoxLost):
        session.run("import builtins\nbuiltins.len = builtins.isinstance = lambda *a: True", 60)
