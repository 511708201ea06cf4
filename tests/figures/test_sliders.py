"""The figures with a slider show what the student's own functions and formulas say."""

import pytest
import torch

from coursekit.answers.verdict import UnreadableAnswer
from coursekit.blanks import EmptyBlank, ____
from coursekit.figures import argmax_attention, canvas, decoding, scaled_dot_product


@pytest.fixture
def shown(monkeypatch):
    """Collect the axes of each figure instead of showing it."""
    seen = []
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)
    monkeypatch.setattr(canvas.plt, "show", lambda: seen.append(canvas.plt.gcf().axes[0]))
    return seen


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_the_cache_is_what_the_typed_formula_says(shown):
    decoding.cache_by_key_heads("2 L b n g k w")
    decoding.cache_by_key_heads("L b n k w")
    right, without_groups = map(legend, shown)
    assert right[:3] == [
        "g = 32: larger than the weights at 32,768 positions",
        "g = 8: larger than the weights at 131,072 positions",
        "g = 1: larger than the weights at 1,048,576 positions",
    ]
    assert without_groups[2] == "g = 1: never larger than the weights here"


@pytest.mark.parametrize(("answer", "error"), [(____, EmptyBlank), ("2 L b (", UnreadableAnswer)])
def test_a_formula_that_is_none_is_refused_as_elsewhere(answer, error):
    with pytest.raises(error):
        decoding.cache_by_key_heads(answer)


def test_the_bars_are_the_weights_of_the_students_layer_at_each_temperature(shown):
    q, K = torch.ones(1).double(), torch.tensor([[0.0, 3.0]]).double()
    argmax_attention.mixture(lambda q, K, V, t: V @ ((q @ K) / t).softmax(0), q, K)
    coldest = [bar.get_height() for bar in shown[0].containers[-1]]
    assert coldest == pytest.approx(torch.tensor([0.0, 3.0]).softmax(0).tolist())


def test_without_a_divisor_long_vectors_decide_and_with_it_they_do_not(shown):
    source = torch.Generator().manual_seed(1)
    query, key = (torch.randn(400, 1024, generator=source) for _ in range(2))
    scaled_dot_product.sharpness(lambda q, k: q @ k.T / q.shape[-1] ** 0.5, query, key)
    largest = {line.get_label(): line.get_ydata()[0] for line in shown[0].lines}
    assert largest["d = 1024, softmax of q·k"] > 0.9
    assert largest["d = 1024, of your scaled scores"] < 0.35
