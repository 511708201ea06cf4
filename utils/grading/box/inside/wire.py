"""The format that crosses the wall between a box and its judge. It cannot carry code.

A frame is a length, a header in JSON, and the raw bytes of arrays and long texts. Whoever reads a frame
believes nothing in it: every number is checked before anything of that size is made, and whatever is wrong
raises `BadFrame`. `packing` writes values into frames, `unpacking` reads them.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence
from typing import Any, NoReturn

from coursekit.cost.counting import garbage_uncollected

LONGEST_REQUEST = 64 * 2**20  # bytes; the inputs of a call whose memory is measured are large
LONGEST_REPLY = 16 * 2**20  # bytes; a thousand times the largest result of a check
LONGEST_HEADER = 2**20  # bytes of JSON, which Python makes some thirty times larger
MOST_MARKS = 200_000  # commas and opening brackets of the header: a bound on what Python makes of it
MOST_BLOBS = 10_000  # a frame is not made of crumbs
LENGTHS = struct.Struct("<II")  # of everything behind this first number, and of the header
FIRST = 4  # bytes of the first number


class BadFrame(ValueError):
    """Bytes that are no frame, or a frame that holds what may not cross; `str()` says which."""


class TooLarge(ValueError):
    """A value that does not fit into a frame."""


def write_frame(value: Any, blobs: Sequence[bytes], longest: int) -> bytes:
    """Return the frame, of at most `longest` bytes, of a header value and blobs. Raises `TooLarge`."""
    header = _encoder.encode({"b": [len(blob) for blob in blobs], "v": value})
    total = LENGTHS.size - FIRST + len(header) + sum(map(len, blobs))
    if len(header) > LONGEST_HEADER or len(blobs) > MOST_BLOBS or total > longest:
        raise TooLarge(
            f"is too large to be handed over: {total:,} bytes, of which {len(header):,} describe it"
        )
    return b"".join([LENGTHS.pack(total, len(header)), header.encode("ascii"), *blobs])


def announced_length(first: bytes | bytearray, longest: int) -> int:
    """Return how many bytes, at most `longest`, follow the first four of a frame. Raises `BadFrame`."""
    length = int.from_bytes(first[:FIRST], "little")
    if not FIRST <= length <= longest:
        raise BadFrame(f"a message of {length:,} bytes")
    return length


def read_frame(body: bytes | bytearray | memoryview) -> tuple[Any, list[memoryview]]:
    """Return header value and blobs of what follows the first four bytes. Raises `BadFrame`."""
    view = memoryview(body)
    length = int.from_bytes(view[:FIRST], "little")
    if len(view) < FIRST or length > min(LONGEST_HEADER, len(view) - FIRST):
        raise BadFrame("a header that is longer than its message")
    header = _parsed(bytes(view[FIRST : FIRST + length]))
    if not isinstance(header, dict) or header.keys() != {"b", "v"} or not isinstance(header["b"], list):
        raise BadFrame("a header without its two entries")
    return header["v"], _cut(view[FIRST + length :], header["b"])


def _cut(view: memoryview, lengths: list[Any]) -> list[memoryview]:
    if len(lengths) > MOST_BLOBS or not all(type(n) is int and n >= 0 for n in lengths):
        raise BadFrame("lengths that are none")
    if sum(lengths) != len(view):
        raise BadFrame("lengths that do not add up")
    blobs, at = [], 0
    for length in lengths:
        blobs.append(view[at : at + length])
        at += length
    return blobs


def _parsed(header: bytes) -> Any:
    if sum(map(header.count, (b",", b"[", b"{"))) > MOST_MARKS:
        raise BadFrame(f"a header of more than {MOST_MARKS:,} parts")
    try:
        with garbage_uncollected():
            return _decoder.decode(header.decode("ascii"))
    except BadFrame:
        raise
    except (ValueError, RecursionError) as error:  # ValueError also for numbers of thousands of digits
        raise BadFrame(f"a header that is no JSON ({type(error).__name__})") from None


def _no_constant(name: str) -> NoReturn:
    raise BadFrame(f"{name[:10]} where a number belongs")


_decoder = json.JSONDecoder(parse_constant=_no_constant)
_encoder = json.JSONEncoder(separators=(",", ":"))
