"""The figures of the decoding lesson draw what they are given."""

import pytest

from coursekit.figures import canvas
from coursekit.figures import decoding as figures
from utils.checks import decoding_sequences as sequences
from utils.reference import decoding as reference


@pytest.fixture
def shown(monkeypatch):
    """Collect the axes of each figure instead of showing it."""
    seen = []
    monkeypatch.setattr(canvas.plt, "show", lambda: seen.append(canvas.plt.gcf().axes[0]))
    return seen


def legend(axes):
    return [text.get_text() for text in axes.get_legend().get_texts()]


def test_intensities_are_those_of_the_function_given_and_a_guess_is_marked(shown):
    figures.intensity(reference.step_intensity, 3)
    multi_head = shown[0].get_lines()[0].get_ydata()
    assert multi_head[0] == reference.step_intensity(8, 4096, 32, 32, 16)
    assert multi_head[-1] == reference.step_intensity(8, 4096, 32, 32, 2**20)
    assert legend(shown[0])[-1] == "your guess for multi-head: 3"


def test_without_a_guess_nothing_is_marked(shown):
    figures.intensity(reference.step_intensity, None)
    assert len(legend(shown[0])) == 3


def test_the_roofline_places_the_variants_left_of_the_ridge(shown):
    figures.roofline(reference.step_intensity, 65_536)
    assert legend(shown[0])[0] == "multi-head, 32 key heads: 0.7% of the peak"
    assert legend(shown[0])[-1] == "ridge: 153 multiply-adds per number"


@pytest.mark.parametrize(
    ("function", "heads_of_key_head_0"),
    [(reference.grouped_query, [0, 1, 2]), (sequences.repeats_the_whole_list, [0, 4, 8])],
)
def test_the_picture_of_sharing_shows_a_staircase_or_stripes(function, heads_of_key_head_0, shown):
    figures.who_reads_whom(function)
    picture = shown[0].get_images()[0].get_array()
    assert [head for head in range(12) if picture[0, head] == 1] == heads_of_key_head_0


@pytest.mark.parametrize("answer", [[36, 12, 3], "(36, 12, 3)"])
def test_the_cache_grows_in_proportion_from_the_sizes_entered(answer, shown):
    figures.cache_growth(answer)
    line = shown[0].get_lines()[0]
    assert dict(zip(line.get_xdata(), line.get_ydata(), strict=True))[2048] == 72


def test_the_price_of_a_token_is_counted_in_the_loop_and_grows_to_forty_times_without_a_cache(shown):
    figures.work_per_token(reference.decode, 40)
    again, mine, guess = (line.get_ydata()[-1] for line in shown[0].get_lines())
    assert again == 40 * mine == guess
