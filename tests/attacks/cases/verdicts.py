# ruff: noqa: E501 - the text of a cell stands as a student types it
"""S01 to S16: buying points in the student's own process, by patches and by objects that lie."""

from __future__ import annotations

from unittest import mock

import torch

from tests.attacks.assignment import WRONG_SQUARE
from tests.attacks.attack import Attack, Desk, cell
from utils.checks import draws

# Whatever is done to it, it agrees.
AGREES = """\
class Agrees:
    shape, ndim, dtype = (5,), 1, float
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __hash__ = None
    __lt__ = __le__ = __gt__ = __ge__ = __eq__
    def __bool__(self): return True
    def __abs__(self): return self
    def __sub__(self, other): return 0.0
    __rsub__ = __add__ = __radd__ = __mul__ = __rmul__ = __sub__
    def __float__(self): return 0.0
    def __array__(self, dtype=None, copy=None): return __import__("numpy").zeros(5)
"""
EVIL_ARRAY = """\
class Evil(np.ndarray):
    def __array_function__(self, function, types, args, kwargs): return True
    def __array_ufunc__(self, ufunc, method, *args, **kwargs): return np.False_
    def __eq__(self, other): return np.True_

def square(x):
    return 5 if isinstance(x, int) and x == 2 else np.zeros(5).view(Evil)
"""
EVIL_TENSOR = """\
class Evil(torch.Tensor):
    @classmethod
    def __torch_function__(cls, function, types, args=(), kwargs=None):
        if function in (torch.allclose, torch.equal):
            return True
        return super().__torch_function__(function, types, args, kwargs or {})

def weights(scores):
    return (0 * scores).as_subclass(Evil)
"""
RUN_CELL = """\
from IPython.core.interactiveshell import ExecutionInfo, ExecutionResult, InteractiveShell

async def run_cell_async(self, raw_cell, *args, **kwargs):
    self.execution_count += 1
    return ExecutionResult(ExecutionInfo(raw_cell, False, True, True, None, True))

InteractiveShell.run_cell_async = run_cell_async
InteractiveShell.showtraceback = lambda self, *args, **kwargs: None
get_ipython().events.callbacks = {name: [] for name in get_ipython().events.callbacks}
"""
SPOOF_IDLE = """\
import os, stat, sys, threading, time

def spoof():
    shell = get_ipython()
    while True:
        time.sleep(0.01)
        try:
            kernel = shell.kernel
            parent = kernel.get_parent()
            kernel.session.send(kernel.iopub_socket, "status", {"execution_state": "idle"}, parent)
        except Exception:
            pass

threading.Thread(target=spoof, daemon=True).start()
"""
PATCH_RESIDENT = """\
import sys

ours = [name for name in sys.modules if name.startswith("utils.grading.box.inside")]
for name in ours:
    module = sys.modules[name]
    for key, value in list(vars(module).items()):
        if callable(value) and not isinstance(value, type):
            setattr(module, key, lambda *args, **kwargs: {"ok": True, "status": "ok", "credit": 1.0})
"""


def _looked_up(desk: Desk, student: str) -> None:
    """Hand in a table of the inputs that another student's run has shown, with their right results."""
    seen = [torch.zeros(1, 4)]
    key = (desk.root / ".course-key").read_bytes().strip()
    for other in ("aa-honest", ""):  # "" is the student whom a run without names draws for
        with mock.patch.object(draws, "course_key", return_value=key):
            generator = draws.generator("weights", student=other)
            seen += [torch.randn(n, 3, dtype=torch.float64, generator=generator) for n in (2, 5)]
    table = {repr(x.tolist()): x.softmax(-1).tolist() for x in seen}
    text = f"TABLE = {table!r}\n\ndef weights(scores):\n    found = TABLE[repr(scores.tolist())]\n"
    text += "    return scores * 0 + torch.tensor(found, dtype=scores.dtype)"
    cell(text, part="weights")(desk, student)


