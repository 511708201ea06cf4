"""What the lesson on kernel attention asks for, checks one can redo by hand, and the feature maps it uses."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from coursekit.answers.questions import BigO, Choice, Formula, Number
from coursekit.compare import require, require_same
from coursekit.cost import count
from coursekit.visible.report import passed

Function = Callable[..., Tensor]

a = Choice(
    part="a",
    variable="minimal_condition",
    options={
        "a": "sim(Q_i, K_j) > 0 for every pair i, j",
        "b": "sim(Q_i, K_j) >= 0 for every pair, and for every i some j has sim(Q_i, K_j) > 0",
        "c": "for every i some j has sim(Q_i, K_j) != 0",
        "d": "sim is a positive-definite kernel: no matrix of its values has a negative eigenvalue",
        "e": "for every i the sum over all j of sim(Q_i, K_j) is not 0",
        "f": "sim(Q_i, K_j) != 0 for every pair i, j",
    },
)
a_squares = Choice(
    part="a_squares",
    variable="squared_kernel",
    options={
        "a": "Never: squares are not negative, so their sum is positive for every query.",
        "b": "Only for keys that are all zero; any other key makes the sum positive for every query.",
        "c": "Yes: a similarity of one sign cancels one of the other sign.",
        "d": "Yes: a query that is not zero can be orthogonal to all keys, and then every term is zero.",
    },
)
b_kernel = Formula(
    part="b_kernel",
    variable="quadratic_kernel",
    variables=["s"],
    vectors=["q", "k"],
    aliases={"q.k": "s", "Q_i.K_j": "s", "q k^T": "s", "Q_i K_j^T": "s"},  # columns or rows, as people write
)
b_dimension = Formula(part="b_dimension", variable="least_width", variables=["D"])
c_time = BigO(part="c_time", variable="softmax_time", variables=["N", "D", "M"])
c_memory = BigO(part="c_memory", variable="softmax_memory", variables=["N", "D", "M"])
d_time = BigO(part="d_time", variable="linear_time", variables=["N", "D", "M"], constraints=["M ~ D"])
d_memory_stored = BigO(
    part="d_memory_stored",
    variable="memory_features_stored",
    variables=["N", "D", "M"],
    constraints=["M ~ D"],
)
d_memory_recomputed = BigO(
    part="d_memory_recomputed",
    variable="memory_features_rebuilt",
    variables=["N", "D", "M"],
    constraints=["M ~ D"],
)
crossover = Number(part="crossover", variable="first_cheaper_length")
claim = BigO(part="claim", variable="claimed_work", variables=["N", "D", "M"])


def positive_features(x: Tensor) -> Tensor:
    """Return elu(x) + 1, entry by entry: x + 1 where x is positive, e^x elsewhere. As wide as x."""
    return F.elu(x) + 1


def plain_features(x: Tensor) -> Tensor:
    """Return x itself: the similarity is then the dot product, of either sign."""
    return x.clone()


def two_sided_features(x: Tensor) -> Tensor:
    """Return (relu(x), relu(-x)): twice as wide as x, and never negative."""
    return torch.cat([x.relu(), (-x).relu()], dim=-1)


def b_map(feature_map: Function) -> None:
    """Raise `WrongAnswer` unless the map works row by row and its inner products see x . y alone."""
    vector = _double([1.0, -2, 3])
    single = feature_map(vector)
    require(single.ndim == 1, f"feature_map of one vector has {single.ndim} axes; it must have one.")
    rows = torch.stack([vector, -vector, 2 * vector, vector * vector])
    one_by_one = torch.stack([feature_map(row) for row in rows])
    require_same(
        "feature_map of four rows, which must be the four maps of one row each,",
        feature_map(rows),
        one_by_one,
    )
    blocks = "feature_map of a tensor with axes 2, 4 and 3"
    require_same(
        blocks, feature_map(torch.stack([rows, -rows])), torch.stack([feature_map(rows), feature_map(-rows)])
    )
    _sees_only_the_product(feature_map)
    zero = feature_map(torch.zeros_like(vector))
    require_same("phi(0).phi(0), which is one when every constant is,", zero @ zero, _double(1.0))
    passed("feature_map", hidden=5)


def _sees_only_the_product(feature_map: Function) -> None:
    first, second = (feature_map(_double(pair)) for pair in ([[1.0, 2], [2, 1]], [[2.0, 0], [2, 5]]))
    require_same(
        "phi(x).phi(y) for x = (1,2), y = (2,1), compared with x = (2,0), y = (2,5),",
        first[0] @ first[1],
        second[0] @ second[1],
        hint="Both pairs have x.y = 4, and your kernel sees nothing else: both must give the same number.",
    )
    long, short = (feature_map(_double(pair)) for pair in ([[100.0, 1], [-1, 100]], [[1.0, 0], [0, 1]]))
    require_same(
        "phi(x).phi(y) for x = (100,1), y = (-1,100), compared with x = (1,0), y = (0,1),",
        long[0] @ long[1],
        short[0] @ short[1],
        hint="Both pairs have x.y = 0. If the shorter vectors agreed, is a constant of yours rounded? Torch "
        "makes tensors in single precision, with seven digits, unless it is told the dtype.",
    )


def b_rewrite(attend: Function) -> None:
    """Raise `WrongAnswer` unless two keys with similarities 4 and 7 are weighted as (G) says."""
    query, keys = torch.tensor([1.0, 0]), torch.tensor([[0.0, 1], [2, 0]])
    same = torch.tensor([[5.0, -2, 3], [5, -2, 3]])
    require_same(
        "attend, with the same value (5,-2,3) at both keys,",
        attend(query, keys, same, positive_features),
        same[0],
    )
    values = torch.tensor([[0.0, 11, 22], [11, 0, 22]])
    require_same(
        "attend, with phi(q) = (2,1), key features (1,2) and (3,1), values (0,11,22) and (11,0,22),",
        attend(query, keys, values, positive_features),
        torch.tensor([7.0, 4, 22]),
        hint="The two similarities are 2*1 + 1*2 = 4 and 2*3 + 1*1 = 7.",
    )
    passed("attend", hidden=6)


def linear_attention(function: Function) -> None:
    """Raise `WrongAnswer` unless two queries are answered as (G) says, and no tensor has N x N entries."""
    Q, K = torch.tensor([[1.0, 0], [0, 2]]), torch.tensor([[2.0, 0], [0, 1]])
    V = torch.tensor([[0.0, 143, 5], [143, 0, 5]])
    hint = "The last column of V is 5 everywhere, so it must come out as 5. The weights are 7 : 4 and 6 : 7."
    expected = torch.tensor([[52.0, 91, 5], [77, 66, 5]])
    require_same(
        "linear_attention, for two queries by hand,",
        function(Q, K, V, positive_features),
        expected,
        hint=hint,
    )
    _largest_tensor_doubles(function)
    passed("linear_attention", hidden=9)


def _largest_tensor_doubles(function: Function) -> None:
    largest = [count(function, *_drawn(positions), positive_features).largest for positions in (32, 64)]
    require(
        largest[1] <= 2 * largest[0],
        f"From 32 to 64 positions, the largest tensor grows from {largest[0]} to {largest[1]} numbers.",
        hint="It may at most double. Which of your tensors has a row and a column per position?",
    )


def _drawn(positions: int) -> list[Tensor]:
    source = torch.Generator().manual_seed(6)
    return [torch.rand(positions, width, generator=source) for width in (3, 3, 5)]


def _double(entries: object) -> Tensor:
    return torch.tensor(entries, dtype=torch.float64)
