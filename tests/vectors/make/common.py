# SPDX-License-Identifier: MIT
"""What several of the files are made of."""

import struct
import zlib

HELLO, DATA, RESULT, ERROR, ECHO, ECHO_REPLY, ACK = range(1, 8)
AUTHENTICATED, ANSWER, WANT_OUTPUT, ACK_REQUESTED = 1, 2, 4, 8
INT8, UINT8, FLOAT32, INT16, UINT16, INT32, UINT32, INT64, UINT64, BOOL = range(1, 11)
RAMP = bytes((7 * i + 3) & 0xFF for i in range(1000))


def crc16(data: bytes) -> int:
    """CRC-16/CCITT-FALSE, bit by bit as the polynomial division that it is."""
    crc = 0xFFFF
    for byte in data:
        crc ^= byte << 8
        for _ in range(8):
            crc = (crc << 1 ^ 0x1021 if crc & 0x8000 else crc << 1) & 0xFFFF
    return crc


def cobs(plain: bytes) -> bytes:
    """COBS with the plain double loop of its definition."""
    encoded = bytearray()
    pieces = plain.split(b"\0")
    for number, piece in enumerate(pieces):
        rest = piece
        while len(rest) >= 254:
            encoded += b"\xff" + rest[:254]
            rest = rest[254:]
        if rest or number < len(pieces) - 1 or not piece:
            encoded += bytes([len(rest) + 1]) + rest
    return bytes(encoded)


def hexed(data: bytes) -> str:
    return data.hex() or "-"


def float_bits(value: float) -> int:
    return int(struct.unpack("<I", struct.pack("<f", value))[0])


def header(
    kind: int,
    flags: int,
    session: int,
    message: int,
    index: int = 0,
    count: int = 1,
    version: int = 1,
    magic: int = 0x4E53,
) -> bytes:
    return struct.pack(
        "<HBBIIHH", magic, version << 4 | kind, flags, session, message, index, count
    )


def body(model_id: int, payload: bytes) -> bytes:
    data = struct.pack("<II", len(payload), model_id) + payload
    return data + struct.pack("<I", zlib.crc32(data))
