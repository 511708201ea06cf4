"""A scratch course with one small lesson that uses every kind of cell."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

LESSON = '''\
# %% [markdown]
# # What a mean hides
#
# The question, in words, with a formula: $\\bar x$.

# %% locked="setup"
import math

from coursekit.blanks import BLANK, ____

width = 4


# %% solution="mean"
def mean(numbers):
    """Return the mean."""
    ### BEGIN SOLUTION
    total = math.fsum(numbers)
    return total / len(numbers)
    ### END SOLUTION


μ = BLANK(mean([1, 2, 3]) + 1) * 2
label = BLANK("the mean (of three)")  # a text

# %% [markdown]
# A case to check by hand.

# %% graded="mean" points=2 spec="A1a" kind="function"
assert mean([2, 4]) == 3, "the mean of 2 and 4 is 3"
### BEGIN HIDDEN TESTS
from utils.build.clearing import WRITTEN_STARTER

assert mean([3, 5, 10]) == 6, WRITTEN_STARTER
assert μ == 6 and label
### END HIDDEN TESTS

# %% draw="means"
means = [mean([k, 2 * k]) for k in range(1, width)]
print(means)

# %% [markdown]
# The means grow with a slope of one and a half.

# %% [markdown] written="why" points=3 spec="A1b"
# ### BEGIN SOLUTION
# A mean forgets the spread of the data.
# ### END SOLUTION
# ### BEGIN MARK SCHEME
# 3 points for the word spread, or variance.
# ### END MARK SCHEME
'''


@pytest.fixture
def lesson_text() -> str:
    """Return the text of the small lesson."""
    return LESSON


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Return a course folder with the assignment `means`, which has the one lesson `mean`."""
    for name in ("nbgrader_config.py", "pyproject.toml", "LICENSE"):
        shutil.copy(ROOT / name, tmp_path)
    lessons = tmp_path / "lessons" / "means"
    lessons.mkdir(parents=True)
    (lessons / "mean.py").write_text(LESSON, encoding="utf-8")
    return tmp_path


@pytest.fixture
def edit(course: Path) -> Callable[[str, str], None]:
    """Return a function that replaces a text, found once, in the lesson of the scratch course."""

    def replace(old: str, new: str) -> None:
        path = course / "lessons" / "means" / "mean.py"
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), encoding="utf-8")

    return replace
