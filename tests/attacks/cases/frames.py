# ruff: noqa: E501 - the text of a cell stands as a student types it
"""S18 to S24: a student's code that finds the socket to the judge and speaks for the resident itself."""

from __future__ import annotations

from tests.attacks.attack import Attack, HandIn, cell
from tests.attacks.cases.files import TRAP

NO_CHANNEL = "stock nbgrader has no such channel"
NONSENSE = "sent something that is no answer"
CHANNEL = """\
import json, os, pickle, socket, stat, struct, sys, threading, time

def channel():
    for number in range(3, 256):
        try:
            if stat.S_ISSOCK(os.fstat(number).st_mode):
                return socket.socket(fileno=os.dup(number))
        except OSError:
            pass

def send(data):
    with channel() as end:
        end.setblocking(True)
        end.sendall(data)

def frame(value, *blobs, lengths=None):
    header = json.dumps({"b": lengths or [len(blob) for blob in blobs], "v": value}).encode()
    body = struct.pack("<I", len(header)) + header + b"".join(blobs)
    return struct.pack("<I", len(body)) + body

def asked():
    # The number of the request that is being answered, from the frame of whoever answers it.
    looked_at = sys._getframe()
    while looked_at is not None:
        if isinstance(looked_at.f_locals.get("request"), dict):
            return looked_at.f_locals["request"]["n"]
        looked_at = looked_at.f_back

def reply(body, n=None, **more):
    return {"n": asked() if n is None else n, "kind": "value", "body": body, "changed": [], "printed": "", **more}

"""


def _in_call(text: str) -> HandIn:
    """Return a submission in which the call of a graded cell runs some lines; one part is right before it."""
    lines = "\n    ".join(text.strip().splitlines())
    return cell(f"{CHANNEL}def square(x):\n    {lines}\n    return 0\n", "answer")


def _forged(name: str, what: str, text: str, *told: str) -> Attack:
    return Attack(name, what, _in_call(text), {"answer": 1.0}, told or (NONSENSE,), not_in_stock=NO_CHANNEL)


REPLAY = """\
from utils.grading.box.inside import resident

replies, answer_now = [], resident.Resident.answer

def again(self, body):
    replies.append(answer_now(self, body))
    return replies[0] if len(replies) > 3 else replies[-1]

resident.Resident.answer = again

def square(x):
    return 5
"""
# Answers in the resident's place, with the number that is asked for, whatever a forger would like to be true.
FORGED_VALUES = """\
from utils.grading.box.inside import resident, wire
from utils.grading.box.inside.unpacking import FromJudge

def forged(self, body):
    request = FromJudge(wire.read_frame(body)[1], self._objects).read(wire.read_frame(body)[0])
    value = ["r", "Tensor", True, 1]
    told = {"n": request["n"], "kind": "value", "body": True, "changed": [], "printed": "all tests passed: 24/24"}
    if request["do"] == "run":
        told |= {"kind": "ran", "body": ["d", "outputs", ["l"], "error", None]}
    return wire.write_frame(told, [], wire.LONGEST_REPLY)

resident.Resident.answer = forged
"""
WRONG_ANSWERS = """\
from coursekit.compare import WrongAnswer

class Passed(BaseException):
    pass

def square(x):
    raise SystemExit(0) if x == 2 else Passed("10 of 10")

def weights(scores):
    raise WrongAnswer("weights is right.", first="", hint="full points")
"""

