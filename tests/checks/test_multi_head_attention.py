"""The checks of the lesson on multi-head attention."""

import pytest
import torch
from torch import nn

from coursekit.answers.formula import compare
from coursekit.blanks import ____
from coursekit.boundary import define
from coursekit.visible import multi_head_attention as visible
from utils.checks import multi_head_attention as checks
from utils.checks.check import FunctionCheck
from utils.checks.multi_head_attention_blanks import KEY
from utils.checks.proof import checks_of, prove
from utils.reference import multi_head_attention as reference

CHECKS = checks_of("multi_head_attention")
BLANKS = {letter: getattr(checks, f"check_blank_{letter}") for letter in "abcdefgh"}
DRAWN = {name: check for name, check in CHECKS.items() if isinstance(check, FunctionCheck)}

BANK = {
    "A3a-dk-width",
    "A3a-bare-num-heads",
    "A3a-g-width",
    "A3a-swap",
    "A3a-not-softmax",
    "A3a-h-missing",
    "A3a-double-self",
    "A3b-wo-only",
    "A3b-wo-wide-out",
    "A3b-wo-swapped",
    "A3b-more-heads",
    "A3b-change-dk",
}


def test_every_known_misconception_of_the_question_is_recognised_somewhere():
    assert {mistake.misconception for check in CHECKS.values() for mistake in check.mistakes} >= BANK


@pytest.mark.parametrize("student", ["a", "b", "c", "d", "e"])
@pytest.mark.parametrize("name", DRAWN)
def test_the_proof_does_not_depend_on_whose_numbers_are_drawn(name, student, monkeypatch):
    monkeypatch.setenv("COURSE_STUDENT", student)
    assert prove(name, DRAWN[name]).failures == []


@pytest.mark.parametrize("letter", BLANKS)
def test_a_right_blank_is_not_spoiled_by_what_others_hold(letter):
    assert BLANKS[letter](KEY[letter]) is None


@pytest.mark.parametrize(
    ("letter", "answer"),
    [("a", "d_model"), ("b", "d_model"), ("c", "d_model"), ("d", "Q"), ("e", "softmax"), ("f", "V")],
)
def test_the_answers_that_a_language_model_had_right_earn_the_point(letter, answer):
    assert BLANKS[letter].judge(answer).wrong is None


def test_the_bare_name_of_the_constructor_s_argument_is_a_name_error_in_the_method():
    wrong = BLANKS["g"].judge("num_heads").wrong
    assert "NameError" in wrong.first
    assert "constructor" in wrong.hint


@pytest.mark.parametrize("nothing", ["", "  ", ____, None])
def test_an_empty_last_blank_earns_nothing_and_is_asked_which_layer_waits(nothing):
    judgement = BLANKS["h"].judge(nothing)
    assert judgement.credit == 0
    assert "not called anywhere yet" in judgement.wrong.hint


@pytest.mark.parametrize("text", ["softmax(attn_scores)", "softmax(attn_scores, dim=-1)"])
def test_a_whole_call_in_a_blank_for_a_name_is_told_that_its_arguments_are_printed(text):
    wrong = BLANKS["e"].judge(text).wrong
    assert "blank (e) = softmax(attn_scores" in wrong.what
    assert wrong.first.startswith("raised TypeError")
    assert wrong.hint


@pytest.mark.parametrize(
    "text", ["lambda q: q", "[Q for Q in [K]][0]", "Q if self.training and 0 else K", "exit"]
)
def test_code_that_dodges_the_question_earns_nothing(text):
    assert BLANKS["d"].judge(text).credit == 0


FAKE = 'type("self.num_heads", (), {"detach": lambda t: t, "shape": ("self.num_heads", 5)})()'


def test_a_made_up_object_puts_no_word_of_its_own_into_the_message_on_a_blank():
    wrong = BLANKS["h"].judge(f"W_o and (lambda x: {FAKE})").wrong
    assert wrong.first == "the block turns (2, 5, 12) into something that is no tensor: they cannot be added"
    later = f"W_o and (lambda x: x if self.W_o.bias.abs().max() < 0.3 else {FAKE})"
    assert BLANKS["h"].judge(later).wrong.first == (
        "beside torch.nn.MultiheadAttention: returned something that is no tensor"
    )


def test_a_made_up_object_puts_no_word_of_its_own_into_the_message_on_the_layer():
    text = f'type("L", (), {{"to": lambda layer, dtype: lambda x: {FAKE}}})()'
    assert checks.check_b_layer.judge(text).wrong.first == (
        "heads of width 24 become something that is no tensor, the block is 12 wide"
    )


def test_an_assignment_is_refused_as_no_expression():
    wrong = checks.check_b_layer.judge("self.W_o = nn.Linear(2 * d_model, d_model)").wrong
    assert "not an expression" in wrong.first


def test_naming_the_output_layer_alone_earns_half_and_nothing_else_earns_a_part():
    assert checks.check_b_where("g", points=2) == 1.0
    tiers = {m.answer: m.credit for m in checks.check_b_where.mistakes if m.credit}
    assert tiers == {"g": 0.5}


