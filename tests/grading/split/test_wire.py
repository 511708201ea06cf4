"""What crosses the wall arrives as it left, and nothing but `BadFrame` comes of bytes that are no frame."""

import ast
import contextlib
import gc
import math
import random
import resource
import time
from collections import Counter, OrderedDict, defaultdict, namedtuple
from decimal import Decimal
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from coursekit.blanks import ____, is_blank
from coursekit.cost import Cost
from coursekit.visible.kernel_attention import positive_features
from utils.grading import box, split
from utils.grading.box.inside import arrays
from utils.grading.box.inside.outgoing import FromBox, NotPlainData, ToBox
from utils.grading.box.inside.unpacking import FromJudge, FromStudent
from utils.grading.box.inside.wire import (
    LONGEST_REPLY,
    LONGEST_REQUEST,
    BadFrame,
    TooLarge,
    announced_length,
    read_frame,
    write_frame,
)

SECONDS_TO_REFUSE = 0.05  # of processor time
MEMORY_TO_REFUSE = 64 * 2**20  # bytes


def out_of_a_box(value):
    """Return a value after the way from a box to its judge."""
    writer = FromBox(lambda kept: 7)
    frame = write_frame(writer.write(value), writer.blobs, LONGEST_REPLY)
    return read(frame)


def read(frame, refer=lambda handle, name, callable_: ("object", handle, name, callable_)):
    """Return what a judge reads, as it reads it from a socket."""
    assert announced_length(frame[:4], LONGEST_REPLY) == len(frame) - 4
    written, blobs = read_frame(memoryview(frame)[4:])
    return FromStudent(blobs, refer).read(written)


def read_body(body):
    """Return what a judge reads from what follows the first four bytes."""
    written, blobs = read_frame(body)
    return FromStudent(blobs, lambda *reference: reference).read(written)


def into_a_box(*values):
    """Return values after the way from a judge to a box, in one frame."""
    writer = ToBox()
    frame = write_frame(writer.write(values), writer.blobs, LONGEST_REQUEST)
    written, blobs = read_frame(memoryview(frame)[4:])
    return FromJudge(blobs, {}).read(written)


def same(one, other):
    """Return whether two values are of one type and equal, NaN being equal to itself."""
    if type(one) is not type(other):
        return False
    if isinstance(one, torch.Tensor | np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and bits(one) == bits(other)
    if isinstance(one, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return same(list(one.items()), list(other.items()))
    return (
        repr(one) == repr(other) if isinstance(one, float | complex | np.generic | Decimal) else one == other
    )


def bits(value):
    return arrays.tensor_bytes(value) if isinstance(value, torch.Tensor) else value.tobytes()


texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
hashable = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(10**300), 10**300),
    st.floats(allow_nan=False),
    texts,
    st.binary(max_size=9),
    st.fractions(),
    st.decimals(allow_nan=False, allow_infinity=True, places=3),
)
shapes = st.lists(st.integers(0, 4), max_size=3)


@st.composite
def tensors(draw):
    dtype = draw(st.sampled_from(sorted(arrays.TENSOR_DTYPES)))
    made = torch.randint(0, 2, draw(shapes)).to(arrays.TENSOR_DTYPES[dtype])
    return made.requires_grad_(made.is_floating_point() and draw(st.booleans()))


@st.composite
def numpy_arrays(draw):
    return np.ones(draw(shapes), dtype=draw(st.sampled_from(sorted(arrays.ARRAY_DTYPES))))


plain = st.recursive(
    st.one_of(
        hashable,
        st.floats(),
        st.complex_numbers(),
        tensors(),
        numpy_arrays(),
        st.sampled_from([..., slice(1, None, 2), range(3, 9, 2), torch.Size([2, 3]), torch.float32]),
        st.sampled_from([torch.device("cpu"), np.float32(1.5), np.int64(-3), Cost(1, 2, 3, 4, 5, 6)]),
        st.sets(hashable, max_size=3),
        st.frozensets(hashable, max_size=3),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(hashable, inner, max_size=4),
        st.dictionaries(texts, inner, max_size=4).map(OrderedDict),
    ),
    max_leaves=12,
)


@given(plain)
@settings(max_examples=150, deadline=None)
def test_plain_data_arrives_as_it_left_in_both_directions(value):
    assert same(out_of_a_box(value), value)
    assert same(into_a_box(value)[0], value)


@given(st.binary(max_size=400))
@settings(max_examples=200, deadline=None)
def test_random_bytes_are_refused(data):
    with pytest.raises(BadFrame):
        read_body(data)


