"""What a feedback page may draw of a result: few levels, of the first map that differs, and no key."""

from __future__ import annotations

import json

import pytest
import torch

from utils.checks.evidence import Evidence
from utils.grading.executed import LEVELS
from utils.grading.heat_maps import NO_NUMBER, heat_maps, maps_of

ASKED = torch.linspace(0.05, 1.0, 12, dtype=torch.float64).reshape(3, 4)


def seen(asked: object, mine: object, **arguments: object) -> Evidence:
    return Evidence("part", asked, mine, arguments or {"x": 1})


def test_the_first_map_that_differs_is_told_in_levels_of_both_together() -> None:
    asked = torch.stack([ASKED, ASKED + 1]).unsqueeze(0)
    mine = asked.clone()
    mine[0, 1, 2, 3] = 4.05
    maps = heat_maps(seen(asked, mine))
    assert maps is not None
    assert (maps.shape, maps.place) == ((1, 2, 3, 4), (0, 1))
    assert maps.mine[2][3] == LEVELS - 1
    assert maps.asked[2][3] == (2.0 - 1.05) / 3 * LEVELS // 1
    assert [row[:3] for row in maps.mine] == [row[:3] for row in maps.asked]


def test_a_vector_is_one_row() -> None:
    maps = heat_maps(seen(ASKED[0], ASKED[0].flip(0)))
    assert maps is not None
    assert (len(maps.asked), len(maps.asked[0]), maps.place) == (1, 4, ())


def test_what_is_infinite_or_no_number_has_no_level() -> None:
    mine = ASKED.clone()
    mine[0, 0], mine[1, 1] = torch.nan, -torch.inf
    maps = heat_maps(seen(ASKED, mine))
    assert maps is not None
    assert (maps.mine[0][0], maps.mine[1][1]) == (NO_NUMBER, NO_NUMBER)
    assert maps.mine[2] == maps.asked[2]


def test_of_several_results_the_first_that_differs_is_drawn() -> None:
    maps = heat_maps(seen((ASKED, ASKED[:, :2]), (ASKED.clone(), ASKED[:, 1:3])))
    assert maps is not None
    assert maps.shape == (3, 2)


@pytest.mark.parametrize(
    ("asked", "mine"),
    [
        (ASKED, ASKED.clone()),
        (ASKED, ASKED + 1e-6),  # too little to be seen
        (ASKED, ASKED.T),
        (ASKED.round(), ASKED),  # whole numbers could be read off the picture and handed in
        (ASKED > 0.5, ASKED > 0.2),
        (torch.rand(40, 40), torch.rand(40, 40)),
        (torch.tensor(0.5), torch.tensor(0.7)),
        (ASKED, "raised ValueError"),
        (ASKED, None),
        (torch.full((2, 2), torch.inf), ASKED[:2, :2].float()),
        (torch.zeros(0, 3), torch.zeros(0, 3)),
    ],
)
def test_nothing_is_drawn_where_a_picture_would_say_nothing_or_too_much(asked: object, mine: object) -> None:
    assert heat_maps(seen(asked, mine)) is None


def test_the_key_of_a_typed_answer_is_never_drawn() -> None:
    assert heat_maps(Evidence("part", ASKED, ASKED.flip(0))) is None


def test_the_maps_of_all_parts_fit_into_a_notebook() -> None:
    kept = maps_of({"a": seen(ASKED, ASKED.flip(0)), "b": seen(ASKED, ASKED)})
    assert list(kept) == ["a"]
    assert json.loads(json.dumps(kept))["a"]["shape"] == [3, 4]
