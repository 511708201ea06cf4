"""The map of parts names what is worth a look and says how many parts lie on one dot."""

from __future__ import annotations

from utils.build.source import Part
from utils.report.figures import Dot, _heights, dots_of, part_map
from utils.report.items import Item
from utils.report.statistics import Statistic


def item(name: str, difficulty: float, item_rest: float) -> Item:
    part = Part(f"decoding.{name}", "", "number", 1, manual=False)
    r = Statistic(item_rest)
    return Item(part, 1.0, 20, Statistic(difficulty), r, r, Statistic(0.0), in_sums=True)


def test_parts_with_the_same_numbers_are_one_dot_that_is_named_for_the_one_worth_a_look() -> None:
    items = [item("a", 0.5, 0.2), item("b", 0.501, 0.2), item("c", 0.9, -0.1)]
    dots = dots_of(items, ["decoding.b"])
    assert [(dot.label, dot.suspect) for dot in dots] == [
        ("decoding.b and 1 more", True),
        ("decoding.c", False),
    ]
    drawn = part_map(items, ["decoding.b"])
    assert drawn is not None
    assert "3 parts on 2 dots" in drawn.words
    assert "Most, 2, lie at difficulty 0.5, correlation 0.2." in drawn.words
    assert drawn.picture.narrow_light.startswith("data:image/svg+xml")
    assert drawn.picture.narrow_light != drawn.picture.light


def test_parts_on_dots_of_their_own_are_told_so() -> None:
    drawn = part_map([item("a", 0.5, 0.2), item("c", 0.9, 0.4)], [])
    assert drawn is not None
    assert drawn.words == "2 parts, each on a dot of its own."


def test_labels_of_near_dots_do_not_cover_each_other() -> None:
    dots = [Dot(0.2 + step / 100, step / 100, (f"p{step}",), suspect=True) for step in range(8)]
    heights = sorted(height for _, height in _heights(dots, -0.3))
    assert min(above - below for below, above in zip(heights, heights[1:], strict=False)) > 0.09