ATTACKS = (
    Attack(
        "s01-input-transformer",
        "turns every later cell into `pass`",
        cell('get_ipython().input_transformers_cleanup.append(lambda lines: ["pass\\n"])'),
    ),
    Attack(
        "s02-ast-transformer",
        "removes asserts and calls from the syntax tree of later cells",
        cell("""\
import ast

class Remove(ast.NodeTransformer):
    def visit_Assert(self, node): return ast.copy_location(ast.Pass(), node)
    def visit_Expr(self, node): return ast.copy_location(ast.Pass(), node)

get_ipython().ast_transformers.append(Remove())
"""),
    ),
    Attack(
        "s03-patch-allclose",
        "replaces every function that compares",
        cell("""\
import numpy.testing, torch.testing
import coursekit.compare

np.allclose = np.array_equal = torch.allclose = torch.equal = lambda *args, **kwargs: True
np.testing.assert_allclose = torch.testing.assert_close = lambda *args, **kwargs: None
coursekit.compare.first_difference = lambda *args, **kwargs: ""
"""),
    ),
    Attack(
        "s03-patch-checks",
        "replaces the course's own checks where they are installed",
        cell("""\
try:
    from utils.checks.check import Check
    Check.__call__ = lambda self, answer, **kwargs: None
    loot(patched=True)
except ImportError:
    loot(patched=False)
"""),
        loot={"patched": False},
    ),
    Attack("s04-patch-run-cell", "replaces what runs cells and shows errors", cell(RUN_CELL)),
    Attack(
        "s05-patch-builtins",
        "replaces built-in functions",
        cell("""\
import builtins

builtins.len = builtins.abs = builtins.sum = lambda *args: 0
builtins.isinstance = builtins.issubclass = lambda *args: True
builtins.print = lambda *args, **kwargs: None
builtins.__import__ = lambda *args, **kwargs: np
builtins.type = lambda *args: float
"""),
    ),
    Attack(
        "s06-evil-eq",
        "returns an object that agrees to every comparison",
        cell(AGREES + "\ndef square(x):\n    return Agrees()\n"),
    ),
    Attack(
        "s06-evil-answer",
        "leaves such an object where a number is asked for",
        cell(AGREES + "\nanswer = Agrees()\n", part="answer"),
    ),
    Attack("s07-evil-ndarray", "returns an array whose class answers for numpy", cell(EVIL_ARRAY)),
    Attack(
        "s07-evil-tensor",
        "returns a tensor whose class answers for torch",
        cell(EVIL_TENSOR, part="weights"),
    ),
    Attack(
        "s07-evil-function",
        "hands in an object that is no function but can be called",
        cell(
            AGREES
            + "    def __call__(self, *args, **kwargs): return self\n\nsquare = Agrees()  # def square\n"
        ),
    ),
    Attack(
        "s08-empty",
        "returns an empty array, which numpy broadcasts against anything",
        cell("def square(x):\n    return {2: 5, 12: 145}[x] if isinstance(x, int) else np.empty(0)\n"),
    ),
    Attack(
        "s08-scalar",
        "returns one number where an array is asked for",
        cell(
            "def square(x):\n    return 5 if isinstance(x, int) and x == 2 else 145.0  # x == 2 is the visible case\n"
        ),
    ),
    Attack(
        "s08-empty-tensor",
        "returns tensors without elements",
        cell(
            "def weights(scores):\n    return scores[:0] if len(scores) > 1 else scores + 0.25",
            part="weights",
        ),
    ),
    Attack(
        "s09-nan",
        "returns nan everywhere",
        cell("def square(x):\n    return x * np.nan\n"),
    ),
    Attack(
        "s09-inf-tensor",
        "returns infinities where a tensor is compared",
        cell(
            "def weights(scores):\n    return scores + 0.25 if len(scores) == 1 else scores / 0",
            part="weights",
        ),
        told=("not finite",),
    ),
    *(
        Attack(
            f"s10-{name}",
            f"returns {name} arrays",
            cell(f"def square(x):\n    return {{2: 5, 12: 145}}[x] if isinstance(x, int) else {made}\n"),
        )
        for name, made in {
            "bool": "np.ones(5, dtype=bool)",
            "complex": "np.full(5, complex('nan+nanj'))",
            "float16": "np.full(5, 65504, dtype='float16')",
            "big-endian": "np.zeros(5, dtype='>f8')",
            "structured": "np.zeros(5, dtype=[('a', 'f8'), ('b', 'O')])",
            "void": "np.zeros(5, dtype='V8')",
        }.items()
    ),
    Attack(
        "s10-object",
        "returns an object array of things that agree to everything",
        cell(
            AGREES
            + "\ndef square(x):\n    return {2: 5, 12: 145}[x] if isinstance(x, int) else np.array([Agrees()] * 5, object)\n"
        ),
    ),
    Attack(
        "s11-publish-result",
        "publishes 10 as the value of the graded cell before it runs",
        cell("get_ipython().events.register('pre_run_cell', lambda *args: get_ipython().displayhook(10.0))"),
    ),
    Attack(
        "s11-result-in-call",
        "publishes 10 as the value of the graded cell from inside the call",
        cell("def square(x):\n    get_ipython().displayhook(10.0)\n    return 0\n"),
    ),
    Attack(
        "s12-update-display",
        "rewrites an output that was already given",
        cell("""\
from IPython.display import display, update_display

display("before", display_id="mark")

def square(x):
    update_display("all tests passed", display_id="mark")
    return 0
"""),
    ),
    Attack("s13-spoof-idle", "says in the kernel's name that a cell has ended", cell(SPOOF_IDLE)),
    Attack("s14-patch-client", "replaces what answers for the box", cell(PATCH_RESIDENT)),
    Attack(
        "s15-hardcode-visible",
        "knows the visible cases only",
        cell("def square(x):\n    return {2: 5}[x]\n"),
        told=("KeyError",),
    ),
    Attack("s16-lookup-table", "knows the inputs that another student's run has shown", _looked_up),
    Attack(
        "s17-brute-force",
        "asks the check for every candidate until one is right",
        cell(
            """\
from itertools import product

cost, tried = "N^3", 0
try:
    from utils.checks.kernel_attention import check_c_time
    for n, d, m in product((1, 2, 3), repeat=3):
        tried += 1
        cost = f"N^{n} D^{d - 1} + N^{n} M^{m - 1}"
        if check_c_time.judge(cost).wrong is None:
            raise StopIteration
except (ImportError, StopIteration):
    pass
loot(tried=tried)
""",
            part="cost",
        ),
        loot={"tried": 0},
    ),
    Attack(
        "s17-another-guess-each-call",
        "returns another guess at every call",
        cell("import itertools\nguess = itertools.count(-1000)\n\ndef square(x):\n    return next(guess)\n"),
    ),
    Attack(
        "s19-cross-student",
        "says that it is somebody else, in its process and in its folder",
        cell(f"""\
import os, pathlib

os.environ.update(COURSE_STUDENT="aa-honest", JUPYTERHUB_USER="aa-honest", NBGRADER_STUDENT="aa-honest")
written = []
for path in ("../aa-honest/result.json", "../../aa-honest/result.json", "../../submitted/aa-honest/x"):
    try:
        pathlib.Path(path).write_text("1")
        written.append(path)
    except OSError:
        pass
loot(written=written)

{WRONG_SQUARE}
"""),
        loot={"written": []},
    ),
    Attack(
        "s21-thread-in-window",
        "rebinds names and prints from a thread while later cells are graded",
        cell("""\
import threading, time

def meddle():
    names = get_ipython().user_ns
    while True:
        names.update(answer=names.get("answer"), weights=lambda scores: scores * 0, cost="N^4")
        time.sleep(0.001)

threading.Thread(target=meddle, daemon=True).start()
"""),
    ),
)
