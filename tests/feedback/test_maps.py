"""Maps on a feedback page: drawn from what grading kept, beside a complaint, and never from nonsense."""

from __future__ import annotations

import re

import pytest
from made import WRONG, checked, error, html_of_page, notebook, solution

from utils.feedback.maps import figure_of_maps, read_maps
from utils.feedback.parts import graded
from utils.grading.executed import MAPS

KEPT = {"asked": [[0, 3, 11], [11, 3, 0]], "mine": [[0, 3, -1], [5, 3, 0]], "shape": [4, 2, 3], "place": [1]}


def page_with(kept: object, points: float = 0) -> str:
    said = [error(WRONG)] if points == 0 else []
    cell = checked("f", points, 3, *said)
    cell.metadata[MAPS] = kept
    return html_of_page(graded(notebook(solution("f", "def f(x):\n    return x"), cell), "lesson"))


def test_both_maps_stand_below_the_complaint_with_words_that_say_the_same() -> None:
    page = page_with(KEPT)
    assert page.count('class="heat') == 12
    assert page.count('class="heat differs"') == 2
    assert "At [1] of a result of shape (4, 2, 3): 2 of 6 numbers differ" in page
    assert "1 of yours is infinite or no number" in page
    assert 'aria-label="Your numbers beside those asked for: 2 by 3"' in page


def test_a_part_without_a_complaint_has_no_maps() -> None:
    assert 'class="heat' not in page_with(KEPT, points=3)


def test_wide_maps_stand_one_above_the_other_within_the_drawing() -> None:
    wide = {"asked": [[0] * 24] * 3, "mine": [[1] * 24] * 3, "shape": [3, 24], "place": []}
    maps = read_maps(wide)
    assert maps is not None
    figure = figure_of_maps(maps)
    height = int(re.search(r'viewBox="0 0 420 (\d+)"', figure.drawing)[1])  # type: ignore[index]
    squares = [(int(x), int(y)) for x, y in re.findall(r' x="(\d+)" y="(\d+)" width', figure.drawing)]
    assert len(set(squares)) == 2 * 3 * 24
    assert max(x for x, _ in squares) < 420 - 15
    assert max(y for _, y in squares) < height - 15


@pytest.mark.parametrize(
    "kept",
    [
        None,
        "maps",
        {"asked": [[1]], "mine": [[1]]},
        {**KEPT, "mine": [[0, 3], [5, 3]]},
        {**KEPT, "asked": [["<script>", 1, 2], [1, 2, 3]]},
        {**KEPT, "asked": [], "mine": []},
        {**KEPT, "asked": [[0] * 99] * 2, "mine": [[0] * 99] * 2},
    ],
)
def test_what_is_no_pair_of_maps_is_not_drawn(kept: object) -> None:
    assert 'class="heat' not in page_with(kept)
