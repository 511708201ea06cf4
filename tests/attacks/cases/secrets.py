# ruff: noqa: E501 - the text of a cell stands as a student types it
"""R01 to R09: reading tests, solutions, the gradebook, other processes, the machine."""

from __future__ import annotations

from tests.attacks.assignment import HIDDEN_WORD, LESSON
from tests.attacks.attack import Attack, cell

# The word of the hidden tests, made while it runs: written out, it would only find itself.
SPELLED = f"WORD = bytes({[*HIDDEN_WORD.encode()]}).decode()\n"

# Folders of the system, which hold no secrets and take long to walk through.
SKIPPED = """\
SKIPPED = ("proc", "sys", "dev", "usr", "lib", "lib64", "lib32", "bin", "sbin", "site-packages", "python3.11")
"""
READ_NOTEBOOKS = """\
import glob, re

answer, found = 0, []
for path in glob.glob("*.ipynb") + glob.glob("**/*.ipynb", recursive=True) + glob.glob("/*/*.ipynb"):
    text = open(path).read()
    hidden = re.search(r"assert answer == (\\d+)", text)
    if hidden:
        found.append(path)
        answer = int(hidden[1])
loot(found=found)
"""
READ_SOURCE = f"""\
import json, os

found = []
for top in ("../../..", "../..", "/"):
    for folder, folders, names in os.walk(top):
        folders[:] = [name for name in folders if name not in SKIPPED]
        if "{LESSON}.ipynb" in names and "source" in folder.split("/"):
            found.append("a source notebook")
            for one in json.load(open(os.path.join(folder, "{LESSON}.ipynb")))["cells"]:
                if one["metadata"].get("nbgrader", {{}}).get("solution") and one["cell_type"] == "code":
                    exec("".join(one["source"]).replace("BLANK", ""), globals())
            solved = square
    if found:
        break
loot(found=found)

def square(x):
    return solved(x) if found else 0
"""
GRADEBOOK = """\
import os, sqlite3

found = []
for folder, folders, names in os.walk("../../.."):
    folders[:] = [name for name in folders if name not in SKIPPED]
    found += [os.path.join(folder, name) for name in names if name == "gradebook.db" or name.endswith(".stamp")]
for path in found:
    with sqlite3.connect(path, timeout=1) as book:
        book.execute("update grade set manual_score = 10, extra_credit = 5")
loot(found=found)
"""
CONSTANTS = """\
import sys

def square(x):
    try:
        frame = sys._getframe(1)
        if isinstance(x, int):
            numbers = [c for c in frame.f_code.co_consts if isinstance(c, int)]
            return next((n for n in numbers if n == 145 or n == 5 and x == 2), 0)
        lists = [c for c in frame.f_code.co_consts if isinstance(c, tuple) and len(c) == len(x)]
        return np.array(lists[0]) if lists else frame.f_globals.get("expected", 0)
    finally:
        depth, words = frame, []
        while depth is not None:
            words += [c for c in depth.f_code.co_consts if isinstance(c, str) and WORD in c]
            words += [k for k, v in depth.f_locals.items() if isinstance(v, str) and WORD in v]
            depth = depth.f_back
        if words and isinstance(x, int):
            loot(words=words[:1])
"""
HISTORY = """\
import re

def square(x):
    text = "\\n".join(str(line) for line in In)
    if isinstance(x, int):
        return int((re.findall(rf"square\\({x}\\)(?: ==|,) (\\d+)", text) or [0])[-1])
    shown = r"places \\+ 1\\), (\\[.*?\\])" if x[0] == 4 else r"expected = np.array\\((\\[.*?\\])\\)"
    return np.array(eval((re.findall(shown, text) or ["0"])[-1]))
"""
OBJECTS = """\
import gc, inspect, linecache, sys, traceback

def square(x):
    words = set()
    for thing in gc.get_objects():
        if isinstance(thing, (dict, list, tuple)):
            members = thing.values() if isinstance(thing, dict) else thing
            words |= {m[:200] for m in list(members) if type(m) is str and m is not WORD and WORD in m}
    words |= {line for lines in linecache.cache.values() for line in str(lines).split("\\\\n") if WORD in line}
    try:
        raise ValueError
    except ValueError as error:
        words |= {line for line in traceback.format_stack() if WORD in line}
    loot(words=sorted(words))
    return 0
"""
PROCESSES = """\
import glob, os

seen, opened = [], []
for folder in glob.glob("/proc/[0-9]*"):
    for name in ("environ", "cmdline", "mem", "maps", "mountinfo"):
        try:
            with open(f"{folder}/{name}", "rb") as file:
                text = file.read() if name != "mem" else b""
            opened.append(int(folder[6:]))
            if name == "environ" and b"COURSE_CANARY" in text:
                seen.append(text.partition(b"COURSE_CANARY=")[2].partition(b"\\0")[0].decode())
            if name in ("cmdline", "mountinfo") and (b"submitted" in text or b"gradebook" in text):
                seen.append(text.decode(errors="replace"))
        except OSError:
            pass
others = sorted(set(opened) - {os.getpid(), 1})  # the first process is the box's own
loot(seen=seen, others=others)
"""
ENVIRONMENT = """\
import os

loot(canary=os.environ.get("COURSE_CANARY", ""), key=os.environ.get("COURSE_KEY_FILE", ""))
print(dict(os.environ))
"""
DESCRIPTORS = """\
import os, stat

kinds = {stat.S_IFSOCK: "socket", stat.S_IFDIR: "folder", stat.S_IFIFO: "pipe", stat.S_IFCHR: "device"}
held = []
for number in range(3, 256):
    try:
        kind = kinds.get(stat.S_IFMT(os.fstat(number).st_mode), "file")
        name = os.readlink(f"/proc/self/fd/{number}")
    except OSError:
        continue
    if not name.endswith((".ttf", ".afm", "/fd")):  # fonts that matplotlib keeps open, and this very listing
        held.append(kind)
loot(held=held)
"""
MEMORY = """\
import ctypes, re

PART = bytes([99, 97, 110, 97, 114, 121, 45])  # how every planted secret begins
found, read = set(), 0
for line in open("/proc/self/maps"):
    fields = line.split()
    start, end = (int(end, 16) for end in fields[0].split("-"))
    own = len(fields) < 6 or fields[5] in ("[heap]", "[stack]")
    if own and fields[1].startswith("r") and end - start < 2**25:
        text = ctypes.string_at(start, end - start)
        read += len(text)
        if text.find(PART) >= 0:
            found |= set(re.findall(PART + rb"[a-z]+-[0-9a-f]{16}", text))
loot(found=sorted(secret.decode() for secret in found), read=read > 2**24)
"""
HOME = """\
import glob, os

opened = []
for home in (os.path.expanduser("~"), "/root", *glob.glob("/home/*")):
    for name in (".ssh", ".netrc", ".jupyter", ".canary", ".gitconfig", ".bash_history", ".cache"):
        opened += [f"{home}/{name}"] if os.path.exists(f"{home}/{name}") else []
for path in ("/etc/shadow", "/etc/sudoers", "/etc/ssh", "/var/log", "/var/spool"):
    try:
        opened.append(path if os.path.isdir(path) and os.listdir(path) else open(path).name)
    except OSError:
        pass
loot(opened=opened)
"""

