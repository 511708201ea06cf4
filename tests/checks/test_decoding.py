"""The checks of the decoding lesson: keys, mistakes, tiers, and what they do beyond comparing numbers."""

import math
import re
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F

from coursekit.compare import WrongAnswer
from coursekit.cost import count
from utils.build.lessons import load
from utils.build.solved import answers
from utils.checks import decoding as checks
from utils.checks import decoding_sequences as sequences
from utils.checks import decoding_steps as steps
from utils.checks.check import FunctionCheck
from utils.checks.proof import checks_of, prove
from utils.reference import decoding as reference

CHECKS = checks_of("decoding")
FUNCTIONS = {name: check for name, check in CHECKS.items() if isinstance(check, FunctionCheck)}
ENTERED = [  # answers as people and models gave them, and whether they earn the points
    ("a", "[h, d, q]", True),
    ("a", "", False),
    ("b", "[d, k]", True),
    ("b", "", False),
    ("c", 'torch.einsum("bd,hdq->bhq", x, w_q)', True),
    ("c", 'torch.einsum("bd,hdq->bhq", x, W_q)', True),
    ("d", 'torch.einsum("bd,dk->bk", x, w_k)', True),
    ("d", 'torch.einsum("bd,dk->bk", x, W_k)', True),
    ("e", 'torch.einsum("bd,dv->bv", x, w_v)', True),
    ("e", 'torch.einsum("bd,dv->bv", x, W_v)', True),
    ("f", "O(bd^2 + bnd)", True),
    ("g", "O(d^2 + bd + bnd)", False),
    ("g", r"O(d^2 + bd + \frac{bnd}{h})", True),
]


@pytest.mark.parametrize("name", CHECKS)
def test_every_mistake_is_caught_with_its_hint_and_every_alternative_accepted(name):
    proof = prove(name, CHECKS[name])
    assert proof.failures == []
    assert proof.generic_caught == proof.generic > 0


