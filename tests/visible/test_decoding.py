"""The visible checks of the decoding lesson: right answers pass, wrong ones hear what one can see by hand."""

import pytest
import torch

from coursekit.answers.verdict import UnreadableAnswer
from coursekit.blanks import EmptyBlank, ____
from coursekit.compare import WrongAnswer
from coursekit.visible import decoding as visible
from utils.checks import decoding as checks
from utils.checks import decoding_sequences as sequences
from utils.checks import decoding_steps as steps
from utils.checks.check import TypedCheck
from utils.checks.proof import checks_of

EXERCISES = [
    (visible.multi_query_step, checks.check_multi_query_step),
    (visible.step_intensity, checks.check_step_intensity),
    (visible.grouped_query, checks.check_grouped_query),
    (visible.decode, checks.check_decode),
]
RIGHT = [(see, answer) for see, check in EXERCISES for answer in [check.right, *check.alternatives.values()]]
TYPED = [check for check in checks_of("decoding").values() if isinstance(check, TypedCheck)]
TOLD = [
    (visible.multi_query_step, steps.looks_at_the_past_only, "empty cache"),
    (visible.multi_query_step, steps.scaled_step, "no factor"),
    (visible.multi_query_step, steps.logits_two_letters, "sum over k"),
    (visible.multi_query_step, steps.returns_y_alone, "three results"),
    (visible.multi_query_step, steps.returns_the_old_caches, "first key"),
    (visible.multi_query_step, steps.puts_the_new_row_first, "behind the old ones"),
    (visible.multi_query_step, steps.averages_the_heads, "one place to look"),
    (visible.step_intensity, steps.numbers_per_multiply_add, "ten numbers"),
    (visible.step_intensity, steps.cache_alone, "ten numbers"),
    (visible.grouped_query, sequences.repeats_the_whole_list, "0, 0, 1, 1"),
    (visible.grouped_query, sequences.no_mask, "count alike"),
    (visible.grouped_query, sequences.no_scale, "factor 1/sqrt"),
    (visible.grouped_query, sequences.scales_by_the_model_width, "one head"),
    (visible.decode, sequences.positions_restart, "position of the first"),
    (visible.decode, sequences.positions_start_at_one, "position 0"),
    (visible.decode, sequences.no_positions, "No position"),
    (visible.decode, sequences.never_updates_the_cache, "next step"),
    (visible.decode, sequences.looks_at_the_future, "running averages"),
]


@pytest.mark.parametrize(("see", "answer"), RIGHT, ids=lambda f: f.__name__)
def test_a_right_function_passes_and_is_told_that_more_follows(see, answer, capsys):
    see(answer)
    assert "when the notebook is graded" in capsys.readouterr().out


@pytest.mark.parametrize(("see", "wrong", "told"), TOLD, ids=lambda f: getattr(f, "__name__", None))
def test_a_wrong_function_is_told_what_one_can_check_by_hand(see, wrong, told):
    with pytest.raises(WrongAnswer, match=told):
        see(wrong)


@pytest.mark.parametrize("see", [see for see, _ in EXERCISES], ids=lambda f: f.__name__)
def test_an_empty_body_is_named(see):
    with pytest.raises(EmptyBlank, match="still empty"):
        see(lambda *_: ____())


def test_a_loop_that_lets_an_early_output_know_the_last_token_is_caught():
    def peeks(x, P, W_q, W_k, W_v, W_o):
        out = checks.check_decode.right(x, P, W_q, W_k, W_v, W_o)
        return out if torch.count_nonzero(W_q) == 0 else out + x[:, -1:]

    with pytest.raises(WrongAnswer, match="Only the last output"):
        visible.decode(peeks)


@pytest.mark.parametrize("check", TYPED, ids=lambda check: check.part)
def test_a_typed_answer_is_echoed_and_not_judged(check, capsys):
    question = getattr(visible, check.part)
    for answer in [check.right, *check.alternatives.values()]:
        question(answer)
    for mistake in check.mistakes:
        if mistake.answer != "":
            question(mistake.answer)
    shown = capsys.readouterr().out
    assert f"{check.variable} was read as" in shown
    assert "is right is checked" in shown


@pytest.mark.parametrize("check", TYPED, ids=lambda check: check.part)
def test_an_empty_answer_says_which_variable_is_empty(check):
    with pytest.raises(EmptyBlank, match=check.variable):
        getattr(visible, check.part)(____)


@pytest.mark.parametrize(
    ("question", "answer"), [(visible.a, "D"), (visible.c, "x + W_q"), (visible.f, "quadratic")]
)
def test_what_is_no_answer_is_refused_with_the_reason(question, answer, capsys):
    with pytest.raises(UnreadableAnswer):
        question(answer)
    assert "could not be read" in capsys.readouterr().out


def test_the_visible_module_does_not_know_the_shapes_that_are_asked_for():
    for question in (visible.c, visible.d, visible.e):
        assert set(question.shapes.values()) == {()}
