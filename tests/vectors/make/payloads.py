# SPDX-License-Identifier: MIT
"""Payloads of messages, and the best scores in them."""

import struct
import zlib
from collections.abc import Iterable

from common import (
    BOOL,
    FLOAT32,
    INT8,
    INT16,
    INT32,
    INT64,
    UINT8,
    UINT16,
    UINT32,
    UINT64,
    float_bits,
    hexed,
)


def hello(role: int, dtype: int, frame_limit: int, size: int, classes: int) -> bytes:
    return struct.pack("<BBHIII", role, dtype, frame_limit, size, classes, 0)


def hello_lines() -> Iterable[str]:
    for fields in (
        (1, INT8, 0, 4704, 19),
        (2, UINT8, 250, 5488, 1000),
        (3, FLOAT32, 0xFFFF, 0xFFFFFFFF, 0xFFFFFFFF),
        (1, BOOL, 250, 7, 2),
    ):
        yield " ".join(f"{field:x}" for field in fields) + f" {hello(*fields).hex()}"
    good = hello(1, INT8, 0, 4704, 19)
    for packed, reason in (
        (good[:-1], "length"),
        (good + b"\0", "length"),
        (hello(0, INT8, 0, 1, 1), "role"),
        (hello(4, INT8, 0, 1, 1), "role"),
        (hello(1, 0, 0, 1, 1), "dtype"),
        (hello(1, BOOL + 1, 0, 1, 1), "dtype"),
    ):
        yield f"bad {packed.hex()} {reason}"


def ack_lines() -> Iterable[str]:
    for base, window in (
        (0, 0),
        (5, 0),
        (0, 1),
        (24, 0b1011),
        (0x0A0B0C0D, 0x1122334455667788),
        (0xFFFF, 1 << 63),
        (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF),
    ):
        packed = struct.pack("<IQ", base, window)
        yield f"{base:x} {window & 0xFFFFFFFF:x} {window >> 32:x} {packed.hex()}"
    for packed in (b"", bytes(11), bytes(13)):
        yield f"bad {hexed(packed)} length"


def result(
    dtype: int,
    classes: int,
    entries: list[tuple[int, int]],
    activation_crc: int,
    total_us: int,
    invoke_us: int,
    vector: bytes,
    sent: bytes,
) -> bytes:
    packed = struct.pack("<BBH", len(entries), dtype, classes)
    for class_id, score in entries + [(0, 0)] * (5 - len(entries)):
        packed += struct.pack("<HHI", class_id, 0, score & 0xFFFFFFFF)
    packed += struct.pack("<III8x", activation_crc, total_us, invoke_us)
    return packed + struct.pack("<II", len(vector), zlib.crc32(vector)) + sent


def result_lines() -> Iterable[str]:
    int8 = bytes([0x80, 0x80, 0x7F, 0x00, 0x7F, 0x80])
    uint8 = bytes([3, 250])
    float32 = struct.pack("<3f", 0.25, -1.5, 0.75)
    for dtype, classes, entries, times, vector, wanted in (
        (INT8, 6, [(2, 127), (4, 127), (3, 0), (0, -128), (1, -128)], (1500, 1200), int8, True),
        (INT8, 6, [(2, 127), (4, 127), (3, 0), (0, -128), (1, -128)], (1500, 1200), int8, False),
        (UINT8, 2, [(1, 250), (0, 3)], (0, 0), uint8, True),
        (
            FLOAT32,
            3,
            [(2, float_bits(0.75)), (0, float_bits(0.25)), (1, float_bits(-1.5))],
            (0xFFFFFFFF, 0xFFFFFFFE),
            float32,
            True,
        ),
    ):
        sent = vector if wanted else b""
        packed = result(dtype, classes, entries, 0x89ABCDEF, *times, vector, sent)
        top = ",".join(f"{class_id:x}:{score & 0xFFFFFFFF:x}" for class_id, score in entries)
        yield (
            f"{dtype:x} {classes:x} {top} 89abcdef {times[0]:x} {times[1]:x} "
            f"{len(vector):x} {zlib.crc32(vector):08x} {hexed(sent)} {packed.hex()}"
        )
    good = result(UINT8, 2, [(1, 250), (0, 3)], 0, 0, 0, uint8, uint8)
    six = bytearray(good)
    six[0] = 6
    no_type = bytearray(good)
    no_type[1] = 0
    bad_crc = bytearray(good)
    bad_crc[-1] ^= 1
    for packed, reason in (
        (good[:60], "length"),
        (good[:-1], "length"),
        (good + b"\0", "length"),
        (bytes(six), "k"),
        (bytes(no_type), "dtype"),
        (bytes(bad_crc), "crc"),
    ):
        yield f"bad {packed.hex()} {reason}"


def error_lines() -> Iterable[str]:
    for code, text in ((45, "model_mismatch: flash a head of model 12345678"), (23, ""), (1, "ä")):
        encoded = text.encode()
        packed = struct.pack("<HH", code, len(encoded)) + encoded
        yield f"{code:x} {hexed(encoded)} {packed.hex()}"
    for packed in (b"", b"\x01\0\0", b"\x01\0\x02\0x", b"\x01\0\x01\0xy"):
        yield f"bad {hexed(packed)} length"
    yield "bad 01000100ff utf8"


def topk_lines() -> Iterable[str]:
    formats = {INT8: "b", UINT8: "B", FLOAT32: "f", INT16: "h", UINT16: "H", INT32: "i"}
    formats |= {UINT32: "I", INT64: "q", UINT64: "Q", BOOL: "?"}
    for dtype, values in (
        (INT8, [-128, -128, 127, 0, 127, -128]),
        (INT8, [5] * 7),
        (INT8, [-1, 0, 1]),
        (UINT8, [0, 255, 128, 127, 1, 2]),
        (UINT8, [9]),
        (FLOAT32, [0.25, -1.5, 0.75, -0.5, 0.75, 1e-30, -1e30]),
        (INT16, [-32768, 32767, 255, -1, 256, 256]),
        (UINT16, [32768, 65535, 255, 0]),
        (INT32, [-(2**31), 2**31 - 1, 65536, -1, 0]),
        (UINT32, [2**31 - 1, 2**32 - 1, 2**31, 7]),
        (INT64, [-(2**63), -(2**31), 2**40, 2**31 - 1, -5, 2**32]),
        (UINT64, [2**63, 3, 2**32, 2**31 - 1]),
        (BOOL, [False, True, True, False]),
    ):
        packed = struct.pack(f"<{len(values)}{formats[dtype]}", *values)
        if dtype != FLOAT32:
            values = [min(max(value, -(2**31)), 2**31 - 1) for value in values]
        order = sorted(range(len(values)), key=lambda i: (-values[i], i))[:5]
        top = " ".join(
            f"{i:x}:{float_bits(values[i]) if dtype == FLOAT32 else int(values[i]) & 0xFFFFFFFF:x}"
            for i in order
        )
        yield f"{dtype:x} {packed.hex()} {top}"
    values = [0] * 300
    values[299] = 9
    values[256] = 9
    yield f"2 {bytes(values).hex()} 100:9 12b:9 0:0 1:0 2:0"
