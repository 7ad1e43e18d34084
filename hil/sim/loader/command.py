# SPDX-License-Identifier: MIT
"""Requests and responses of the ESP32 serial protocol, and the errors it knows.

Source: esptool documentation, "Serial Protocol"; status codes also esptool 5.6 ``util.py`` and
espressif/esp-flasher-stub ``commands.h``.
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

_HEADER = struct.Struct("<BBHI")
_REQUEST, _RESPONSE = 0, 1
_CHECKSUM_SEED = 0xEF


class Fault(Enum):
    """Why a command was refused: the ROM's error code and the flasher stub's."""

    LENGTH = (0x05, 0xC0)
    CHECKSUM = (0x07, 0xC1)
    UNKNOWN_COMMAND = (0x05, 0xC3)
    FLASH = (0x08, 0xC4)
    NOT_BEGUN = (0x06, 0xC6)
    INFLATE = (0x0B, 0xC7)
    TOO_MUCH_DATA = (0x06, 0xC9)
    NOT_IMPLEMENTED = (0x05, 0xFF)

    def __init__(self, rom: int, stub: int) -> None:
        self.rom = rom
        self.stub = stub


class RefusedError(Exception):
    """A command handler's way to answer with an error status."""

    def __init__(self, fault: Fault) -> None:
        """Keep the fault that the status bytes will carry."""
        super().__init__(fault.name)
        self.fault = fault


@dataclass(frozen=True)
class Request:
    """A command as it came in.

    Attributes:
        op: the command's code.
        length: length of the payload as the header says.
        checksum: checksum of the data block, where the command carries one.
        data: the payload.
    """

    op: int
    length: int
    checksum: int
    data: bytes

    @classmethod
    def parse(cls, packet: bytes) -> "Request | None":
        """Return the request in ``packet``, or ``None`` when it is something else."""
        if len(packet) < _HEADER.size:
            return None
        direction, op, length, check = _HEADER.unpack_from(packet)
        return cls(op, length, check, packet[_HEADER.size :]) if direction == _REQUEST else None


@dataclass(frozen=True)
class Answer:
    """A handler's result.

    Attributes:
        value: the response's value field.
        body: data in front of the status bytes.
        repeat: how many times the response is sent.
        then: what to do once the response is on its way.
    """

    value: int = 0
    body: bytes = b""
    repeat: int = 1
    then: Callable[[], None] | None = None


def response(op: int, answer: Answer, status: bytes) -> bytes:
    """Return the response packet to command ``op`` (not yet SLIP-encoded)."""
    body = answer.body + status
    return _HEADER.pack(_RESPONSE, op, len(body), answer.value) + body


def checksum(data: bytes) -> int:
    """Return the XOR of all bytes with 0xEF.

    Folds one long integer in halves: XOR byte by byte takes a millisecond per 16 KiB block, which
    would make the board slower than the host.
    """
    value = int.from_bytes(data, "little")
    width = 1 << (len(data) - 1).bit_length() if data else 1
    while width > 1:
        width //= 2
        value = value >> (8 * width) ^ value & ((1 << (8 * width)) - 1)
    return value ^ _CHECKSUM_SEED


def words(data: bytes, count: int) -> tuple[int, ...]:
    """Return the first ``count`` little-endian 32-bit words of ``data``."""
    return struct.unpack_from(f"<{count}I", data)