SAMPLE = {
    "list": [1, -2.5, "text", None, True, ____, 10**40],
    "tensors": (torch.ones(2, 3), torch.zeros(0, 4, dtype=torch.int64), np.arange(5.0)),
    "more": {1: Fraction(1, 3), 2: Decimal("1.5"), 3: {4, 5}, 6: range(7), 8: 1j, 9: "ä" * 10},
    "cost": Cost(1, 2, 3, 4, 5, 6),
    "object": print,
}


@given(st.randoms(use_true_random=False), st.integers(1, 12))
@settings(max_examples=400, deadline=None)
def test_a_frame_that_was_changed_is_read_or_refused_and_nothing_else(source, changes):
    writer = FromBox(lambda kept: 7)
    frame = bytearray(write_frame(writer.write(SAMPLE), writer.blobs, LONGEST_REPLY))
    for _ in range(changes):
        mutate(frame, source)
    with contextlib.suppress(BadFrame):
        read_body(memoryview(frame)[4:])


def mutate(frame, source):
    """Change a byte, preferably into another digit, bracket or quote; leave some out, or repeat some."""
    at, kind = source.randrange(4, len(frame)), source.random()
    if kind < 0.6:
        frame[at] = source.choice(b'0123456789[]{}",:-.eTldNtsqDr\x00\xff')
    elif kind < 0.8:
        del frame[at : at + source.randrange(1, 9)]
    else:
        frame[at:at] = frame[at : at + source.randrange(1, 30)]


def framed(header, blobs=b""):
    """Return the body of a frame whose header is this text."""
    return len(header).to_bytes(4, "little") + header.encode() + blobs


def value_of(written, *lengths):
    return f'{{"b":[{",".join(map(str, lengths))}],"v":{written}}}'


