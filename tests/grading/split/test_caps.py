"""A student's function under caps: measured from outside, so that a forged counter gains nothing."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from typing import Any

import in_blocks
import pytest
import torch

from coursekit import boundary
from coursekit.compare import WrongAnswer
from coursekit.cost import Allowance, CapExceeded, capped
from utils.checks import decoding_sequences
from utils.checks import kernel_attention_mistakes as kernel
from utils.checks import linear_attention_chunks as chunks
from utils.checks import linear_attention_random as random
from utils.checks import linear_attention_recurrence as recurrence
from utils.checks.caps import Cap, Capped
from utils.checks.proof import checks_of
from utils.grading.split import caps as outside
from utils.grading.split.session import BoxLost, Session
from utils.grading.submission import function_text

FREE_OF_ANNOTATIONS = "from __future__ import annotations\n"  # jaxtyping's, which a student has not
IMPORTS = "import math\nimport torch\nimport torch.nn.functional as F\nfrom torch import Tensor\n"
IMPORTS += f"BLOCK = {in_blocks.BLOCK}\n"
FORGED = """
import coursekit.cost, coursekit.cost.counting
_counted = coursekit.cost.counting.Cost(work=1000, multiply_adds=500, peak=10, largest=10, saved=0, escapes=0)
coursekit.cost.count = coursekit.cost.counting.count = lambda function, *args, **kwargs: _counted
"""
WRONG_ORDERS: list[tuple[str, Callable[..., Any]]] = [
    ("kernel_attention.linear_attention", kernel.all_pairs_first),
    ("kernel_attention.linear_attention", kernel.one_row_of_weights_at_a_time),
    ("linear_attention.rff_attention", random.whole_table),
    ("linear_attention.rff_attention", random.row_by_row),
    ("linear_attention.causal", recurrence.masked_table),
    ("linear_attention.causal", recurrence.past_anew),
    ("kernel_attention.linear_attention", in_blocks.kernel_in_blocks),
    ("linear_attention.rff_attention", in_blocks.rff_in_blocks),
    ("linear_attention.causal", in_blocks.causal_in_blocks),
    ("linear_attention.chunked", chunks.table_of_all),
    ("linear_attention.chunked", chunks.step_by_step),
    ("decoding.decode", decoding_sequences.projects_all_keys_again),
    ("decoding.decode", decoding_sequences.feeds_the_whole_sequence_again),
]
CAPPED = sorted({part for part, _ in WRONG_ORDERS})


def check_of(part: str) -> Any:
    return checks_of(part.split(".")[0])[part]


def caps_of(part: str) -> Any:
    """Return the property of a check that runs its function under caps."""
    return next(prop for prop in check_of(part).properties if isinstance(prop, Capped))


def defined(session: Session, part: str, function: Callable[..., Any], before: str = "") -> Any:
    """Return the stand-in of a function after a cell has defined it in the box."""
    step = inspect.getsource(inspect.unwrap(decoding_sequences.multi_head_step))
    step = step.replace("@shape_checked", "").replace("einsum(", "torch.einsum(")
    cell = IMPORTS + (FREE_OF_ANNOTATIONS + step if part == "decoding.decode" else "")
    ran = session.run(cell + before + function_text(function, check_of(part).variable), 30)
    assert ran.error is None, ran.error
    return session.get(check_of(part).variable, 30)


def refused(session: Session, part: str, stand_in: Any) -> str:
    """Return the reason for which a function is refused under its caps; "" when it is not."""
    try:
        with boundary.run_beside(session.beside):
            caps_of(part).test(stand_in)
    except (WrongAnswer, BoxLost) as reason:
        return str(reason)
    return ""


@pytest.mark.slow
@pytest.mark.parametrize(("part", "function"), WRONG_ORDERS, ids=lambda x: getattr(x, "__name__", x))
def test_no_known_wrong_order_meets_the_caps(new_session, part, function):
    session = new_session()
    reason = refused(session, part, defined(session, part, function))
    assert "ample" in reason or "used up" in reason or "can't allocate memory" in reason


@pytest.mark.slow
@pytest.mark.parametrize("part", CAPPED)
def test_right_code_meets_the_caps_from_within_a_box(new_session, part):
    session = new_session()
    for function in check_of(part).alternatives.values():
        assert refused(session, part, defined(session, part, function)) == ""


@pytest.mark.slow
def test_a_forged_counter_gains_nothing(new_session):
    part, session = "linear_attention.causal", new_session()
    check = check_of(part)
    with boundary.run_beside(session.beside):
        judged = check.judge(defined(session, part, recurrence.masked_table, FORGED))
        believed = check.properties[0].test(session.get(check.variable, 30))
    assert believed is None, "the counter alone would have been taken in"
    assert judged.credit == 0
    assert judged.wrong.hint == recurrence.KEEPS_THE_TABLE


def test_numbers_that_are_wrong_where_the_caps_are_measured_are_refused(new_session):
    session = new_session()
    text = IMPORTS + (
        "def causal_attention(q, k, v):\n"
        "    if len(q) > 1000:\n        return v * 0\n"
        "    weights = (q @ k.T).tril()\n    return weights @ v / weights.sum(-1, keepdim=True)\n"
    )
    assert session.run(text, 30).error is None
    reason = refused(session, "linear_attention.causal", session.get("causal_attention", 30))
    assert "for many it is not" in reason


def test_a_call_over_its_processor_time_loses_its_box_and_is_not_waited_for(new_session):
    session = new_session()
    assert session.run("def f():\n    while True:\n        pass", 30).error is None
    with pytest.raises(BoxLost, match="used up its"):
        capped(session.get("f", 30), (), cpu_seconds=0.2)
    assert time.monotonic() < session.deadline - 5, "it was ended long before the deadline of 30 s"


def test_a_call_over_its_memory_is_refused_and_keeps_its_box(new_session):
    session = new_session()
    assert session.run(IMPORTS + "def f(n):\n    return float(torch.ones(n).sum())", 30).error is None
    stand_in = session.get("f", 30)
    with pytest.raises(CapExceeded, match="MB of memory"):
        capped(stand_in, (10**8,), bytes=100 * 10**6)
    spent = capped(stand_in, (10**6,), bytes=100 * 10**6)
    assert spent.result == 1e6
    assert session.watch is None


def test_what_the_box_held_before_a_call_is_not_charged_to_it(new_session):
    session = new_session()
    text = IMPORTS + "kept = torch.ones(5 * 10**7)\ndef f():\n    return 1"
    assert session.run(text, 30).error is None
    spent = capped(session.get("f", 30), (), bytes=50 * 10**6)
    assert spent.peak_bytes is not None
    assert spent.peak_bytes < 50 * 10**6


def test_time_of_the_box_is_looked_at_only_when_it_could_have_run_out(monkeypatch):
    class Box:
        looks = 0

        def cpu_seconds(self):
            self.looks += 1
            return 0.0

    now, box = [0.0], Box()
    monkeypatch.setattr(outside.time, "monotonic", lambda: now[0])
    watch = outside._watch(box, 0.0, Allowance(1.0))
    for _ in range(100):
        assert watch() == ""
        now[0] += 0.9 / outside.CORES / 100
    assert box.looks == 1


class Slow:
    """Returns its argument and needs these seconds, call by call."""

    def __init__(self, *seconds: float) -> None:
        self.seconds, self.seen = list(seconds), list[float]()

    def __call__(self, x: torch.Tensor) -> torch.Tensor:
        end = time.process_time() + self.seconds.pop(0)
        while time.process_time() < end:
            pass
        self.seen.append(float(x[0]))
        return x


def busy_cap() -> Cap:
    """Return a cap that allows 0.05 s, and 0.3 s whatever the yardstick needs."""
    return Cap(
        sizes="3",
        inputs=lambda g: (torch.rand(3, generator=g),),
        expected=torch.clone,
        hint="",
        cpu_seconds=0.05,
        yardstick=torch.clone,
    )


def test_a_call_that_was_slow_for_a_moment_gets_another_with_other_inputs():
    function = Slow(0.15, 0.0)
    busy_cap().test(function, "part")
    assert len(set(function.seen)) == 2


def test_a_call_that_is_slow_again_is_refused():
    function = Slow(0.15, 0.15)
    with pytest.raises(WrongAnswer, match=r"needed 0\.[12] s of processor time"):
        busy_cap().test(function, "part")
    assert function.seconds == []


def test_a_call_that_needs_what_the_wrong_order_needs_gets_no_other():
    function = Slow(0.4, 0.0)
    with pytest.raises(WrongAnswer, match=r"needed 0\.[4-6] s of processor time"):
        busy_cap().test(function, "part")
    assert function.seconds == [0.0]


def test_inputs_of_a_capped_call_differ_from_student_to_student(monkeypatch):
    def drawn(student):
        seen = []
        cap = Cap(sizes="3", inputs=lambda g: (torch.rand(3, generator=g),), expected=torch.clone, hint="")
        monkeypatch.setenv("COURSE_STUDENT", student)
        cap.test(lambda x: seen.append(x) or x, "part")
        return seen[0].tolist()

    assert drawn("a") != drawn("b")
    assert drawn("a") == drawn("a")
