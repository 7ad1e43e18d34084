# SPDX-License-Identifier: MIT
"""Keys, tags and checks of authenticated frames (section 1.8)."""

import hmac
import struct
from collections.abc import Iterable

from common import (
    ACK,
    ACK_REQUESTED,
    ANSWER,
    AUTHENTICATED,
    DATA,
    ECHO,
    ECHO_REPLY,
    ERROR,
    HELLO,
    RAMP,
    RESULT,
    WANT_OUTPUT,
    body,
    header,
    hexed,
)

KEYS = (bytes(range(16)), bytes(15) + b"\1", bytes.fromhex("fe" * 16))
SESSIONS = (1, 0xDEADBEEF, 0xFFFFFFFF)


def mac(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")[:16]


def _keys(key: bytes, session: int) -> tuple[bytes, ...]:
    asking, answering = RAMP[session % 7 :][:16], RAMP[100 + session % 5 :][:16]
    number = struct.pack("<I", session)
    return (
        asking,
        answering,
        mac(key, b"\1" + number + asking),
        mac(key, b"\2" + number + asking + answering),
    )


def auth_lines() -> Iterable[str]:
    for key in KEYS:
        yield f"id {key.hex()} {mac(key, bytes(1))[:4].hex()}"
        for session in SESSIONS:
            fields = (each.hex() for each in _keys(key, session))
            yield f"keys {key.hex()} {session:x} {' '.join(fields)}"
    key = _keys(KEYS[0], SESSIONS[1])[3]
    for kind, flags, session, message, model, payload, length in (
        (HELLO, 0, 7, 1, 0x01020304, RAMP[:32], 112),
        (HELLO, ANSWER, 7, 1, 0x01020304, RAMP[:32], 112),
        (ACK, 0, 0xDEADBEEF, 9, 0, RAMP[:12], 112),
        (ACK, ACK_REQUESTED, 0xDEADBEEF, 9, 0, RAMP[:12], 112),
        (ECHO, 0, 0xDEADBEEF, 2, 0, b"", 44),
        (ECHO, 0, 0xDEADBEEF, 2, 0, b"", 28),
        (ECHO_REPLY, ANSWER, 0xFFFFFFFF, 0xFFFFFFFF, 0, RAMP[:1], 28),
        (ERROR, ANSWER, 0, 0, 0xFFFFFFFF, RAMP[:20], 112),
        (RESULT, ANSWER, 7, 3, 0x8899AABB, RAMP[:72], 50),
        (DATA, WANT_OUTPUT, 7, 3, 0x8899AABB, RAMP[:300], 112),
        (DATA, 0, 7, 4, 0x8899AABB, RAMP, 1456),
    ):
        yield _frames(key, (kind, flags, session, message), model, payload, length)


def _frames(
    key: bytes, routing: tuple[int, int, int, int], model: int, payload: bytes, length: int
) -> str:
    """One message with its fragments, each with ACK_REQUESTED where the message has it."""
    kind, flags, session, message = routing
    flags |= AUTHENTICATED
    plain = body(model, payload)
    tagged = header(kind, flags & ~ACK_REQUESTED, session, message)
    whole = plain + mac(key, tagged[2:12] + plain)
    count = -(-len(whole) // length)
    frames = []
    for index in range(count):
        piece = whole[index * length : (index + 1) * length]
        shown = session
        if kind != HELLO:
            checked = header(kind, flags, session, message, index, count) + piece
            shown = struct.unpack("<I", mac(key, checked)[:4])[0]
        frames.append((header(kind, flags, shown, message, index, count) + piece).hex())
    fields = f"{kind:x} {flags:x} {session:x} {message:x} {model:x} {length:x}"
    return f"frames {key.hex()} {fields} {hexed(payload)} {' '.join(frames)}"
