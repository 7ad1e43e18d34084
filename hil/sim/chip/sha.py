# SPDX-License-Identifier: MIT
"""The SHA accelerator: HMAC-SHA-256 of pieces that lie anywhere in the firmware's memory."""

import hmac
import struct

from hil.sim.chip.machine import Handler
from hil.sim.clock.cost import hmac_cycles
from hil.sim.radio.peripheral import Processor

KEY_SIZE = 16

_PIECE = struct.Struct("<II")
"""``sn_bytes`` of splitnode/bytes.h: address and length."""


class Sha:
    """The accelerator of one boot.

    Args:
        processor: whom it serves.
    """

    def __init__(self, processor: Processor) -> None:
        self._processor = processor

    def imports(self) -> dict[str, Handler]:
        """Return the functions that the module imports."""
        return {"hmac_sha256": self._hmac_sha256}

    def _hmac_sha256(self, key: int, pieces: int, count: int, to: int) -> None:
        processor = self._processor
        table = processor.read(pieces, count * _PIECE.size)
        parts = [processor.read(*piece) for piece in _PIECE.iter_unpack(table)]
        secret = processor.read(key, KEY_SIZE)
        processor.write(to, hmac.digest(secret, b"".join(parts), "sha256"))
        processor.charge(hmac_cycles([len(part) for part in parts]))
