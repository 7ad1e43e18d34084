# SPDX-License-Identifier: MIT
"""Headers, fragments and streams."""

import struct
import zlib
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
    INT8,
    RAMP,
    RESULT,
    WANT_OUTPUT,
    body,
    header,
    hexed,
)
from payloads import hello


def header_lines() -> Iterable[str]:
    for kind, flags, session, message, index, count in (
        (HELLO, 0, 1, 1, 0, 1),
        (HELLO, ANSWER, 0xDEADBEEF, 1, 0, 1),
        (DATA, 0, 0x01020304, 0x05060708, 0x090A, 0x0B0C),
        (DATA, WANT_OUTPUT, 0xFFFFFFFF, 0xFFFFFFFF, 0xFFFE, 0xFFFF),
        (RESULT, ANSWER, 0, 4, 0, 1),
        (ERROR, ANSWER, 7, 0, 0, 1),
        (ECHO, AUTHENTICATED, 7, 9, 0, 3),
        (ECHO_REPLY, ANSWER | AUTHENTICATED | WANT_OUTPUT, 7, 9, 2, 3),
        (ACK, 0, 0x80000000, 0x7FFFFFFF, 0, 1),
        (ACK, ACK_REQUESTED, 7, 9, 0, 1),
        (ECHO, AUTHENTICATED | ANSWER | WANT_OUTPUT | ACK_REQUESTED, 7, 9, 2, 3),
    ):
        packed = header(kind, flags, session, message, index, count).hex()
        yield f"1 {kind:x} {flags:x} {session:x} {message:x} {index:x} {count:x} {packed}"
    good = header(DATA, 0, 7, 9)
    for bad, reason in (
        (b"", "length"),
        (good[:-1], "length"),
        (good + b"\0", "length"),
        (header(DATA, 0, 7, 9, magic=0x534E), "magic"),
        (header(DATA, 0, 7, 9, version=0), "version"),
        (header(DATA, 0, 7, 9, version=2), "version"),
        (header(0, 0, 7, 9), "type"),
        (header(8, 0, 7, 9), "type"),
        (header(15, 0, 7, 9), "type"),
        (header(DATA, 0x10, 7, 9), "flags"),
        (header(DATA, 0x80, 7, 9), "flags"),
        (header(DATA, 0, 7, 9, 0, 0), "count"),
        (header(DATA, 0, 7, 9, 1, 1), "index"),
        (header(DATA, 0, 7, 9, 0xFFFF, 0xFFFF), "index"),
    ):
        yield f"bad {hexed(bad)} {reason}"


def message_lines() -> Iterable[str]:
    for kind, flags, session, message, model_id, length, payload in (
        (ECHO, 0, 7, 1, 0, 0x100, b""),
        (ECHO, 0, 7, 2, 0, 12, b""),
        (ECHO, 0, 7, 3, 0, 6, b""),
        (ECHO, 0, 7, 4, 0, 5, b""),
        (DATA, WANT_OUTPUT, 0xDEADBEEF, 5, 0x12345678, 234, RAMP[:222]),
        (DATA, 0, 0xDEADBEEF, 6, 0x12345678, 234, RAMP[:223]),
        (DATA, 0, 0xDEADBEEF, 7, 0x12345678, 234, RAMP[:456]),
        (DATA, 0, 0xDEADBEEF, 8, 0x12345678, 234, RAMP[:457]),
        (DATA, 0, 0xDEADBEEF, 9, 0x12345678, 100, RAMP),
        (DATA, 0, 0xDEADBEEF, 10, 0x12345678, 1012, RAMP),
        (DATA, 0, 0xDEADBEEF, 11, 0x12345678, 1011, RAMP),
        (ERROR, ANSWER, 0xCAFEF00D, 12, 0x12345678, 1, b"\x00\xff"),
    ):
        whole = body(model_id, payload)
        pieces = [whole[i : i + length] for i in range(0, len(whole), length)]
        frames = " ".join(
            (header(kind, flags, session, message, i, len(pieces)) + piece).hex()
            for i, piece in enumerate(pieces)
        )
        yield (
            f"{kind:x} {flags:x} {session:x} {message:x} {model_id:x} {length:x} "
            f"{hexed(payload)} {frames}"
        )


def on_stream(frame: bytes) -> bytes:
    return struct.pack("<I", len(frame)) + frame


def tcp_lines() -> Iterable[str]:
    for kind, flags, session, message, model_id, payload in (
        (HELLO, 0, 0xDEADBEEF, 1, 0x12345678, hello(1, INT8, 0, 4704, 19)),
        (ECHO, 0, 0xDEADBEEF, 2, 0, b""),
        (ECHO_REPLY, ANSWER, 0xCAFEF00D, 2, 0, RAMP[:33]),
        (DATA, WANT_OUTPUT, 0xDEADBEEF, 3, 0x12345678, RAMP),
    ):
        stream = on_stream(header(kind, flags, session, message) + body(model_id, payload))
        yield (
            f"{kind:x} {flags:x} {session:x} {message:x} {model_id:x} "
            f"{hexed(payload)} {stream.hex()}"
        )
    good = header(ECHO, 0, 7, 9) + body(0, b"abcd")
    short_length = struct.pack("<II", 3, 0) + b"abcd"
    short_length += struct.pack("<I", zlib.crc32(short_length))
    long_length = struct.pack("<II", 0xFFFFFFFF, 0) + b"abcd"
    long_length += struct.pack("<I", zlib.crc32(long_length))
    for stream, reason in (
        (struct.pack("<I", 27) + good[:27], "prefix"),
        (struct.pack("<I", 0), "prefix"),
        (struct.pack("<I", 0x1001), "prefix"),
        (struct.pack("<I", 0xFFFFFFFF), "prefix"),
        (on_stream(good[:-1] + bytes([good[-1] ^ 1])), "crc"),
        (on_stream(good[:24] + b"b" + good[25:]), "crc"),
        (on_stream(header(ECHO, 0, 7, 9) + short_length), "length"),
        (on_stream(header(ECHO, 0, 7, 9) + long_length), "length"),
        (on_stream(header(ECHO, 0, 7, 9, 0, 2) + body(0, b"abcd")), "count"),
    ):
        yield f"bad {stream.hex()} {reason}"
