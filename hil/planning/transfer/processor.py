# SPDX-License-Identifier: MIT
"""What the firmware's own instructions take while a message goes out and its answer comes in. Pure.

Counted, not measured: a virtual board counts every instruction of the firmware (``hil/sim/chip/
machine.py``). The constants were fitted to exchanges of 1,000 to 100,000 bytes on one
(``python benchmarks/transfer_prediction.py`` prints what they leave over); a change of the
firmware's loops over bytes moves them, and ``tests/sim/test_transfer_prediction.py`` fails.
"""

from dataclasses import dataclass

from hil.sim.clock.clock import CYCLES_PER_US


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

    def passing(self, length: int) -> int:
        """Return the cycles that a gateway takes for a frame of ``length`` bytes."""
        return int(self.gateway_per_byte * length)


PROCESSOR = {
    "tcp": ProcessorCost(92.0, 10_000),
    "udp": ProcessorCost(92.0, 14_500),
    "espnow": ProcessorCost(92.0, 29_800, gateway_per_byte=145.0),
    "ble": ProcessorCost(92.0, 13_700),
}
"""By link."""


def whole_us(cycles: int) -> int:
    """Return the microseconds, as the board's clock counts them, that ``cycles`` make."""
    return cycles // CYCLES_PER_US
