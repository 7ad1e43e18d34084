# SPDX-License-Identifier: MIT
"""What an engine apart and its process say to each other: a JSON object, then arrays as bytes."""

import json
import struct
from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from hil.model.array import Array

_LENGTH = struct.Struct("<I")


class Source(Protocol):
    """Where bytes come from."""

    def read(self, size: int, /) -> bytes:
        """Return exactly `size` bytes, or fewer at the end."""


def pack(words: dict[str, Any], arrays: Sequence[Array] = ()) -> bytes:
    """Return a message."""
    shapes = [(each.dtype.name, list(each.shape)) for each in arrays]
    head = json.dumps({**words, "arrays": shapes}).encode()
    return b"".join([_LENGTH.pack(len(head)), head, *(each.tobytes() for each in arrays)])


def read(source: Source) -> tuple[dict[str, Any], list[Array]]:
    """Read a message.

    Raises:
        EOFError: the other side has ended.
    """
    (length,) = _LENGTH.unpack(_exactly(source, _LENGTH.size))
    words = json.loads(_exactly(source, length))
    arrays = []
    for name, shape in words.pop("arrays"):
        empty = np.empty(shape, name)
        arrays.append(np.frombuffer(_exactly(source, empty.nbytes), name).reshape(shape))
    return words, arrays


def _exactly(source: Source, size: int) -> bytes:
    data = source.read(size)
    if len(data) < size:
        raise EOFError
    return data