@pytest.mark.parametrize("student", ["one", "another", "a third"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_proof_does_not_depend_on_whose_numbers_are_drawn(name, student, monkeypatch):
    monkeypatch.setenv("COURSE_STUDENT", student)
    assert prove(name, FUNCTIONS[name]).failures == []


@pytest.mark.parametrize(("part", "answer", "right"), ENTERED)
def test_answers_that_were_really_given_earn_what_they_should(part, answer, right):
    assert CHECKS[f"decoding.{part}"].judge(answer).credit == float(right)


def test_an_unanswered_blank_of_the_listing_is_told_that_it_is_one():
    with pytest.raises(WrongAnswer, match="counts"):
        checks.check_a("")


def test_whoever_counts_the_logits_as_traffic_gets_the_points_and_a_remark(capsys):
    assert checks.check_g("d^2 + bd + bnd/h + bhn", points=4) is None
    assert "logits" in capsys.readouterr().out
    assert checks.check_g("d^2 + bd + bnd/h", points=4) is None
    assert capsys.readouterr().out == ""


def test_h_is_a_variable_in_the_memory_access():
    judgement = checks.check_g.judge("d^2 + bd + bnd")
    assert judgement.credit == 0
    assert "h is a variable" in str(judgement.wrong)


@pytest.mark.parametrize("sizes", [(2, 12, 3, 5), (3, 20, 5, 2), (2, 24, 8, 31)])
def test_the_key_of_the_exact_count_is_what_the_step_is_counted_to_cost(sizes):
    b, d, h, n = sizes
    k = d // h
    shapes = [(b, d), (b, n, k), (b, n, k), (h, d, k), (d, k), (d, k), (h, k, d)]
    counted = count(reference.multi_query_step, *(torch.ones(shape) for shape in shapes)).multiply_adds
    in_python = checks.check_f_exact.right.replace("b d^2", "b*d**2*").replace("2 b (n+1) d", "2*b*(n+1)*d")
    assert eval(in_python, {"b": b, "d": d, "h": h, "n": n}) == counted


def test_the_orders_of_growth_are_those_of_the_exact_counts():
    exact = "b d^2 (2 + 2/h) + 2 b (n+1) d"
    assert checks.check_f.judge(exact).credit == 1
    moved = "2 d^2 + 2 d^2/h + 2 b (n+1) d/h + 4 b d"
    assert checks.check_g.judge(moved).credit == 1


def test_the_keys_of_the_cache_and_the_loop_are_computed():
    mebibytes = [
        reference.cache_bytes(12, 1, 1024, g, 64, 2) / reference.BYTES_PER_MEBIBYTE for g in (12, 4, 1)
    ]
    assert checks.check_cache_size.right == mebibytes
    counts = reference.loop_counts(100)
    assert checks.check_loop_cost_keys.right == [counts["keys without"], counts["keys with"]]
    assert checks.check_loop_cost_scores.right == [counts["scores without"], counts["scores with"]]


def test_two_of_the_damaged_lines_run_and_are_wrong():
    q, new_K = torch.randn(2, 3, 4).double(), torch.randn(2, 6, 4).double()
    both_summed = q.sum(-1)[:, :, None] * new_K.sum(-1)[:, None]
    torch.testing.assert_close(torch.einsum("bhq,bnk->bhn", q, new_K), both_summed)
    weights, new_V = torch.rand(2, 3, 3).softmax(-1), torch.randn(2, 3, 7)
    torch.testing.assert_close(torch.einsum("bhn,bhv->bhv", weights, new_V), new_V)
    with pytest.raises(RuntimeError, match="broadcast"):
        torch.einsum("bhn,bhv->bhv", torch.rand(2, 3, 6), torch.randn(2, 6, 7))


def test_a_step_that_is_wrong_only_where_positions_equal_heads_is_still_caught():
    def right_unless_silent(*args):
        n, h = args[1].shape[1], args[3].shape[0]
        return (steps.values_named_by_head if n + 1 == h else reference.multi_query_step)(*args)

    assert checks.check_multi_query_step.judge(right_unless_silent).credit == 0


def test_one_key_head_would_not_catch_repeat_so_the_cases_have_several():
    q, k, v = torch.randn(2, 6, 5, 4), torch.randn(2, 1, 5, 4), torch.randn(2, 1, 5, 7)
    torch.testing.assert_close(sequences.repeats_the_whole_list(q, k, v), reference.grouped_query(q, k, v))
    first_case = checks.check_grouped_query.cases(torch.Generator())[0]
    assert 1 < first_case[1].shape[1] < first_case[0].shape[1]


def test_a_step_must_let_gradients_through_to_the_caches_too():
    def cut(*args):
        y, keys, values = reference.multi_query_step(*args)
        return y, keys.detach(), values

    judgement = checks.check_multi_query_step.judge(cut)
    assert judgement.credit == 0
    assert "gradient" in str(judgement.wrong)


def test_a_loop_that_projects_old_tokens_again_is_right_in_numbers_and_refused_for_its_work():
    judgement = checks.check_decode.judge(sequences.projects_all_keys_again)
    assert judgement.credit == 0
    assert "right and too slow" in str(judgement.wrong)


def test_a_loop_that_fails_on_a_longer_text_gets_no_points_and_the_reason():
    def short_texts_only(x, *rest):
        if x.shape[1] > 20:
            raise ValueError("no text is that long")
        return reference.decode(x, *rest)

    judgement = checks.check_decode.judge(short_texts_only)
    assert judgement.credit == 0
    assert "no text is that long" in str(judgement.wrong)


def test_the_points_named_in_the_prose_are_those_of_the_parts(course_root: Path):
    lesson = load(course_root / "lessons" / "attention" / "decoding.py")
    named = [
        int(n) for cell in lesson.with_role("prose") for n in re.findall(r"\*\*\((\d+) points?", cell.source)
    ]
    given = [cell.points for cell in lesson.with_role("graded", "written")]
    assert named == given
    assert f"worth {sum(given)} points" in lesson.cells[0].source


def test_the_step_that_the_notebook_gives_is_the_reference(course_root: Path):
    lesson = load(course_root / "lessons" / "attention" / "decoding.py")
    given = next(cell for cell in lesson.with_role("locked") if cell.name == "multi_head_step")
    namespace = {"torch": torch, "F": torch.nn.functional}
    exec(given.source, namespace)
    shapes = [(2, 8), (2, 3, 5, 4), (2, 3, 5, 7), (3, 8, 4), (3, 8, 4), (3, 8, 7), (3, 7, 8)]
    args = [torch.randn(shape, dtype=torch.float64) for shape in shapes]
    torch.testing.assert_close(namespace["multi_head_step"](*args), reference.multi_head_step(*args))


def test_a_wrong_earlier_function_costs_its_own_points_only(course_root: Path):
    solved = answers(load(course_root / "lessons" / "attention" / "decoding.py"))
    given = {"math": math, "torch": torch, "F": F, "multi_head_step": reference.multi_head_step}
    for name, check in FUNCTIONS.items():
        namespace = given | {c.variable: c.mistakes[0].answer for c in FUNCTIONS.values()}
        exec(compile(solved[check.part], "<solved>", "exec"), namespace)
        assert check.judge(namespace[check.variable]).wrong is None, name


def test_a_loop_whose_caches_outlive_a_text_is_caught():
    kept = {}

    def remembers(x, P, *weights):
        text = kept[x.shape] = torch.cat([kept.get(x.shape, x[:, :0]), x + P[: x.shape[1]]], dim=1)
        return reference.decode(text, torch.zeros_like(text[0]), *weights)[:, -x.shape[1] :]

    assert checks.check_decode.judge(remembers).credit == 0


def test_a_loop_that_hides_its_products_in_numpy_is_told_that_they_cannot_be_counted():
    judgement = checks.check_decode.judge(sequences.loop_in_numpy)
    assert "not in torch" in str(judgement.wrong)
