# SPDX-License-Identifier: MIT
"""What a receiver says it has of a message: the payload of ACK (docs/protocol.md, section 1.4)."""

import struct
from typing import NamedTuple

from hil.protocol.codes import ProtocolError

_ACK = struct.Struct("<IQ")
_WINDOW = 64


class Ack(NamedTuple):
    """The fragments that have arrived.

    Attributes:
        base: every fragment below it has; the fragment count once all have. u32.
        window: bit *j* says that fragment ``base + 1 + j`` has. u64.
    """

    base: int = 0
    window: int = 0

    def has(self, index: int) -> bool:
        """Has this fragment arrived?"""
        bit = index - self.base - 1
        return bit < -1 or (0 <= bit < _WINDOW and bool(self.window >> bit & 1))

    def pack(self) -> bytes:
        """Return the 12 bytes of the payload."""
        return _ACK.pack(*self)

    @classmethod
    def parse(cls, payload: bytes) -> "Ack":
        """Read a payload.

        Raises:
            ProtocolError: with reason length.
        """
        if len(payload) != _ACK.size:
            raise ProtocolError("length", f"ACK has {_ACK.size} bytes, not {len(payload)}.")
        return cls(*_ACK.unpack(payload))
