# SPDX-License-Identifier: MIT
"""What the firmware's own instructions take while a message goes out and its answer comes in. Pure.

Counted, not measured: a virtual board counts every instruction of the firmware (``hil/sim/chip/
machine.py``). The constants were fitted to exchanges of 1,000 to 100,000 bytes on one
(``python benchmarks/transfer_prediction.py`` prints what they leave over); a change of the
firmware's loops over bytes moves them, and ``tests/sim/test_transfer_prediction.py`` fails.
"""

from dataclasses import dataclass

from hil.protocol import HEADER_SIZE
from hil.sim.clock.clock import CYCLES_PER_US
from hil.sim.clock.cost import hmac_cycles

_TAGGED = 10
"""Bytes of the header that a tag covers."""
_BODY_ENDS = (8, 4)
"""Bytes of a body around its payload, each hashed as a piece of its own."""


@dataclass(frozen=True)
class ProcessorCost:
    """Cycles of the firmware for one message.

    Attributes:
        per_byte: of the activation before the first frame goes: its CRC, and the message's.
        per_answer: for all that does not depend on the size, the answer's checks among it.
        gateway_per_byte: of each frame that a gateway passes on: its record's CRC and COBS.
    """

    per_byte: float
    per_answer: int
    gateway_per_byte: float = 0.0

    def before(self, length: int) -> int:
        """Return the cycles before the first frame of ``length`` bytes goes."""
        return int(self.per_byte * length)

    def sealing(self, frame: int) -> int:
        """Return the cycles for the check of a frame of so many bytes, made or looked at."""
        return hmac_cycles([HEADER_SIZE, frame - HEADER_SIZE])

    def tagging(self, body: int) -> int:
        """Return the cycles for the tag of a message with a body of so many bytes."""
        return hmac_cycles([_TAGGED, *_BODY_ENDS, body - sum(_BODY_ENDS)])

    def verifying(self, body: int) -> int:
        """Return the cycles for looking at the tag of such a message."""
        return hmac_cycles([_TAGGED, body])

    def passing(self, length: int) -> int:
        """Return the cycles that a gateway takes for a frame of ``length`` bytes."""
        return int(self.gateway_per_byte * length)


PROCESSOR = {
    "tcp": ProcessorCost(92.6, 13_000),
    "udp": ProcessorCost(92.0, 19_000),
    "espnow": ProcessorCost(92.0, 34_000, gateway_per_byte=145.0),
    "ble": ProcessorCost(92.0, 17_400),
}
"""By link."""


def whole_us(cycles: int) -> int:
    """Return the microseconds, as the board's clock counts them, that ``cycles`` make."""
    return cycles // CYCLES_PER_US
