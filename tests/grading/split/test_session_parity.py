"""Every check of every lesson judges what lives in a box as it judges what lives here.

Each right answer, known mistake, known alternative and generic bad answer is judged twice: as it is, and
fetched from a process of its own. Credit and message must be the same, to the letter.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from plain_box import PlainBox

from coursekit.blanks import is_blank
from coursekit.boundary import run_beside
from utils.checks.check import Check
from utils.checks.proof import Proof, checks_of, generic_answers
from utils.grading.box.limits import Limits
from utils.grading.split.session import Session
from utils.grading.split.stand_in import StandIn

pytestmark = pytest.mark.slow

LESSONS = (
    "scaled_dot_product",
    "argmax_attention",
    "multi_head_attention",
    "decoding",
    "kernel_attention",
    "linear_attention",
)
CHECKS = {part: check for lesson in LESSONS for part, check in checks_of(lesson).items()}
PLACE = re.compile(r" in line \d+ of its cell(: `.*?`)?")  # no answer here was written in a cell
SECONDS = 120  # for one judgement, on a busy machine
# The same candidates, made in the box. Importing the checks there is fine without walls.
CANDIDATES = """
from utils.checks.proof import Proof, checks_of, generic_answers

def candidates(part):
    check = checks_of(part.split(".")[0])[part]
    known = [check.right, *(m.answer for m in check.mistakes), *check.alternatives.values()]
    return known + [answer for _, answer in generic_answers(check, Proof(part))]
"""


@pytest.fixture(scope="module")
def session() -> Iterator[Session]:
    """Return a session whose box can make the candidates."""
    session = Session(PlainBox(), Limits())
    assert session.run(CANDIDATES, SECONDS).error is None
    yield session
    session.close()


def candidates(part: str, check: Check) -> list[tuple[str, Any]]:
    """Return what is judged, with a name for each."""
    known = [("the right answer", check.right)]
    known += [(f"mistake {i}: {m.misconception}", m.answer) for i, m in enumerate(check.mistakes)]
    return [*known, *check.alternatives.items(), *generic_answers(check, Proof(part))]


def judged(check: Check, answer: Any) -> tuple[float, str]:
    judgement = check.judge(answer)
    return judgement.credit, PLACE.sub("", str(judgement.wrong))


@pytest.mark.parametrize("part", CHECKS)
def test_an_answer_in_a_box_is_judged_like_the_same_answer_here(part, session):
    check = CHECKS[part]
    assert session.run(f"found = candidates({part!r})", SECONDS).error is None
    for number, (name, here) in enumerate(candidates(part, check)):
        session.run(f"answer = found[{number}]", SECONDS)
        there = session.get("answer", SECONDS)
        assert isinstance(there, StandIn) == (callable(here) and not is_blank(here)), name
        session.deadline = time.monotonic() + SECONDS
        with run_beside(session.beside):
            across = judged(check, there)
        assert across == judged(check, here), name
