"""A small assignment to attack: one lesson with every kind of graded part, right answers and wrong ones.

Its hidden tests are written as courses write them: plain asserts and numpy beside the course's own checks.
"""

from __future__ import annotations

from collections.abc import Mapping

ASSIGNMENT = "hostile"
LESSON = "target"
# Stands in the hidden tests: whoever reads this word has read a hidden test.
HIDDEN_WORD = "hidden-quagga-7c1e"

TEXT = f'''\
# %% [markdown]
# # A target

# %% locked="setup"
import numpy as np
import torch

from coursekit.blanks import BLANK, ____

# %% solution="answer"
answer = BLANK(7919)

# %% graded="answer" points=1 spec="T1" kind="number"
print("answer was read as", answer)
### BEGIN HIDDEN TESTS
hidden_word = "{HIDDEN_WORD}"
assert answer == 7919
### END HIDDEN TESTS


# %% solution="square"
def square(x):
    """Return x squared, plus one, element by element."""
    ### BEGIN SOLUTION
    return x * x + 1
    ### END SOLUTION


# %% graded="square" points=10 spec="T2" kind="function"
assert square(2) == 5, "2 gives 5"
### BEGIN HIDDEN TESTS
assert np.allclose(square(12), 145)
hidden_word = "{HIDDEN_WORD}"
places = np.array([3.0, -1.5, 0.25, 7.0, 10.0])
expected = np.array([10.0, 3.25, 1.0625, 50.0, 101.0])
np.testing.assert_allclose(square(places), expected)
assert np.allclose(square(places + 1), [17.0, 1.25, 2.5625, 65.0, 122.0])
### END HIDDEN TESTS


# %% solution="weights"
def weights(scores):
    """Return the softmax of the scores over their last axis."""
    ### BEGIN SOLUTION
    return scores.softmax(dim=-1)
    ### END SOLUTION


# %% graded="weights" points=6 spec="T3" kind="function"
assert torch.allclose(weights(torch.zeros(1, 4)), torch.full((1, 4), 0.25)), "equal scores, equal weights"
### BEGIN HIDDEN TESTS
from utils.checks.check import FunctionCheck


def reference(scores):
    return scores.softmax(dim=-1)


def cases(generator):
    return [(torch.randn(n, 3, dtype=torch.float64, generator=generator),) for n in (2, 5)]


FunctionCheck(part="weights", variable="weights", right=reference, cases=cases)(weights, points=6)
### END HIDDEN TESTS


# %% solution="layer"
class Layer(torch.nn.Module):
    """Multiplies by a square matrix `weight` and adds a vector `shift`."""

    def __init__(self, size):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.eye(size))
        self.shift = torch.nn.Parameter(torch.zeros(size))

    def forward(self, x):
        ### BEGIN SOLUTION
        return x @ self.weight + self.shift
        ### END SOLUTION


# %% graded="layer" points=4 spec="T4" kind="function"
assert Layer(3)(torch.ones(2, 3)).shape == (2, 3), "two rows of three numbers"
### BEGIN HIDDEN TESTS
layer = Layer(2)
matrix = torch.tensor([[1.0, 2.0], [3.0, 5.0]])
layer.load_state_dict({{"weight": matrix, "shift": torch.tensor([7.0, 11.0])}})
assert torch.equal(layer.weight, matrix)
assert torch.equal(layer(torch.tensor([[13.0, 17.0]])), torch.tensor([[71.0, 122.0]]))
### END HIDDEN TESTS

# %% solution="cost"
cost = BLANK("N^2 D + N^2 M")

# %% graded="cost" points=3 spec="T5" kind="big-o"
print("cost was read as", cost)
### BEGIN HIDDEN TESTS
from utils.checks import kernel_attention

kernel_attention.check_c_time(cost, points=3)
### END HIDDEN TESTS

# %% [markdown] written="why" points=5 spec="T6"
# ### BEGIN SOLUTION
# Because every pair of positions meets.
# ### END SOLUTION
# ### BEGIN MARK SCHEME
# 5 points for the pairs.
# ### END MARK SCHEME
'''

# Points of each part; the written one waits for a person.
FULL: Mapping[str, float] = {
    "answer": 1.0,
    "square": 10.0,
    "weights": 6.0,
    "layer": 4.0,
    "cost": 3.0,
    "why": 0.0,
}
PARTS = tuple(part for part in FULL if part != "why")
NOTHING: Mapping[str, float] = dict.fromkeys(FULL, 0.0)

# Passes the visible case and nothing else, so that what a trick adds is what it earns.
WRONG_SQUARE = "def square(x):\n    return 5 if isinstance(x, int) else 0 * x"
# A student who answers everything, all of it wrong; an attack takes the place of one of these cells.
WRONG: Mapping[str, str] = {
    "answer": "answer = 0",
    "square": WRONG_SQUARE,
    "weights": "def weights(scores):\n    return 0 * scores + 0.25",
    "layer": (
        "class Layer(torch.nn.Module):\n"
        "    def __init__(self, size):\n"
        "        super().__init__()\n"
        "        self.weight = torch.nn.Parameter(torch.eye(size))\n"
        "        self.shift = torch.nn.Parameter(torch.zeros(size))\n"
        "\n"
        "    def forward(self, x):\n"
        "        return 0 * x"
    ),
    "cost": 'cost = "N^3"',
    "written-why": "I do not know.",
}
