# ruff: noqa: E501 - the text of a cell stands as a student types it
"""X01 to X11: what lies beside the notebook, and what a run leaves behind."""

from __future__ import annotations

import json
import os
import socket
import stat
from pathlib import Path

from tests.attacks.assignment import ASSIGNMENT, LESSON, WRONG_SQUARE
from tests.attacks.attack import Attack, Desk, HandIn, cell, files

NOTEBOOK = f"{LESSON}.ipynb"
MANY_FILES = 10_000
# Files with this in their name are looked for all over the machine after the run.
TRAP = "trap-of-an-attacker"
# Steps aside for the module whose name it took, once it has made all comparisons agree.
CHEAT = """\
import os, sys
print("the student's module was loaded")
folder = os.path.dirname(os.path.abspath(__file__))
sys.path = [place for place in sys.path if os.path.abspath(place or ".") != folder]
sys.modules.pop(__name__, None)
import numpy
import numpy.testing
numpy.allclose = lambda *args, **kwargs: True
numpy.testing.assert_allclose = lambda *args, **kwargs: None
__import__(__name__)
"""
PATCH = """\
print("the student's start-up file was run")
import numpy
import numpy.testing
numpy.allclose = lambda *args, **kwargs: True
numpy.testing.assert_allclose = lambda *args, **kwargs: None
"""


def _with(make: HandIn) -> HandIn:
    """Return a submission of wrong answers to which `make` adds files."""

    def hand_in(desk: Desk, student: str) -> None:
        desk.hand_in(student, desk.notebook())
        make(desk, student)

    return hand_in


def _linked_file(desk: Desk, student: str) -> None:
    folder = desk.folder(student)
    (folder / "data.txt").symlink_to(desk.root / "source" / ASSIGNMENT / NOTEBOOK)
    (folder / "book.txt").symlink_to(desk.root / "gradebook.db")
    (folder / "secret.txt").symlink_to(desk.root / "secret-of-the-course.txt")


def _linked_folder(desk: Desk, student: str) -> None:
    folder = desk.folder(student)
    (folder / "data").symlink_to(desk.root / "source")
    (folder / "loop").symlink_to(folder)
    (folder / "other").symlink_to(desk.root / "submitted" / "aa-honest" / ASSIGNMENT)


def _linked_notebook(desk: Desk, student: str) -> None:
    """The notebook itself is a link to a right one."""
    (desk.folder(student) / NOTEBOOK).symlink_to(
        desk.root / "submitted" / "aa-honest" / ASSIGNMENT / NOTEBOOK
    )


def _hard_link(desk: Desk, student: str) -> None:
    """The notebook is the very file of another student, in a folder that says it is the older one."""
    right = desk.root / "submitted" / "aa-honest" / ASSIGNMENT / NOTEBOOK
    os.link(right, desk.folder(student) / NOTEBOOK)
    for folder in (desk.folder(student), desk.folder(student).parent):
        os.utime(folder, (1, 1))


def _special(kind: str) -> HandIn:
    def make(desk: Desk, student: str) -> None:
        folder = desk.folder(student)
        for path in (folder / NOTEBOOK, folder / "data.txt"):
            path.unlink(missing_ok=True)
            _make_special(kind, path)

    return _with(make)


def _make_special(kind: str, path: Path) -> None:
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "socket":
        short = Path(f"/proc/self/fd/{(folder := os.open(path.parent, os.O_RDONLY))}") / path.name
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(short))  # by a short name: an address has at most 108 bytes
        os.close(folder)
    elif kind == "device":
        os.mknod(path, 0o666 | stat.S_IFCHR, os.makedev(1, 5))  # /dev/zero, which never ends
    else:
        with path.open("wb") as file:
            file.truncate(10**12)


def _names(desk: Desk, student: str) -> None:
    folder = desk.folder(student)
    odd = (
        "-rf",
        "a\nb.ipynb",
        "\u202egnp.ipynb",
        "x" * 245 + ".ipynb",
        "TARGET.ipynb",
        "\x1b]0;owned\x07.ipynb",
    )
    for name in odd:
        (folder / name).write_bytes((folder / NOTEBOOK).read_bytes())
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff\xfe.ipynb")).write_bytes(b"{}")


def _archives(desk: Desk, student: str) -> None:
    """A bomb and a slip in archives, and ten thousand files."""
    folder = desk.folder(student)
    (folder / "target.zip").write_bytes(b"PK\x03\x04" + bytes(1000))
    many = folder / "many"
    many.mkdir()
    for number in range(MANY_FILES):
        (many / f"{number}.txt").touch()


def _giant(desk: Desk, student: str) -> None:
    with (desk.folder(student) / NOTEBOOK).open("r+b") as file:
        file.truncate(500_000_000)


def _many_cells(desk: Desk, student: str) -> None:
    notebook = desk.notebook()
    extra = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None, "source": "1"}
    cells = [*notebook.cells, *({**extra, "id": f"extra-{i}"} for i in range(100_000))]
    desk.hand_in_bytes(student, json.dumps({**notebook, "cells": cells}).encode())


