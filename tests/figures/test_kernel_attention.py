"""The figures of the lesson on kernel attention draw what they are given."""

import matplotlib
import pytest

from coursekit.blanks import ____
from coursekit.figures import kernel_attention as figures
from coursekit.visible.kernel_attention import positive_features
from utils.checks import kernel_attention_mistakes as given
from utils.reference.kernel_attention import linear_attention, quadratic_features, softmax_attention

matplotlib.use("Agg")


@pytest.fixture
def drawn(monkeypatch):
    """Collect the legend and the title of each figure shown, instead of showing it."""
    seen = []

    def show():
        axes = figures_plt.gcf().axes[0]
        seen.append([axes.get_title(), *(text.get_text() for text in axes.get_legend().get_texts())])

    from coursekit.figures.canvas import plt as figures_plt

    monkeypatch.setattr(figures_plt, "show", show)
    return seen


@pytest.mark.parametrize(
    ("claim", "power"),
    [
        ("O(N D M)", 1),
        ("N^2 (D + M)", 2),
        ("D M", 0),
        ("N log N", None),
        ("nonsense", None),
        ("", None),
        (____, None),
    ],
)
def test_the_power_of_a_claim_is_its_order_in_the_number_of_positions(claim, power):
    assert figures.claimed_power(claim) == power


def test_linear_code_is_drawn_with_slopes_of_one_and_the_claim(drawn):
    figures.growth(linear_attention, positive_features, "N D M")
    assert drawn[0][1:] == [
        "work: slope 1.00",
        "peak storage: slope 1.00",
        "your claim for the work: slope 1",
    ]


def test_quadratic_code_is_drawn_with_slopes_near_two_and_no_claim_when_none_was_made(drawn):
    figures.growth(given.all_pairs_first, positive_features, ____)
    assert drawn[0][1:] == ["work: slope 1.99", "peak storage: slope 1.97"]


def test_the_crossing_is_found_and_the_guess_drawn_beside_it(drawn):
    figures.crossing(linear_attention, quadratic_features, softmax_attention, channels=16, guess=100)
    assert drawn[0][-2:] == ["equal near N = 193", "your guess: N = 100"]


def test_codes_that_never_cross_are_drawn_without_a_crossing(drawn):
    figures.crossing(given.all_pairs_first, quadratic_features, softmax_attention, channels=8)
    assert not any("equal" in label for label in drawn[0])


def test_the_profile_is_drawn_for_any_feature_map(drawn):
    figures.kernel_profile(quadratic_features)
    assert drawn[0][1:] == ["your φ(q)·φ(k)", "exp(q·k)"]