ATTACKS = (
    Attack(
        "r01-read-own-notebook",
        "reads the answer from the notebook with the hidden tests",
        cell(READ_NOTEBOOKS, part="answer"),
        loot={"found": []},
    ),
    Attack(
        "r02-read-source",
        "runs the instructor's solution from where the course lies",
        cell(SKIPPED + READ_SOURCE),
        loot={"found": []},
    ),
    Attack(
        "r03-gradebook",
        "gives everybody ten points in the gradebook",
        cell(SKIPPED + GRADEBOOK),
        loot={"found": []},
    ),
    Attack("r04-constants", "reads expected values from the frame that calls it", cell(SPELLED + CONSTANTS)),
    Attack("r04-history", "reads the test's text from IPython's history", cell(HISTORY)),
    Attack(
        "r04-objects",
        "searches every object of the process for the hidden tests",
        cell(SPELLED + OBJECTS),
        loot={"words": []},
    ),
    Attack(
        "r05-proc-mem",
        "reads other processes in /proc",
        cell(PROCESSES),
        loot={"seen": [], "others": []},
    ),
    Attack("r06-environ", "prints the environment", cell(ENVIRONMENT), loot={"canary": "", "key": ""}),
    Attack(
        "r07-fd-hunt",
        "looks through the open files that it inherited",
        cell(DESCRIPTORS),
        loot={"held": ["socket"]},
    ),
    Attack(
        "r08-zygote-heap",
        "searches its own memory for what earlier processes held",
        cell(MEMORY),
        loot={"found": [], "read": True},
        may_be_stopped=True,
    ),
    Attack("r09-home-keys", "opens keys and settings in home folders", cell(HOME), loot={"opened": []}),
)
