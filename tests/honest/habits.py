"""Right and wrong work with the habits that real students have and that no table of answers shows.

Each student hands in the lessons named here, with these cells and everything else solved. What a cell earns
is a fraction of its points.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.honest.modes import ASSIGNMENT
from utils.grading.generated_class import Answer, Student, lessons_of
from utils.grading.submission import enter

# Other kinds of results and of functions than those of the model answers.
OTHER_OBJECTS = {
    "argmax_attention.hard_attention": """\
def hard_attention(q, K, V):
    best = (q @ K).max(dim=0)
    return V[:, best.indices]
""",
    "argmax_attention.soft_attention": """\
class SoftAttention(torch.nn.Module):
    def forward(self, q, K, V, temperature):
        return V @ ((q @ K) / temperature).softmax(dim=0)

soft_attention = SoftAttention()
""",
    "argmax_attention.gradients": """\
from collections import defaultdict

def leaf_gradients(q, K, V, upstream):
    leaves = {"q": q, "K": K, "V": V}
    leaves = {name: leaf.detach().clone().requires_grad_() for name, leaf in leaves.items()}
    (leaves["V"][:, (leaves["q"] @ leaves["K"]).argmax()]).backward(upstream)
    received = defaultdict(lambda: None)
    for name in leaves:
        received[name] = leaves[name].grad
    return received
""",
    "decoding.multi_query_step": """\
from typing import NamedTuple

class Step(NamedTuple):
    y: torch.Tensor
    keys: torch.Tensor
    values: torch.Tensor

