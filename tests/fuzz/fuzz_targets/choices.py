# SPDX-License-Identifier: MIT
"""Decisions taken by a fuzzer's bytes, one after the other; behind the last come zeros."""

from hil.protocol import HEADER_SIZE, Flags, FrameHeader, Message, MessageType
from hil.protocol.codes import DataType, Role
from hil.protocol.message import fragment
from hil.protocol.payloads import Hello, Result


class Choices:
    """Reads the bytes.

    Attributes:
        left: whether there are any more.
    """

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    @property
    def left(self) -> bool:
        return self._at < len(self._data)

    def rest(self) -> bytes:
        """Return all that is left."""
        rest, self._at = self._data[self._at :], len(self._data)
        return rest

    def bytes(self, count: int) -> bytes:
        """Return so many bytes, or what is left."""
        taken = self._data[self._at : self._at + count]
        self._at += count
        return taken

    def number(self, size: int = 1) -> int:
        """Return the number in so many bytes."""
        return int.from_bytes(self.bytes(size), "little")

    def below(self, bound: int) -> int:
        """Return a number below a bound of at most 256."""
        return self.number() % bound

    def piece(self, most: int) -> bytes:
        """Return as many bytes as the next two say, ``most`` at most."""
        return self.bytes(self.number(2) % (most + 1))

    def broken(self, data: bytes) -> bytes:
        """Return bytes as they are, or with one changed, or cut short."""
        how = self.below(8)
        if how == 1 and data:
            at = self.number(2) % len(data)
            return data[:at] + bytes([data[at] ^ self.number()]) + data[at + 1 :]
        return data[: self.number(2) % (len(data) + 1)] if how == 2 else data


def payload_of(choices: Choices, kind: MessageType, answer: bool) -> bytes:
    """Return a payload that fits a type, or any bytes."""
    if choices.below(4) == 3:
        return choices.piece(2000)
    if kind is MessageType.HELLO:
        limit = 100 + choices.number()
        return Hello(Role.TAIL if answer else Role.HEAD, DataType.INT8, limit, 1600, 19).pack()
    if kind is MessageType.ACK:
        return bytes([choices.number(), 0, 0, 0]) + choices.bytes(8).ljust(8, b"\0")
    if kind is MessageType.RESULT:
        return Result(DataType.UINT8, 19, (), 0, 0, 0, 19, 0).pack()
    if kind is MessageType.ERROR:
        return bytes([choices.number(), 0, 3, 0]) + b"why"
    return choices.bytes(1) * (1600 if choices.below(2) else choices.number(2) % 2000)


def frames_of(choices: Choices, session: int, length: int) -> list[bytes]:
    """Return a message's fragments, or some of them, in order or not, any of them damaged."""
    kind = MessageType(1 + choices.below(7))
    flags = Flags(choices.below(16))
    if choices.below(8) == 7:
        session ^= choices.number()
    payload = payload_of(choices, kind, Flags.ANSWER in flags)
    model = 0x12345678 if choices.below(4) else choices.number(4)
    header = (session, choices.number(), model, payload)
    ask = flags & Flags.ACK_REQUESTED
    message = Message(kind, flags & ~Flags.ACK_REQUESTED, *header)
    single = kind in (MessageType.HELLO, MessageType.ACK)
    frames = fragment(message, 2048 if single else max(1, length + choices.below(3) - 1))
    if ask:
        frames = [each[:3] + bytes([each[3] | Flags.ACK_REQUESTED]) + each[4:] for each in frames]
    if choices.below(2) and len(frames) > 1:
        frames = [frames[choices.number() % len(frames)] for _ in range(choices.below(6))]
    return [choices.broken(each) for each in frames] if choices.below(2) else frames


def headers(frames: list[bytes]) -> list[FrameHeader]:
    """Return the headers of what a side sends; all of them are sound."""
    return [FrameHeader.parse(each[:HEADER_SIZE]) for each in frames]
