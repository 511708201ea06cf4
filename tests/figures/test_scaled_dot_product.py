"""The figures of the lesson on the scale of dot products cope with wrong functions."""

import math

import pytest
import torch

from coursekit.figures import canvas
from coursekit.figures import scaled_dot_product as figures


@pytest.fixture
def shown(monkeypatch):
    """Collect the axes of each figure instead of showing it."""
    seen = []
    monkeypatch.setattr(canvas.plt, "show", lambda: seen.append(canvas.plt.gcf().axes[0]))
    return seen


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_scores_that_are_not_finite_are_left_out_and_said_to_be(shown):
    scores = torch.linspace(-1, 1, 50)
    half = torch.where(scores > 0, math.nan, scores)
    figures.histograms({4: scores, 64: half, 1024: torch.full((50,), math.inf)}, "score")
    assert legend(shown[0]) == ["d = 4", "d = 64, some not finite", "d = 1024, none finite"]


def test_an_entropy_of_the_wrong_sign_is_not_cut_off(shown):
    figures.entropies({4: -1.5, 64: -0.4}, {4: -2.3, 64: math.nan}, 16)
    assert shown[0].get_ylim()[0] < -2.3


def test_right_entropies_start_at_zero_and_a_guess_is_marked(shown):
    figures.entropies({4: 1.5, 64: 0.4}, {4: 2.3, 64: 2.4}, 16, guess=0.7)
    assert shown[0].get_ylim()[0] == 0
    assert legend(shown[0])[-1] == "your guess: 0.7 nats"
