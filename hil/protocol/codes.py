# SPDX-License-Identifier: MIT
"""The numbers that have names in docs/protocol.md."""

from enum import IntEnum, IntFlag

from hil.errors import HilError


class ProtocolError(HilError):
    """Bytes or text from the other side that break docs/protocol.md.

    Attributes:
        reason: the field at fault or the error code, in one word, for counters and tests.
    """

    def __init__(self, reason: str, message: str) -> None:
        """Keep the word beside the sentence."""
        super().__init__(message)
        self.reason = reason


class DamagedError(ProtocolError):
    """All of a message is here, and its length or CRC is wrong."""


class MessageType(IntEnum):
    """What a frame is (section 1.1)."""

    HELLO = 1
    DATA = 2
    RESULT = 3
    ERROR = 4
    ECHO = 5
    ECHO_REPLY = 6
    ACK = 7


class Flags(IntFlag):
    """How a frame is meant (section 1.1)."""

    NONE = 0
    AUTHENTICATED = 0x01
    ANSWER = 0x02
    WANT_OUTPUT = 0x04
    ACK_REQUESTED = 0x08
    """Of one frame; the other flags are the whole message's."""


class Role(IntEnum):
    """The part of the model that a side runs."""

    HEAD = 1
    TAIL = 2
    FULL = 3


class DataType(IntEnum):
    """Element type of a tensor; the names are numpy's in capitals."""

    INT8 = 1
    UINT8 = 2
    FLOAT32 = 3
    INT16 = 4
    UINT16 = 5
    INT32 = 6
    UINT32 = 7
    INT64 = 8
    UINT64 = 9
    BOOL = 10

    @classmethod
    def of(cls, dtype: object) -> "DataType":
        """Return the member for a numpy dtype or its name.

        Raises:
            KeyError: no board handles this type.
        """
        return cls[str(dtype).upper()]

    @property
    def size(self) -> int:
        """Bytes of one element."""
        return _SIZES.get(self, 1)


_SIZES = {
    DataType.FLOAT32: 4,
    **{DataType.INT16: 2, DataType.UINT16: 2},
    **{DataType.INT32: 4, DataType.UINT32: 4},
    **{DataType.INT64: 8, DataType.UINT64: 8},
}


class ErrorCode(IntEnum):
    """Error codes (section 3); the console prints their names in lower case."""

    SYNTAX = 1
    CRC = 2
    UNKNOWN_VERB = 3
    BAD_ARGUMENT = 4
    BUSY = 5
    NO_MODEL = 6
    SLOT_MAGIC = 10
    SLOT_VERSION = 11
    SLOT_HEADER_CRC = 12
    SLOT_LENGTH = 13
    SLOT_SHA256 = 14
    SLOT_ROLE = 15
    MODEL_INVALID = 20
    ARENA = 21
    TENSOR_SIZE = 22
    INVOKE = 23
    NO_IMAGE = 30
    IMAGE_SIZE = 31
    IMAGE_CRC = 32
    WIFI = 40
    LINK_DOWN = 41
    EDGE_UNREACHABLE = 42
    EDGE_LOST = 43
    EDGE_TIMEOUT = 44
    MODEL_MISMATCH = 45
    PROTOCOL = 46
    UNSUPPORTED = 47
    NOT_SUPPORTED_IN_ROLE = 48
    MTU = 49
    RADIO = 50
    STORAGE = 51
    UPDATE_SHA256 = 52
    UPDATE_INVALID = 53
    AUTH = 54

    @property
    def label(self) -> str:
        """The name as the console prints it, for example ``slot_sha256``."""
        return self.name.lower()