def multi_query_step(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    q = torch.einsum("bd,hdq->bhq", x, W_q)
    new_K = torch.cat([prev_K, (x @ W_k)[:, None]], dim=1)
    new_V = torch.cat([prev_V, (x @ W_v)[:, None]], dim=1)
    weights = (q @ new_K.mT).softmax(dim=-1)
    return Step(torch.einsum("bhv,hvd->bd", weights @ new_V, W_o), new_K, new_V)
""",
    "decoding.step_intensity": """\
from fractions import Fraction

class Intensity:
    def __call__(self, b, d, h, g, n):
        k = d // h
        work = b * (2 * h * d * k + 2 * g * d * k) + 2 * b * h * (n + 1) * k
        return float(Fraction(work, 2 * h * d * k + 2 * g * d * k + 2 * b * g * (n + 1) * k + 4 * b * d))

step_intensity = Intensity()
""",
    "kernel_attention.b_rewrite": """\
from functools import partial

def general(phi, query, K, V):
    similarity = phi(K) @ phi(query)
    return similarity @ V / similarity.sum()

def swapped(query, K, V, phi, *, rule):
    return rule(phi, query, K, V)

attend = partial(swapped, rule=general)
""",
    "scaled_dot_product.a_function": "mean_dot = lambda mu, sigma: mu.square().sum(dim=-1)\n",
    "scaled_dot_product.monte_carlo": """\
from collections import namedtuple

Moments = namedtuple("Moments", "mean variance")

def moments(query, key):
    products = (query * key).sum(dim=-1)
    return Moments(products.mean(), products.var())
""",
    "scaled_dot_product.entropy": """\
def entropy(scores):
    return torch.distributions.Categorical(logits=scores).entropy()
""",
}
# Code that does more than it was asked for, and cells in disorder.
TALKATIVE = {
    "argmax_attention.hard_attention": """\
import matplotlib.pyplot as plt

SEEN = []

def hard_attention(q, K, V):
    scores = q @ K
    SEEN.append(scores)
    print("scores", scores, "call", len(SEEN))
    plt.figure()
    plt.plot(scores.detach())
    return V[:, scores.argmax()]

print(hard_attention(torch.ones(2), torch.eye(2), torch.eye(2)))
plt.show()
""",
    "argmax_attention.soft_attention": """\
%matplotlib inline
def _weights(q, K, temperature):
    scores = (q @ K) / temperature
    scores = scores - scores.max()
    return scores.exp() / scores.exp().sum()

def soft_attention(q, K, V, temperature):
    assert temperature > 0, "temperature"
    return V @ _weights(q, K, temperature)

soft_attention(torch.ones(2), torch.eye(2), torch.eye(2), 1.0)
""",
    "scaled_dot_product.b_function": """\
from functools import lru_cache

@lru_cache(maxsize=None)
def _coefficients(d):
    return d, 2.0

def variance_dot(mu, sigma):
    d, two = _coefficients(mu.shape[-1])
    global last_width
    last_width = d
    return d * sigma**4 + two * sigma**2 * mu.square().sum(dim=-1)
""",
    "scaled_dot_product.c_function": """\
np_sqrt = __import__("numpy").sqrt

def scaled_scores(query, key):
    \"\"\"q kᵀ / √d — as in the paper\"\"\"
    try:
        scores = query @ key
    except RuntimeError:
        scores = query @ key.transpose(-2, -1)
    return (query @ key.mT) / float(np_sqrt(key.shape[-1]))
""",
}
# Settings that a student changes for the whole notebook.
SETTINGS = {
    "scaled_dot_product.a_function": """\
import random
import warnings

import numpy as np

torch.manual_seed(0); np.random.seed(0); random.seed(0)
torch.set_default_dtype(torch.float64)
torch.set_printoptions(precision=2)
torch.autograd.set_detect_anomaly(False)
warnings.simplefilter("ignore")

def mean_dot(mu, sigma):
    return torch.einsum("...d,...d->...", mu, mu)
""",
}
# Work that fails, each in its own way; every cell earns nothing, and nothing else is harmed.
STUMBLES = {
    "argmax_attention.hard_attention": "def hard_attention(q, K, V)\n    return V[:, 0]\n",
    "argmax_attention.soft_attention": "def soft_attention(q, K, V, temperature):\n    return result\n",
    "argmax_attention.gradients": "raise NotImplementedError\n",
    "argmax_attention.straight_through": """\
def straight_through(q, K, V, temperature):
    return straight_through(q, K, V, temperature)
""",
    "decoding.multi_query_step": """\
def multi_query_step(x, prev_K, prev_V, W_q, W_k, W_v, W_o):
    yield x, prev_K, prev_V
""",
    "decoding.step_intensity": "def step_intensity(b, d, h, g, n):\n    return (b / 0,)\n",
    "decoding.grouped_query": "def grouped_query(q, k, v):\n    import sys; sys.exit()\n",
    "decoding.decode": "def decode(x):\n    return x\n",
    "scaled_dot_product.a_function": "def mean_dot(mu, sigma):\n    return (mu**2).sum(dim=-1).numpy()\n",
    "scaled_dot_product.b_function": "def variance_dot(mu, sigma):\n    return input('variance? ')\n",
    "scaled_dot_product.monte_carlo": "def moments(query, key):\n    print((query * key).sum(-1).mean())\n",
    "scaled_dot_product.c_function": "",
    "scaled_dot_product.entropy": "entropy = ____\n",
    "scaled_dot_product.c": "c = sqrt\n",
}
# IPython's exit() is no sys.exit(): in a kernel it raises nothing, and ends the process a cell later.
EXITS = {
    "decoding.a": "exit()\nshape_W_q = 'C'\n",
    "decoding.grouped_query": "def grouped_query(q, k, v):\n    exit()\n",
    "decoding.step_intensity": "def step_intensity(b, d, h, g, n):\n    quit()\n",
}
# A warning on stderr costs the points in stock nbgrader, and nothing here.
WARNS = {
    "scaled_dot_product.a_function": """\
import warnings

def mean_dot(mu, sigma):
    warnings.warn("sigma is not used")
    return mu.square().sum(dim=-1)
""",
}


@dataclass(frozen=True)
class Habit:
    """One student's cells by part, and what each earns.

    `lost_in_stock` are parts that nbgrader alone gives nothing; `not_in_stock` says why it cannot grade the
    student at all.
    """

    cells: Mapping[str, str]
    credit: float
    lost_in_stock: tuple[str, ...] = ()
    not_in_stock: str = ""


HABITS = {
    "habit-exits": Habit(EXITS, 0.0, not_in_stock="exit() ends the kernel, and nothing at all is scored"),
    "habit-other-objects": Habit(OTHER_OBJECTS, 1.0),
    "habit-settings": Habit(SETTINGS, 1.0),
    "habit-stumbles": Habit(STUMBLES, 0.0),
    "habit-talkative": Habit(TALKATIVE, 1.0),
    "habit-warns": Habit(WARNS, 1.0, lost_in_stock=("scaled_dot_product.a_function",)),
}
LOST_IN_STOCK = {(student, part) for student, habit in HABITS.items() for part in habit.lost_in_stock}
NOT_IN_STOCK = {student: habit.not_in_stock for student, habit in HABITS.items() if habit.not_in_stock}


def students(root: Path) -> list[Student]:
    """Return the students with their notebooks, and what every part of these must earn."""
    lessons = lessons_of(root, ASSIGNMENT)
    everyone = []
    for name, habit in HABITS.items():
        student = Student(name)
        for lesson in sorted({part.split(".")[0] for part in habit.cells}):
            solved = {part: Answer("solved") for part in lessons[lesson].checks}
            notebook = lessons[lesson].hand_in(student, solved)
            given = {part: text for part, text in habit.cells.items() if part.startswith(f"{lesson}.")}
            student.drawn |= dict.fromkeys(given, name)
            student.credit |= dict.fromkeys(given, habit.credit)
            texts = {lessons[lesson].checks[part].part: text for part, text in given.items()}
            student.notebooks[lesson] = enter(notebook, texts)
        everyone.append(student)
    return everyone