ATTACKS = (
    _forged(
        "s18-other-number",
        "answers a request that was never made",
        "send(frame(reply(5, n=10**6)))\ntime.sleep(1)",
    ),
    _forged(
        "s18-other-handle",
        "hands over the handle of an object that it does not have",
        "send(frame(reply(['r', 10**9, 'Tensor', True])))",
    ),
    Attack(
        "s20-replay",
        "sends an earlier reply again",
        cell(REPLAY, "answer"),
        {"answer": 1.0},
        (NONSENSE,),
        not_in_stock=NO_CHANNEL,
    ),
    Attack(
        "s20-forged-values",
        "answers every later request by what a forger would like to be true",
        cell(FORGED_VALUES, "answer"),
        {"answer": 1.0},
        not_in_stock=NO_CHANNEL,
    ),
    Attack(
        "s20-forged-endings",
        "raises what a check raises, or what ends a program, to be taken for right",
        cell(WRONG_ANSWERS, "answer"),
        {"answer": 1.0},
    ),
    Attack(
        "s21-thread-forges",
        "answers from a thread whatever is asked later",
        cell(
            CHANNEL
            + "def forge():\n    while True:\n        time.sleep(0.01)\n        send(frame(reply(5, n=3)))\n\n"
            "threading.Thread(target=forge, daemon=True).start()\n",
            "answer",
        ),
        {"answer": 1.0},
        not_in_stock=NO_CHANNEL,
    ),
    _forged(
        "s22-four-gigabytes",
        "announces a message of 4 GiB",
        "send(b'\\xff\\xff\\xff\\xff' + bytes(1000))\ntime.sleep(1)",
    ),
    _forged(
        "s22-endless",
        "sends the longest message that is allowed, and never stops",
        "send(struct.pack('<I', 2**24))\nwhile True: send(bytes(2**20))",
    ),
    _forged(
        "s22-drip",
        "sends one byte of a message a second",
        "send(struct.pack('<I', 1000))\nwhile True:\n    send(b'x')\n    time.sleep(1)",
        "seconds",
    ),
    _forged(
        "s22-half",
        "sends half a message and then nothing",
        "send(frame(reply(5))[:20])\nwhile True: time.sleep(1)",
        "seconds",
    ),
    *(
        _forged(f"s23-{name}", f"sends {what}", f"send({data})\ntime.sleep(1)")
        for name, what, data in (
            (
                "shape",
                "a tensor of 10^18 numbers in no bytes",
                "frame(reply(['T', 0, 'float64', [10**9, 10**9], None, False, None]), b'')",
            ),
            (
                "void",
                "an array of 10^12 entries without a size",
                "frame(reply(['N', 0, '|V0', [10**12]]), b'')",
            ),
            ("lengths", "blobs that overlap", "frame(reply(['b', 0]), b'x', lengths=[2**40, -2**40])"),
            (
                "deep",
                "lists 100 000 deep",
                "struct.pack('<II', 200_004, 200_000) + b'[' * 100_000 + b']' * 100_000",
            ),
            ("digits", "a number of 5000 digits", "struct.pack('<II', 5_004, 5_000) + b'9' * 5_000"),
            ("text", "bytes that are no text", "struct.pack('<II', 104, 100) + b'\\xff' * 100"),
            ("keys", "two million entries", "frame(reply(['l'] + [0] * 400_000))"),
            (
                "strides",
                "a tensor whose strides leave its bytes",
                "frame(reply(['T', 0, 'float64', [2], [10**9], False, None]), bytes(16))",
            ),
        )
    ),
    *(
        Attack(
            f"s23-typed-{name}",
            f"types {what} where a formula is asked for",
            cell(f"cost = {text}", part="cost"),
        )
        for name, what, text in (
            ("long", "five million characters", "'N^2 D + ' * 600_000 + '1'"),
            ("deep", "a million brackets", "'(' * 1_000_000 + 'N' + ')' * 1_000_000"),
            ("tower", "a tower of powers", "'N^' + '9^' * 400 + '9'"),
            (
                "products",
                "a product that unfolds into very many terms",
                "'*'.join(['(N + D + M + 1)'] * 400)",
            ),
            ("unicode", "a hundred thousand marks on one letter", "'N' + chr(0x301) * 100_000"),
            ("nested", "lists in lists", "[[[[['N'] * 8] * 8] * 8] * 8] * 8"),
        )
    ),
    *(
        _forged(
            f"s24-{name}",
            f"sends {name.replace('-', ' ')} that runs code when it is read",
            f"class Evil:\n    def __reduce__(self):\n        return os.system, ('touch /tmp/{TRAP}-unpickled',)\n"
            f"data = {data}\nsend(struct.pack('<II', len(data) + 4, len(data)) + data)\ntime.sleep(1)",
        )
        for name, data in (
            ("a-pickle", "pickle.dumps(Evil())"),
            ("an-object-array", "b'\\x93NUMPY' + pickle.dumps(Evil())"),
        )
    ),
    Attack(
        "s24-returned",
        "returns bytes that run code when they are read",
        cell(
            "import os, pickle\n\nclass Evil:\n    def __reduce__(self):\n"
            f"        return os.system, ('touch /tmp/{TRAP}-unpickled',)\n\n"
            "def square(x):\n    return pickle.dumps(Evil())\n"
        ),
    ),
)
