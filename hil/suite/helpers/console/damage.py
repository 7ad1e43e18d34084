# SPDX-License-Identifier: MIT
"""What may be wrong with a model slot's content, or an application (docs/protocol.md, 4)."""

import hashlib
import zlib
from collections.abc import Callable

from hil.protocol.slot import HEADER_SIZE

Change = Callable[[bytearray], None]


def put(at: int, value: bytes) -> Change:
    """Return what writes a value into a slot's content."""

    def change(content: bytearray) -> None:
        content[at : at + len(value)] = value

    return change


def flip(at: int) -> Change:
    """Return what lets the lowest bit of a byte fall over."""

    def change(content: bytearray) -> None:
        content[at] ^= 1

    return change


def damaged(content: bytes, change: Change, *, seal: bool = True) -> bytes:
    """Return a slot's content with a change, the header's CRC being right if it is to be sealed."""
    copy = bytearray(content)
    change(copy)
    if seal:
        copy[HEADER_SIZE - 4 : HEADER_SIZE] = zlib.crc32(copy[: HEADER_SIZE - 4]).to_bytes(
            4, "little"
        )
    return bytes(copy)


def u32(value: int) -> bytes:
    return value.to_bytes(4, "little")


INPUT, OUTPUT = 80, 120
"""Where the header describes the tensors."""

RANK, DIMS, SIZE = 1, 4, 36
"""Where, in a description."""


def of_another_size(content: bytearray) -> None:
    """Have the input smaller than the model's."""
    put(INPUT + DIMS, u32(1) + u32(24) + u32(48) + u32(3))(content)
    put(INPUT + SIZE, u32(24 * 48 * 3))(content)


def output_of_another_size(content: bytearray) -> None:
    put(OUTPUT + DIMS, u32(1) + u32(12) + u32(12) + u32(47))(content)
    put(OUTPUT + SIZE, u32(12 * 12 * 47))(content)


def no_flatbuffer(content: bytearray) -> None:
    put(HEADER_SIZE, bytes(8))(content)
    put(16, hashlib.sha256(content[HEADER_SIZE:]).digest())(content)


def a_tail_of_two_classes(content: bytearray) -> None:
    put(6, b"\2")(content)
    put(160, u32(2))(content)


DAMAGES: dict[str, tuple[Change, str]] = {
    "role 0": (put(6, b"\0"), "slot_role"),
    "role 4": (put(6, b"\4"), "slot_role"),
    "an input of no type": (put(INPUT, b"\0"), "tensor_size"),
    "an input of type 4": (put(INPUT, b"\4"), "tensor_size"),
    "an input of rank 7": (put(INPUT + RANK, b"\7"), "tensor_size"),
    "an input with a dimension too many": (put(INPUT + DIMS + 16, u32(1)), "tensor_size"),
    "an input of other dimensions than size": (put(INPUT + DIMS + 4, u32(49)), "tensor_size"),
    "an input smaller than the model's": (of_another_size, "tensor_size"),
    "an output of other dimensions than size": (put(OUTPUT + DIMS + 12, u32(49)), "tensor_size"),
    "an output smaller than the model's": (output_of_another_size, "tensor_size"),
    "65,536 classes": (put(160, u32(65_536)), "tensor_size"),
    "a tail with other classes than its output": (a_tail_of_two_classes, "tensor_size"),
    "a name without end": (put(164, b"x" * 64), "slot_magic"),
    "a cut without end": (put(228, b"x" * 128), "slot_magic"),
    "a flipped bit in the SHA-256's first byte": (flip(16), "slot_sha256"),
    "a flipped bit in the SHA-256's last byte": (flip(47), "slot_sha256"),
    "a flipped bit in the model's first byte": (flip(HEADER_SIZE), "slot_sha256"),
    "a flipped bit in the middle of the model": (flip(HEADER_SIZE + 9_001), "slot_sha256"),
    "a flipped bit in the model's last byte": (flip(-1), "slot_sha256"),
    "no flatbuffer": (no_flatbuffer, "model_invalid"),
}
"""What may be wrong with a slot whose header's CRC is right, and what the board calls it."""


Update = tuple[str, bytes, bytes, str]
"""An update to be refused: its kind, what is announced, what comes, and the code."""

FIELDS = {
    "magic": 0,
    "format": 4,
    "role": 6,
    "length": 8,
    "model id": 12,
    "SHA-256": 47,
    "full model's SHA-256": 48,
    "input": INPUT,
    "output": OUTPUT + SIZE + 3,
    "number of classes": 160,
    "name": 164,
    "cut": 228,
    "reserved part": HEADER_SIZE - 5,
    "CRC": HEADER_SIZE - 1,
}
"""A byte of each of the header's fields."""


def wrong_models(slot: bytes) -> dict[str, Update]:
    """Return updates with a model that a board has to refuse."""
    length = len(slot) - HEADER_SIZE
    contents = {
        f"a flipped bit in the header's {name}": damaged(slot, flip(at), seal=False)
        for name, at in FIELDS.items()
    } | {
        "another magic": damaged(slot, flip(0)),
        "another format": damaged(slot, put(4, b"\2\0")),
        "a length that is one more": damaged(slot, put(8, u32(length + 1))),
        "a length that is one less": damaged(slot, put(8, u32(length - 1))),
    }
    updates: dict[str, Update] = {
        name: ("model", content, content, "update_invalid") for name, content in contents.items()
    }
    for name, at in {"first byte": HEADER_SIZE, "middle": len(slot) // 2, "last byte": -1}.items():
        came = damaged(slot, flip(at))
        updates[f"a bit of the model's {name} that fell over on the way"] = (
            *("model", slot, came),
            "update_sha256",
        )
    return updates


def wrong_applications(app: bytes) -> dict[str, Update]:
    """Return updates with an application that a board has to refuse, the quickest first."""
    contents = {
        f"a flipped bit in the application's {name}": damaged(app, flip(at), seal=False)
        for name, at in {"first byte": 0, "middle": len(app) // 2, "last byte": -1}.items()
    }
    updates: dict[str, Update] = {
        name: ("app", content, content, "update_invalid") for name, content in contents.items()
    }
    came = damaged(app, flip(len(app) // 2), seal=False)
    updates["a bit of the application that fell over on the way"] = (
        *("app", app, came),
        "update_sha256",
    )
    return updates
