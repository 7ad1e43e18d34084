# SPDX-License-Identifier: MIT
"""Headers of model slots."""

import hashlib
import struct
import zlib
from collections.abc import Iterable

from common import BOOL, FLOAT32, INT8, INT64, RAMP, UINT8, float_bits, hexed

Tensor = tuple[int, tuple[int, ...], float, int, int]


def tensor(dtype: int, shape: tuple[int, ...], scale: float, zero: int, size: int) -> bytes:
    dimensions = shape + (0,) * (6 - len(shape))
    return struct.pack("<BBH6IfiI", dtype, len(shape), 0, *dimensions, scale, zero, size)


def slot(
    role: int,
    flatbuffer: bytes,
    model_id: int,
    full: bytes,
    tensors: tuple[Tensor, Tensor],
    classes: int,
    names: tuple[bytes, bytes],
    **damage: object,
) -> bytes:
    digest = hashlib.sha256(flatbuffer).digest()
    packed = struct.pack(
        "<IHBBII32s32s",
        damage.get("magic", 0x4D4C4948),
        damage.get("version", 1),
        role,
        0,
        len(flatbuffer),
        model_id,
        digest if damage.get("digest") is None else damage["digest"],
        full,
    )
    packed += tensor(*tensors[0]) + tensor(*tensors[1])
    packed += struct.pack("<I64s128s3736x", classes, *names)
    crc = zlib.crc32(packed) ^ int(bool(damage.get("crc")))
    packed += struct.pack("<I", crc)
    assert len(packed) == 4096
    return packed


def short(packed: bytes) -> str:
    return f"{packed[:356].hex()} 00*3736 {packed[4092:].hex()}"


def slot_lines() -> Iterable[str]:
    image: Tensor = (UINT8, (1, 160, 160, 3), 0.0078125, 128, 76800)
    crossing: Tensor = (INT8, (1, 10, 10, 32), 0.1, -128, 3200)
    scores: Tensor = (UINT8, (1, 19), 0.00390625, 0, 19)
    six: Tensor = (FLOAT32, (1, 2, 3, 4, 5, 6), 0.0, 0, 2880)
    wide: Tensor = (INT64, (7, 3), 0.0, 0, 168)
    flags: Tensor = (BOOL, (19,), 0.0, 0, 19)
    full = hashlib.sha256(b"full model").digest()
    long_name = b"n" * 63
    long_cut = "ü".encode() * 63 + b"x"

    def text(item: Tensor) -> str:
        dtype, shape, scale, zero, size = item
        dims = "x".join(f"{d:x}" for d in shape)
        return f"{dtype:x}:{dims}:{float_bits(scale):08x}:{zero}:{size:x}"

    cases = (
        (1, RAMP[:100], 0x12345678, (image, crossing), 19, (b"dogs19", b"block_6_project")),
        (2, RAMP[:999], 0x12345678, (crossing, scores), 19, (b"dogs19", b"block_6_project")),
        (3, RAMP[:16], 0xFFFFFFFF, (image, scores), 19, (b"dogs19", b"")),
        (1, RAMP[:1], 0, (six, six), 0xFFFF, (long_name, long_cut)),
        (2, RAMP[:7], 1, (wide, flags), 19, (b"states", b"gather")),
    )
    for role, flatbuffer, model_id, tensors, classes, names in cases:
        packed = slot(role, flatbuffer, model_id, full, tensors, classes, names)
        yield (
            f"{role:x} {model_id:08x} {flatbuffer.hex()} {full.hex()} {text(tensors[0])} "
            f"{text(tensors[1])} {classes:x} {hexed(names[0])} {hexed(names[1])} {short(packed)}"
        )
    role, flatbuffer, model_id, tensors, classes, names = cases[0]

    def bad(code: str, packed: bytes) -> str:
        return f"bad {code} {flatbuffer.hex()} {short(packed)}"

    good = (flatbuffer, model_id, full, tensors, classes, names)
    yield bad("slot_magic", slot(role, *good, magic=0x4D4C4949))
    yield bad("slot_version", slot(role, *good, version=2))
    yield bad("slot_version", slot(role, *good, version=0))
    yield bad("slot_header_crc", slot(role, *good, crc=True))
    yield bad("slot_sha256", slot(role, *good, digest=hashlib.sha256(b"other").digest()))
    yield bad("slot_role", slot(0, *good))
    yield bad("slot_role", slot(4, *good))
    packed = slot(role, b"", *good[1:])
    yield bad("slot_length", packed)
    sound = (INT8, (1, 1, 1, 1, 1, 1), 1.0, 0, 1)
    for broken in (
        (0, (1,), 1.0, 0, 1),
        (BOOL + 1, (1,), 1.0, 0, 1),
        (INT64, (3,), 0.0, 0, 3),
        (INT8, (), 1.0, 0, 1),
        (INT8, (0,), 1.0, 0, 0),
        (INT8, (2, 3), 1.0, 0, 7),
        (FLOAT32, (0x40000001,), 1.0, 0, 4),
    ):
        packed = slot(role, flatbuffer, model_id, full, (broken, sound), classes, names)
        yield bad("tensor_size", packed)
    damaged = bytearray(slot(role, *good)[:-4])
    damaged[81] = 7  # the rank of the input
    yield bad("tensor_size", bytes(damaged) + struct.pack("<I", zlib.crc32(damaged)))
