# SPDX-License-Identifier: MIT
"""A bounded reader of flatbuffers: every offset is checked before it is followed.

The flatbuffers package reads unchecked: a damaged file raises ``struct.error`` at best and yields
wrapped-around data at worst, and native interpreters crash on it. This reader walks a file along
a description of its tables (:mod:`hil.model.tflite.layout`) and returns dictionaries; whatever
lies out of bounds or is misaligned raises :class:`DamagedError`. Fields that are not in the
description are of a later version of the format, and are not read.
Format: https://flatbuffers.dev/internals/.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hil.host.printable import printable
from hil.model.array import Array

# Bounds the work on a crafted file in which many offsets lead to the same large table.
MAX_VISITS = 200_000
# What is wider than a word is read in words: interpreters, and processors, ask for no more.
_WORD = 4

_U16 = struct.Struct("<H")
_U32 = struct.Struct("<I")
_I32 = struct.Struct("<i")


class DamagedError(Exception):
    """The bytes are not the flatbuffer they claim to be; the message says where and why."""


class UnsupportedError(Exception):
    """The file is sound, but uses a part of the format that cannot be used here."""


@dataclass(frozen=True)
class Scalar:
    """A number stored in the table itself; ``code`` is its :mod:`struct` code."""

    code: str
    default: float = 0


@dataclass(frozen=True)
class Vector:
    """A vector of numbers; read as a numpy array that shares the file's memory."""

    dtype: str


@dataclass(frozen=True)
class String:
    """A length-prefixed, zero-terminated string; read as :func:`printable` ``str``."""


@dataclass(frozen=True)
class Table:
    """Another table, by its name in the layout."""

    name: str


@dataclass(frozen=True)
class Tables:
    """A vector of tables; read as a list."""

    name: str


@dataclass(frozen=True)
class Union:
    """A table whose kind is the number in the field ``tag`` of the same table.

    A table of a kind that is not in ``names`` is not read.
    """

    tag: str
    names: Mapping[int, str]


@dataclass(frozen=True)
class Forbidden:
    """A field of the format that must be absent here; the message says ``what`` it is."""

    what: str


@dataclass(frozen=True)
class Skipped:
    """A field that is not read."""


Field = Scalar | Vector | String | Table | Tables | Union | Forbidden | Skipped
Layout = Mapping[str, tuple[tuple[str, Field], ...]]


class Reader:
    """Reads one flatbuffer.

    Args:
        data: the whole file.
        layout: for each table its fields, in slot order.
    """

    def __init__(self, data: bytes, layout: Layout) -> None:
        self._data = data
        self._layout = layout
        self._visits = 0

    def root(self, name: str) -> dict[str, Any]:
        """Read the root table and everything that can be reached from it.

        Raises:
            DamagedError: anything reachable is out of bounds or misaligned.
            UnsupportedError: the file has a field that is forbidden, or is too large.
        """
        return self._table(self._follow(0), name)

    def _span(self, start: int, size: int, what: str) -> None:
        if start < 0 or start + size > len(self._data):
            raise DamagedError(f"{what} at byte {start} runs past the end")

    def _follow(self, position: int) -> int:
        self._span(position, 4, "an offset")
        target = position + int(_U32.unpack_from(self._data, position)[0])
        if target == position or target % 4:
            raise DamagedError(f"the offset at byte {position} leads nowhere")
        return target

    def _table(self, position: int, name: str) -> dict[str, Any]:
        self._visits += 1
        if self._visits > MAX_VISITS:
            raise UnsupportedError(f"it has more than {MAX_VISITS} tables")
        self._span(position, 4, f"table {name}")
        vtable = position - int(_I32.unpack_from(self._data, position)[0])
        self._span(vtable, 4, f"the vtable of {name}")
        vtable_size, table_size = struct.unpack_from("<HH", self._data, vtable)
        if vtable % 2 or vtable_size % 2 or vtable_size < 4 or table_size < 4:
            raise DamagedError(f"the vtable of {name} at byte {vtable} is malformed")
        self._span(vtable, vtable_size, f"the vtable of {name}")
        self._span(position, table_size, f"table {name}")

        fields = self._layout[name]
        slots = struct.unpack_from(f"<{vtable_size // 2 - 2}H", self._data, vtable + 4)
        values: dict[str, Any] = {
            key: field.default if isinstance(field, Scalar) else None for key, field in fields
        }
        for (key, field), offset in zip(fields, slots, strict=False):
            if offset == 0:
                continue
            size = struct.calcsize("<" + field.code) if isinstance(field, Scalar) else 4
            if offset < 4 or offset + size > table_size:
                raise DamagedError(f"field {key} of {name} lies outside its table")
            if (position + offset) % min(size, _WORD):
                raise DamagedError(f"field {key} of {name} is misaligned")
            values[key] = self._value(position + offset, field, values, f"{name}.{key}")
        return values

    def _value(self, position: int, field: Field, table: dict[str, Any], what: str) -> Any:
        match field:
            case Scalar(code):
                return struct.unpack_from("<" + code, self._data, position)[0]
            case Vector(dtype):
                return self._vector(self._follow(position), np.dtype(dtype), what)
            case String():
                return self._string(self._follow(position), what)
            case Table(name):
                return self._table(self._follow(position), name)
            case Tables(name):
                start = self._follow(position)
                count = len(self._vector(start, np.dtype("<u4"), what))
                return [self._table(self._follow(start + 4 + 4 * i), name) for i in range(count)]
            case Union(tag, names):
                known = names.get(table[tag])
                return self._table(self._follow(position), known) if known else None
            case Skipped():
                return None
            case Forbidden(reason):
                raise UnsupportedError(f"it uses {reason}, which TensorFlow Lite Micro does not")

    def _vector(self, start: int, dtype: np.dtype[Any], what: str) -> Array:
        self._span(start, 4, what)
        count = int(_U32.unpack_from(self._data, start)[0])
        self._span(start + 4, count * dtype.itemsize, what)
        if count and (start + 4) % min(dtype.itemsize, _WORD):
            raise DamagedError(f"{what} at byte {start} is misaligned")
        return np.frombuffer(self._data, dtype, count, start + 4)

    def _string(self, start: int, what: str) -> str:
        raw = self._vector(start, np.dtype("u1"), what)
        end = start + 4 + len(raw)
        self._span(end, 1, what)
        if self._data[end]:
            raise DamagedError(f"{what} at byte {start} is not zero-terminated")
        return printable(raw.tobytes().decode("utf-8", "backslashreplace"))
