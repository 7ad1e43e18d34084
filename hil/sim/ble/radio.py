# SPDX-License-Identifier: MIT
"""A virtual board's BLE: peripheral of a host or of another board, or another board's central."""

import re

from hil.esp32s3 import mac_text
from hil.protocol import ErrorCode
from hil.sim.ble.connection import Side
from hil.sim.ble.medium import BleMedium
from hil.sim.ble.pairing import Pair
from hil.sim.clock.clock import CYCLES_PER_US, Event
from hil.sim.radio.antenna import Antenna
from hil.sim.radio.peripheral import LINK_DOWN, OK

BUFFERS = 12
"""Frames that the driver holds: MSYS_1_BLOCK_COUNT, NimBLE's default number of packet buffers."""

CONNECT_TIMEOUT_US = 5_000_000
"""For how long a central looks for its peer."""

_MAC = re.compile(r"([0-9a-f]{2}:){5}[0-9a-f]{2}")


class BleRadio:
    """The link of kind ble of one board: one connection at a time."""

    def __init__(self, antenna: Antenna) -> None:
        self.name = mac_text(antenna.board.mac)
        self._antenna = antenna
        self._medium = antenna.air.shared(BleMedium)
        self._peer = ""
        self._opening: Event | None = None
        self._timeout: Event | None = None
        self._pair: Pair | None = None
        self._side = Side.PERIPHERAL
        self._held = 0
        self._blocked = False
        self._back_at = 0

    @property
    def frame_limit(self) -> int:
        """Bytes of the largest frame, 0 without a connection."""
        return self._pair.frame_limit if self._pair is not None else 0

    def open(self, host: str, port: int) -> int:
        """Advertise, or connect to the board whose MAC `host` is."""
        self._peer = host.lower()
        if self._peer and not _MAC.fullmatch(self._peer):
            return ErrorCode.BAD_ARGUMENT
        self.close()
        self._opening = self._antenna.clock.at(self._antenna.now(), self._begin)
        return OK

    def close(self) -> None:
        """Leave the connection, advertise and look for nobody."""
        for event in (self._opening, self._timeout):
            if event is not None:
                event.cancel()
        self._medium.withdraw(self)
        if self._pair is not None:
            self._pair.leave(self._side, f"the board {self.name} has ended the connection")
        self._forget()

    def send(self, to: int, data: bytes, now: int) -> int:
        """Take a frame if a buffer is free; `to` is always the connected peer."""
        pair = self._pair
        if pair is None or not pair.established:
            return LINK_DOWN
        if len(data) > pair.frame_limit:
            text = f"a frame of {len(data)} bytes is longer than {pair.frame_limit}"
            self._antenna.clock.at(now, lambda: self._fail(pair, ErrorCode.RADIO, text))
            return LINK_DOWN
        if self._held == BUFFERS:
            self._blocked = True
            return 0
        self._held += 1
        pair.send(self._side, data, now, self._sent)
        return len(data)

    def leave_range(self, us: int) -> None:
        """Reach nobody from the clock's now on, and be reached by nobody, for so long."""
        clock = self._antenna.clock
        self._back_at = clock.now + us * CYCLES_PER_US
        if self._pair is not None:
            self._pair.fade()
        elif self._opening is not None:
            self._medium.withdraw(self)
            self._opening.cancel()
            self._opening = clock.at(self._back_at, self._begin)

    # What the other participant, or nobody, does.

    def joined(self, pair: Pair, side: Side) -> None:
        """Somebody has been found."""
        self._pair, self._side = pair, side

    def up(self) -> None:
        """The connection stands."""
        if self._timeout is not None:
            self._timeout.cancel()
        self._antenna.link()

    def received(self, frame: bytes) -> None:
        """A frame has come."""
        self._antenna.receive(frame)

    def intruded(self, frame: bytes) -> None:
        """A stranger's has come, which the driver cannot tell from another."""
        self._antenna.receive(frame)

    def over(self, pair: Pair, text: str, *, silent: bool, after_us: int) -> None:
        """The other one has gone: while connecting, look again; else tell the firmware."""
        clock = self._antenna.clock
        if pair.established:
            time = clock.now + after_us * CYCLES_PER_US
            clock.at(time, lambda: self._fail(pair, ErrorCode.EDGE_LOST, text))
        elif pair is self._pair:
            self._pair = None
            self._opening = clock.at(clock.now, self._begin)

    def _begin(self) -> None:
        clock = self._antenna.clock
        if self._peer and self._timeout is None:
            end = clock.now + CONNECT_TIMEOUT_US * CYCLES_PER_US
            self._timeout = clock.at(end, self._give_up)
        if clock.now < self._back_at:
            self._opening = clock.at(self._back_at, self._begin)
        elif self._peer:
            self._medium.seek(self, self._peer)
        else:
            self._medium.advertise(self)

    def _give_up(self) -> None:
        peer = self._peer
        self.close()
        self._antenna.link(ErrorCode.EDGE_UNREACHABLE, f"no board {peer} advertises")

    def _fail(self, pair: Pair, code: ErrorCode, text: str) -> None:
        if pair is self._pair:
            self.close()
            self._antenna.link(code, text)

    def _sent(self) -> None:
        self._held -= 1
        if self._blocked:
            self._blocked = False
            self._antenna.writable()

    def _forget(self) -> None:
        self._opening = self._timeout = self._pair = None
        self._held, self._blocked = 0, False