MANY = 2**20 - 100
BOMBS = {
    "deep lists": framed(value_of("[" * 300_000 + "]" * 300_000)),
    "deep values": framed(value_of('["l",' * 900 + "1" + "]" * 900)),
    "a number of 5000 digits": framed(value_of("1" * 5000)),
    "a number of 1000 digits": framed(value_of("1" * 1000)),
    "a number too large for a float": framed(value_of("1e999")),
    "NaN": framed(value_of("NaN")),
    "half a million empty lists": framed(value_of("[" + "[]," * (MANY // 3 - 9) + "[]]")),
    "a list of half a million numbers": framed(value_of('["l"' + ",1" * (MANY // 2 - 9) + "]")),
    "as many lists as are parsed": framed(value_of("[" + "[]," * 99_900 + "[]]")),
    "as many numbers as are parsed": framed(value_of('["l"' + ",1" * 199_900 + "]")),
    "two hundred numbers of 4000 digits": framed(value_of("[" + ("1" * 4000 + ",") * 250 + "1]")),
    "a header of 100 MB": (10**8).to_bytes(4, "little") + b" " * 10,
    "a header that is not text": framed("", b"\xff" * 10)[:4] + b"\xff" * 10,
    "text that is not UTF-8": framed(value_of('["s",0]', 2), b"\xff\xfe"),
    "a tensor of 10^12 numbers": framed(
        value_of('["T",0,"float64",[1000000,1000000],null,false,null]', 8), b"8" * 8
    ),
    "a tensor without bytes": framed(value_of('["T",0,"float64",[3],null,false,null]', 0)),
    "a tensor with strides": framed(value_of('["T",0,"float64",[9,9],[0,0],false,null]', 8), b"8" * 8),
    "a tensor of a dtype without size": framed(value_of('["N",0,"|V0",[1000000000000]]', 0)),
    "an array of objects": framed(value_of('["N",0,"|O",[1]]', 8), b"8" * 8),
    "an axis below zero": framed(value_of('["T",0,"float64",[-1,-1],null,false,null]', 8), b"8" * 8),
    "an axis that is true": framed(value_of('["T",0,"float64",[true],null,false,null]', 8), b"8" * 8),
    "40 axes": framed(value_of('["T",0,"bool",[' + "1," * 39 + "1],null,false,null]", 1), b"1"),
    "a blob that is not there": framed(value_of('["b",1]', 1), b"1"),
    "a blob before the first": framed(value_of('["b",-1]', 1), b"1"),
    "lengths that overlap": framed(value_of('["b",0]', 8, -4), b"4444"),
    "too few bytes": framed(value_of('["b",0]', 8), b"4444"),
    "a range without end": framed(value_of(f'["r",0,{10**300},1]')),
    "a range that stands still": framed(value_of('["r",0,1,0]')),
    "a decimal of a billion digits": framed(value_of('["D","1e999999999"]')),
    "a fraction over zero": framed(value_of('["q",1,0]')),
    "an unhashable key": framed(value_of('["d",["l"],1]')),
    "an unhashable member": framed(value_of('["F",["l"]]')),
    "keys that collide": framed(
        value_of('["d"' + "".join(f",{i * (2**61 - 1)},1" for i in range(1, 20_000)) + "]")
    ),
    "a dict with half an entry": framed(value_of('["d",1]')),
    "a dict of JSON": framed(value_of('{"a":1}')),
    "a tag that is a list": framed(value_of('[["l"],1]')),
    "code by name": framed(value_of('["fn","os.system"]')),
    "a partial": framed(value_of('["p",["fn","torch.load"],["t"],["d"]]')),
    "a handle where data belongs": framed(value_of('["h",1]')),
    "a thousand and one objects": framed(value_of('["l"' + ',["ref",1,"f",true]' * 1001 + "]")),
    "an argument that was not there": framed(value_of('["a",0]')),
    "a cost of floats": framed(value_of('["C",1.5,1,1,1,1,1]')),
    "a pickle": b"\x80\x04\x95(\x00\x00\x00\x00\x00\x00\x00\x8c\x05posix\x94\x8c\x06system\x94\x93\x94.",
    "a numpy file": b"\x93NUMPY\x01\x00v\x00{'descr': '|O', 'fortran_order': False, 'shape': (1,), }",
}


@pytest.fixture
def no_garbage():
    """Keep what other tests have left from being looked through, which would be counted here."""
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.mark.usefixtures("no_garbage")
@pytest.mark.parametrize("bomb", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_quickly_and_in_little_memory(bomb):
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    with pytest.raises(BadFrame):
        read_body(bomb)
    assert time.process_time() - started < SECONDS_TO_REFUSE
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 < MEMORY_TO_REFUSE


@pytest.mark.parametrize("name", ["half a million empty lists", "a list of half a million numbers"])
def test_a_header_of_too_many_parts_is_refused_before_it_is_parsed(name):
    with pytest.raises(BadFrame, match="a header of more than 200,000 parts"):
        read_frame(BOMBS[name])


def test_a_length_of_four_gigabytes_is_refused_before_a_byte_of_it_is_read():
    with pytest.raises(BadFrame, match="4,294,967,295 bytes"):
        announced_length(b"\xff\xff\xff\xff", LONGEST_REPLY)


class Text(str):
    __slots__ = ()


class Numbers(np.ndarray):
    pass


class Special(torch.Tensor):
    pass


@pytest.mark.parametrize(
    ("value", "name"),
    [
        (Text("a"), "Text"),
        (np.ones(3).view(Numbers), "Numbers"),
        (torch.ones(3).as_subclass(Special), "Special"),
        (torch.eye(3).to_sparse(), "sparse_coo_float32_Tensor"),
        (np.array([None]), "ndarray_lookalike"),
        (np.ones(3, dtype=">f8"), "ndarray_lookalike"),
        (np.zeros(2, dtype=[("a", "f8")]), "ndarray_lookalike"),
        (np.ones(3, dtype=np.longdouble), "ndarray_lookalike"),
        (type("dict", (), {})(), "dict_lookalike"),
        (type("x" * 41, (), {})(), "object"),
        (type("<script>", (), {})(), "object"),
    ],
)
def test_what_only_looks_plain_comes_out_as_a_reference_with_a_harmless_name(value, name):
    assert out_of_a_box(value) == ("object", 7, name, False)


class Extremes(NamedTuple):
    """What a student may return instead of a bare pair; it hides its second entry when it is walked."""

    low: object
    high: object

    def __iter__(self):
        return iter((self.low,))


NAMED = {
    "a result of torch": (torch.eye(2).max(dim=0), (torch.ones(2), torch.tensor([0, 1]))),
    "an eigensystem": (torch.linalg.eigh(torch.eye(2)), (torch.ones(2), torch.eye(2))),
    "a named tuple": (namedtuple("Pair", "a b")(1, 2.0), (1, 2.0)),
    "a typed one, whatever it does": (Extremes(1, torch.ones(2)), (1, torch.ones(2))),
    "a dict with a default": (defaultdict(list, a=[1]), {"a": [1]}),
    "a count": (Counter("aab"), {"a": 2, "b": 1}),
    "one inside another": (
        [defaultdict(int, a=torch.arange(3).sort())],
        [{"a": (torch.arange(3), torch.arange(3))}],
    ),
}


@pytest.mark.parametrize(("value", "plain"), NAMED.values(), ids=NAMED)
def test_tuples_with_names_and_the_dicts_of_python_come_out_as_plain_ones(value, plain):
    assert same(out_of_a_box(value), plain)


def test_a_class_of_ones_own_that_is_a_tuple_or_dict_stays_in_the_box():
    for base in (tuple, dict, NAMED["a named tuple"][0].__class__):
        made = type("Own", (base,), {})
        value = made(1, 2) if hasattr(made, "_fields") else made()
        assert out_of_a_box(value) == ("object", 7, "Own", False)


def test_a_parameter_comes_out_as_a_tensor_with_its_gradient():
    layer = torch.nn.Linear(2, 3)
    layer.weight.grad = torch.ones(3, 2)
    found = out_of_a_box(layer.weight)
    assert type(found) is torch.Tensor
    assert found.requires_grad
    assert found.grad.equal(torch.ones(3, 2))


def test_from_a_box_a_view_arrives_as_a_contiguous_copy():
    assert out_of_a_box(torch.ones(2, 3).T).is_contiguous()
    assert out_of_a_box(torch.ones(1).expand(5)).untyped_storage().nbytes() == 20


@pytest.mark.parametrize(
    "view",
    [
        torch.arange(12.0).reshape(3, 4).T,
        torch.arange(12.0).reshape(3, 4)[:, 1:3],
        torch.arange(3.0)[:, None].expand(3, 5),
        torch.arange(12.0)[::3],
        torch.tensor(4.0),
    ],
    ids=["transposed", "a block", "expanded", "every third", "no axis"],
)
def test_into_a_box_a_view_keeps_its_strides(view):
    (found,) = into_a_box(view)
    assert found.stride() == view.stride()
    assert found.equal(view)


def test_into_a_box_one_object_twice_is_one_object():
    x, numbers = torch.ones(3), [1, 2]
    first, second, inside, again = into_a_box(x, x, [numbers, x], numbers)
    assert first is second is inside[1]
    assert inside[0] is again


@pytest.mark.parametrize(
    "value", [positive_features, torch.nn.Linear, torch.exp, torch.nn.functional.relu, torch.optim.SGD]
)
def test_functions_and_classes_of_coursekit_and_torch_go_in_by_name(value):
    assert into_a_box(value) == (value,)


def test_a_partial_of_a_known_function_goes_in():
    (found,) = into_a_box(partial(torch.full, (2,), fill_value=3.0))
    assert found().tolist() == [3, 3]


@pytest.mark.parametrize("value", [lambda x: x, print, open, Path("a"), object(), np.load, same])
def test_nothing_else_goes_in_and_the_author_is_told_what_does(value):
    with pytest.raises(NotPlainData, match=r"put it into coursekit\.visible"):
        into_a_box(value)


@pytest.mark.parametrize(
    "value",
    [
        10**401,
        list(range(50_001)),
        dict.fromkeys(range(1001)),
        range(10**7),
        torch.zeros(2**22 + 1),
        "a" * (LONGEST_REPLY + 1),
        Decimal("1e500"),
    ],
    ids=["number", "list", "keys", "range", "tensor", "text", "decimal"],
)
def test_what_is_too_large_for_the_reader_is_not_written(value):
    with pytest.raises(TooLarge):
        out_of_a_box(value)


def test_a_list_that_holds_itself_is_too_deep():
    endless = []
    endless.append(endless)
    with pytest.raises(TooLarge, match="nested deeper than 64 levels"):
        out_of_a_box(endless)


def test_half_of_a_surrogate_pair_becomes_a_question_mark():
    assert out_of_a_box("a\ud800b") == "a?b"


def test_the_empty_blank_stays_itself():
    assert is_blank(out_of_a_box(____))
    assert math.isnan(out_of_a_box([math.nan])[0])


TRUSTED = [
    *Path(box.__path__[0], "inside").glob("*.py"),
    *(Path(split.__path__[0]) / name for name in ("session.py", "stand_in.py", "channel.py", "errors.py")),
]
CARRIES_CODE = {"pickle", "marshal", "shelve", "dill", "cloudpickle", "ctypes"}
RUNS_CODE = {"eval", "exec", "compile", "__import__"}


@pytest.mark.parametrize("path", TRUSTED, ids=lambda path: path.name)
def test_nothing_that_reads_frames_can_run_what_is_in_them(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = {alias.name for alias in node.names} | {getattr(node, "module", None)}
            assert not names & CARRIES_CODE
        if isinstance(node, ast.Name):
            assert node.id not in RUNS_CODE
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            assert (node.value.id, node.attr) not in {("np", "load"), ("torch", "load"), ("np", "fromstring")}


def test_a_frame_of_random_numbers_of_bytes_is_refused_in_time():
    source = random.Random(0)
    for size in (10**3, 10**5, 10**6):
        data = source.randbytes(size)
        started = time.process_time()
        with pytest.raises(BadFrame):
            read_frame(data)
        assert time.process_time() - started < SECONDS_TO_REFUSE
