# SPDX-License-Identifier: MIT
"""A virtual board's BLE: the peripheral of a host or of another board, or another board's central."""

import re

from hil.protocol import ErrorCode
from hil.sim.antenna import Antenna
from hil.sim.ble.medium import BleMedium
from hil.sim.ble.pairing import Pair
from hil.sim.ble.connection import Side
from hil.sim.chip import mac_text
from hil.sim.clock import CYCLES_PER_US, Event
from hil.sim.peripheral import LINK_DOWN, OK

BUFFERS = 12
"""Frames that the driver holds: MSYS_1_BLOCK_COUNT, NimBLE's default number of packet buffers."""

CONNECT_TIMEOUT_US = 5_000_000
"""For how long a central looks for its peer."""

_MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")


class BleRadio:
    """The link of kind ble of one board: one connection at a time."""

    def __init__(self, antenna: Antenna) -> None:
        self._antenna = antenna
        self._medium = antenna.air.shared(BleMedium)
        self._pair: Pair | None = None
        self._side = Side.PERIPHERAL
        self._held = 0
        self._blocked = False
        self._timeout: Event | None = None

    @property
    def name(self) -> str:
        """The board's MAC address, by which other boards find it."""
        return mac_text(self._antenna.board.mac)

    @property
    def frame_limit(self) -> int:
        """Bytes of the largest frame, 0 without a connection."""
        return self._medium.frame_limit(self) if self._pair is not None else 0

    def open(self, host: str, port: int) -> int:
        """Advertise, or connect to the board whose MAC `host` is."""
        self.close()
        mac = host.lower()
        if not mac:
            self._later(lambda: self._medium.advertise(self))
        elif _MAC.fullmatch(mac):
            self._later(lambda: self._medium.seek(self, mac))
            end = self._antenna.now() + CONNECT_TIMEOUT_US * CYCLES_PER_US
            self._timeout = self._antenna.clock.at(end, lambda: self._give_up(mac))
        else:
            return ErrorCode.BAD_ARGUMENT
        return OK