def completed(template, **texts):
    return define(template, {**KEY, **texts}, "MultiHeadAttention")(12, 3).double()


def draw(*shape):
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(0))


def test_the_completed_class_equals_the_reference():
    block, x, memory = completed(visible.TEMPLATE), draw(2, 5, 12), draw(2, 7, 12)
    mask = reference.attention_mask(torch.tensor([7, 4]), 7)[:, :, :5]
    expected = reference.attention_by_heads(block.state_dict(), 3, x, memory, memory, mask)
    torch.testing.assert_close(block(x, memory, memory, mask), expected)


def test_the_class_does_not_run_without_the_contiguous_copy():
    block = completed(visible.TEMPLATE.replace(".contiguous()", ""))
    with pytest.raises(RuntimeError, match="view size is not compatible"):
        block(*[draw(2, 5, 12)] * 3)


def test_the_class_with_the_right_output_layer_and_old_reshapes_does_not_run():
    block = completed(visible.LAYERS_ALONE, i=checks.check_b_layer.right)
    with pytest.raises(RuntimeError, match="invalid for input of size"):
        block(*[draw(2, 5, 12)] * 3)


def repaired(*places):
    """The class with the wide layers, and the places named mended."""
    template = visible.LAYERS_ALONE
    if "e" in places:
        template = template.replace("__g__, self.d_k)", "__g__, d_model // self.num_heads)")
    if "f" in places:
        template = template.replace("seq_length, self.d_model)", "seq_length, -1)")
    layer = checks.check_b_layer.right if "g" in places else "nn.Linear(d_model, d_model)"
    return completed(template, i=layer)


def test_the_three_places_together_equal_the_loop_over_heads():
    block, x = repaired("e", "f", "g"), draw(2, 5, 12)
    torch.testing.assert_close(block(x, x, x), reference.attention_by_heads(block.state_dict(), 3, x, x, x))


@pytest.mark.parametrize("places", ["", "e", "f", "g", "ef", "eg", "fg"])
def test_no_two_of_the_three_places_are_enough(places):
    with pytest.raises(RuntimeError):
        repaired(*places)(*[draw(2, 5, 12)] * 3)


@pytest.mark.parametrize(
    ("check", "width"), [(checks.check_b_count_before, 1), (checks.check_b_count, 2)], ids=["before", "after"]
)
def test_the_formulas_of_parameters_equal_what_torch_counts(check, width):
    for d in (6, 10, 12, 30):
        sizes = [(d, d), (d, d), (d, width * d), (width * d, d)]
        counted = sum(p.numel() for size in sizes for p in nn.Linear(*size).parameters())
        assert compare(str(counted), check.right.replace("d", f"*{d}"), []).right


@pytest.mark.parametrize("num_heads", [1, 2, 3, 4])
@pytest.mark.parametrize(
    ("check", "width"), [(checks.check_b_rank_before, 12), (checks.check_b_rank, 24)], ids=["before", "after"]
)
def test_the_formulas_of_rank_equal_what_matrix_rank_finds(check, width, num_heads):
    torch.manual_seed(num_heads)
    values, output = nn.Linear(12, width).double(), nn.Linear(width, 12).double()
    weights = {"W_v.weight": values.weight, "W_o.weight": output.weight}
    rank = int(torch.linalg.matrix_rank(reference.value_output_map(weights, 0, num_heads)))
    asked = check.right.replace("d_k", f"({12 // num_heads})").replace("d", "12")
    assert compare(str(rank), asked, []).right


@pytest.mark.parametrize(("letter", "text"), [("d", "Q.detach()"), ("d", "Q.data"), ("f", "V.data")])
def test_a_blank_that_stops_the_gradient_earns_nothing(letter, text):
    assert "gradient" in BLANKS[letter].judge(text).wrong.first


@pytest.mark.parametrize(("letter", "text"), [("b", "d_model,"), ("e", "softmax, "), ("h", "W_o,")])
def test_a_comma_copied_with_a_blank_costs_nothing(letter, text):
    assert BLANKS[letter].judge(text).wrong is None


@pytest.mark.parametrize("student", ["a", "b", "c", "d", "e"])
def test_a_masked_score_that_is_only_a_little_lower_is_caught_whoever_hands_it_in(student, monkeypatch):
    def shy(Q, K, V, num_heads, mask=None):
        heads = []
        for q, k, v in zip(*(x.chunk(num_heads, -1) for x in (Q, K, V)), strict=True):
            scores = q @ k.mT / q.shape[-1] ** 0.5
            if mask is not None:
                scores = scores.masked_fill(~mask[:, 0], -30)
            heads.append(scores.softmax(-1) @ v)
        return torch.cat(heads, -1)

    monkeypatch.setenv("COURSE_STUDENT", student)
    assert checks.check_b_code.judge(shy).wrong is not None


def test_a_mask_remembered_by_its_size_is_caught():
    known = {}

    def lazy(lengths, n):
        return known.setdefault((len(lengths), n), reference.attention_mask(lengths, n))

    assert checks.check_mask.judge(lazy).wrong is not None
