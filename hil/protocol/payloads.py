# SPDX-License-Identifier: MIT
"""Payloads of HELLO, RESULT and ERROR (docs/protocol.md, section 1.4)."""

import struct
import zlib
from dataclasses import dataclass
from typing import NamedTuple

from hil.protocol.codes import DataType, ErrorCode, ProtocolError, Role

TOP = 5
"""Entries that RESULT has room for."""

_HELLO = struct.Struct("<BBHIII")
_RESULT = struct.Struct("<BBH" + TOP * "H2xi" + "III8xII")
_ERROR = struct.Struct("<HH")
_LABELS = {member.value: member.label for member in ErrorCode}


def _data_type(number: int) -> DataType:
    try:
        return DataType(number)
    except ValueError:
        raise ProtocolError("dtype", f"The data type {number} is unknown.") from None


@dataclass(frozen=True, slots=True)
class Hello:
    """What a side runs; each compares the other's with its own.

    Attributes:
        role: the part of the model the sender runs.
        dtype: element type of the tensor that crosses.
        frame_limit: largest frame in bytes the sender accepts on a datagram link, 0 on a stream.
        tensor_size: bytes of the tensor that crosses.
        classes: number of classes of the full model.
    """

    role: Role
    dtype: DataType
    frame_limit: int
    tensor_size: int
    classes: int

    def pack(self) -> bytes:
        """Return the 16 bytes of the payload."""
        return _HELLO.pack(
            self.role, self.dtype, self.frame_limit, self.tensor_size, self.classes, 0
        )

    @classmethod
    def parse(cls, payload: bytes) -> "Hello":
        """Read a payload.

        Raises:
            ProtocolError: with reason length, role or dtype.
        """
        if len(payload) != _HELLO.size:
            raise ProtocolError("length", f"HELLO has 16 bytes, not {len(payload)}.")
        role, dtype, frame_limit, tensor_size, classes, _ = _HELLO.unpack(payload)
        try:
            known = Role(role)
        except ValueError:
            raise ProtocolError("role", f"The role {role} is unknown.") from None
        return cls(known, _data_type(dtype), frame_limit, tensor_size, classes)


class Score(NamedTuple):
    """One of the best classes.

    Attributes:
        class_id: index into the output vector.
        score: the raw element as i32; for float32 its bit pattern.
    """

    class_id: int
    score: int


class Result(NamedTuple):
    """What the tail made of an activation.

    Attributes:
        dtype: element type of the scores.
        classes: number of classes.
        top: the best classes, at most five, best first, ties to the lower class id.
        activation_crc: CRC-32 of the activation as received.
        total_us: time the answering side spent on the message, in us.
        invoke_us: time of that in the tail, in us.
        output_length: bytes of the output vector.
        output_crc: its CRC-32.
        output: the vector itself if ``WANT_OUTPUT`` asked for it, else empty.
    """

    dtype: DataType
    classes: int
    top: tuple[Score, ...]
    activation_crc: int
    total_us: int
    invoke_us: int
    output_length: int
    output_crc: int
    output: bytes = b""

    def pack(self) -> bytes:
        """Return the payload."""
        entries = [number for entry in self.top for number in entry]
        return (
            _RESULT.pack(
                len(self.top),
                self.dtype,
                self.classes,
                *entries,
                *(0,) * (2 * TOP - len(entries)),
                self.activation_crc,
                self.total_us,
                self.invoke_us,
                self.output_length,
                self.output_crc,
            )
            + self.output
        )

    @classmethod
    def parse(cls, payload: bytes) -> "Result":
        """Read a payload.

        Raises:
            ProtocolError: with reason length, k, dtype, or crc if the output vector is damaged.
        """
        if len(payload) < _RESULT.size:
            raise ProtocolError(
                "length", f"RESULT has at least {_RESULT.size} bytes, not {len(payload)}."
            )
        k, dtype, classes, *numbers = _RESULT.unpack_from(payload)
        activation_crc, total_us, invoke_us, length, crc = numbers[2 * TOP :]
        if k > TOP:
            raise ProtocolError("k", f"RESULT says that it has {k} entries; it has room for 5.")
        output = payload[_RESULT.size :]
        if output and len(output) != length:
            raise ProtocolError(
                "length", f"RESULT announces an output of {length} bytes and has {len(output)}."
            )
        if output and zlib.crc32(output) != crc:
            raise ProtocolError("crc", "The CRC-32 of the output vector in RESULT is wrong.")
        top = tuple(Score(*numbers[2 * i : 2 * i + 2]) for i in range(k))
        return cls(
            _data_type(dtype),
            classes,
            top,
            activation_crc,
            total_us,
            invoke_us,
            length,
            crc,
            output,
        )


@dataclass(frozen=True, slots=True)
class ErrorPayload:
    """Why there is no other answer.

    Attributes:
        code: number of the error, usually an :class:`ErrorCode`.
        text: one sentence, at most 65,535 bytes of UTF-8.
    """

    code: int
    text: str

    @property
    def label(self) -> str:
        """Name of the code as the console prints it; ``unknown`` if it has none."""
        return _LABELS.get(self.code, "unknown")

    def pack(self) -> bytes:
        """Return the payload."""
        text = self.text.encode()
        return _ERROR.pack(self.code, len(text)) + text

    def cut(self, size: int) -> "ErrorPayload":
        """Return it with the sentence cut so that the payload has at most ``size`` bytes."""
        text = self.text.encode()[: size - _ERROR.size].decode(errors="ignore")
        return ErrorPayload(self.code, text)

    @classmethod
    def parse(cls, payload: bytes) -> "ErrorPayload":
        """Read a payload.

        Raises:
            ProtocolError: with reason length or utf8.
        """
        if len(payload) < _ERROR.size:
            raise ProtocolError("length", f"ERROR has at least 4 bytes, not {len(payload)}.")
        code, length = _ERROR.unpack_from(payload)
        text = payload[_ERROR.size :]
        if len(text) != length:
            raise ProtocolError(
                "length", f"ERROR announces a text of {length} bytes and has {len(text)}."
            )
        try:
            return cls(code, text.decode())
        except UnicodeDecodeError:
            raise ProtocolError("utf8", "The text of an ERROR is not UTF-8.") from None
