"""The figures of the lesson on multi-head attention draw what the student's class and mask do."""

import pytest
import torch

from coursekit.boundary import define
from coursekit.figures import multi_head_attention as figures
from coursekit.visible import multi_head_attention as visible
from utils.checks.multi_head_attention_blanks import KEY
from utils.reference import multi_head_attention as reference


@pytest.fixture
def shown(monkeypatch):
    """Collect the axes of each figure instead of showing it."""
    seen = []
    monkeypatch.setattr(figures.plt, "show", lambda: seen.append(figures.plt.gcf().axes))
    return seen


def block(num_heads):
    return define(visible.TEMPLATE, KEY, "MultiHeadAttention")(12, num_heads)


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


@pytest.mark.parametrize("dtype", [torch.bool, torch.int64, torch.float32])
def test_a_mask_of_any_type_is_read_as_the_class_reads_it(dtype, shown):
    _, vectors, weights = visible.hand_made_heads()
    three = block(3)
    three.load_state_dict(weights)
    figures.leaks(three, vectors[:1], reference.attention_mask(torch.tensor([8]), 8).to(dtype), 0.5)
    said = legend(shown[0][0])
    assert said[1] == "your mask: 0% on average"
    assert said[3] == "yours turned round: 88% on average"


@pytest.mark.parametrize(
    "text", ["nn.Linear(d_model, d_model)", "nn.Sequential(nn.Linear(2 * d_model, d_model))"]
)
def test_an_output_layer_that_does_not_fit_is_named_and_not_drawn(text, shown):
    wide = define(visible.WIDE_LAYERS, {"i": text}, "WideLayers")
    figures.spectra([block(4), block(1)], [wide(12, 4), wide(12, 1)])
    assert legend(shown[0][1]) == ["width d", "width 2d: W_o does not fit W_v"]
    assert len(shown[0][0].get_lines()[1].get_xdata()) == 0