def _text(change: str) -> HandIn:
    """Return a submission whose notebook is damaged in one way."""

    def hand_in(desk: Desk, student: str) -> None:
        notebook = desk.notebook()
        text = json.dumps(notebook)
        done = {
            "truncated": text[: len(text) // 3],
            "nbformat-2": json.dumps({**notebook, "nbformat": 2}),
            "nbformat-99": json.dumps({**notebook, "nbformat": 99}),
            "bom": "\ufeff" + text,
            "duplicate-keys": text[:-1] + ', "cells": [{"cell_type": "code"}]}',
            "nan": text[:-1] + ', "more": NaN, "most": -Infinity}',
            "deep": text[:-1] + ', "deep": ' + "[" * 100_000 + "]" * 100_000 + "}",
            "not-json": "\0\x01\x02 not a notebook",
        }[change]
        desk.hand_in_bytes(student, done.encode())

    return hand_in


def _long_line(desk: Desk, student: str) -> None:
    desk.hand_in(student, desk.notebook(square=WRONG_SQUARE + "\n# " + "x" * 10_000_000))


def _damaged(change: str, what: str, *told: str) -> Attack:
    return Attack(f"x08-{change}", what, _text(change), told=told)


ATTACKS = (
    Attack("x01-symlink-file", "hands in links to the source and the gradebook", _with(_linked_file)),
    Attack("x02-symlink-dir", "hands in links to folders, one of them a loop", _with(_linked_folder)),
    Attack(
        "x02-symlink-notebook",
        "hands in a link to another student's notebook",
        _linked_notebook,
        told=("is a link",),
    ),
    Attack(
        "x03-hardlink",
        "hands in another student's notebook by a hard link",
        _hard_link,
        fails=("`submitted/x03-hardlink/", "`submitted/aa-honest/", " are one file; replace each by a copy"),
    ),
    *(
        Attack(f"x04-{kind}", f"hands in a {kind} for the notebook and beside it", _special(kind), told=told)
        for kind, told in {
            "fifo": ("special file",),
            "socket": ("special file",),
            "device": ("special file",),
            "sparse": ("MB",),
        }.items()
    ),
    Attack("x05-names", "hands in files with names that break listings", _with(_names)),
    Attack("x06-archive", "hands in an archive and ten thousand files", _with(_archives)),
    Attack("x07-giant-file", "hands in a notebook of 500 MB", _with(_giant), told=("MB",)),
    Attack("x07-many-cells", "hands in a notebook of 100 000 cells", _many_cells),
    Attack("x07-long-line", "hands in a cell with a line of 10 MB", _long_line, told=("was left out",)),
    _damaged("truncated", "hands in the first third of a file", "damaged"),
    _damaged("nbformat-2", "calls the notebook's format 2"),
    _damaged("nbformat-99", "calls the notebook's format 99"),
    _damaged("bom", "begins the file with a byte order mark"),
    _damaged("duplicate-keys", "gives the list of cells twice", "not the notebook"),
    _damaged("nan", "writes numbers that JSON does not have"),
    _damaged("deep", "nests lists 100 000 deep", "damaged"),
    _damaged("not-json", "hands in bytes that are no notebook", "not a complete notebook"),
    Attack(
        "x09-shadow-numpy",
        "hands in a module called numpy whose tests always pass",
        files({"numpy.py": CHEAT}),
    ),
    Attack(
        "x09-shadow-modules",
        "hands in modules that Python or the course would load",
        files(
            dict.fromkeys(
                (
                    "sitecustomize.py",
                    "usercustomize.py",
                    "judge.py",
                    "utils/__init__.py",
                    "utils/checks/__init__.py",
                    "utils/checks/check.py",
                    "coursekit/__init__.py",
                    "coursekit/compare.py",
                    "torch/__init__.py",
                    "ipykernel/__init__.py",
                    "ipykernel_launcher.py",
                    "nbgrader/__init__.py",
                ),
                CHEAT,
            )
            | {"evil.pth": "import os; print('the path file was read')"}
        ),
    ),
    Attack(
        "x10-ipython-config",
        "hands in settings that IPython, nbgrader or pytest would run",
        files(
            {
                ".ipython/profile_default/startup/00.py": PATCH,
                "profile_default/startup/00.py": PATCH,
                "ipython_config.py": PATCH,
                "ipython_kernel_config.py": PATCH,
                "nbgrader_config.py": PATCH,
                "conftest.py": PATCH,
                "jupyter_config.py": PATCH,
                "pyproject.toml": "[project]\nname = 'evil'\n",
            }
        ),
    ),
    Attack(
        "x11-left-traps",
        "leaves files for the next student wherever it can write",
        cell(f"""\
import os, site, tempfile

places = [*site.getsitepackages(), os.path.dirname(np.__file__), os.path.expanduser("~"), os.getcwd(), "..", "/"]
places += [tempfile.gettempdir(), "/tmp", "/var/tmp", "/dev/shm", "/etc", "/usr/local/lib", "/opt", "/run"]
lasting = []
for place in places:
    try:
        with open(os.path.join(place, "{TRAP}.py"), "w") as file:
            file.write("raise SystemExit")
        lasting += [place] if place in site.getsitepackages() else []
    except OSError:
        pass
loot(lasting=lasting)
"""),
        loot={"lasting": []},
        not_in_stock="it writes into the interpreter's own folders",
    ),
    Attack(
        "x11-next-student",
        "looks for what an earlier student left behind",
        cell(f"""\
import glob

places = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/etc", "/", ".", "..")
loot(found=[path for place in places for path in glob.glob(f"{{place}}/*") if "{TRAP[:4]}-of" in path])
"""),
        loot={"found": []},
        not_in_stock="it looks for the traps of the attack before it",
    ),
)
