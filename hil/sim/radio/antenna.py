# SPDX-License-Identifier: MIT
"""What a radio sees of the board that it is on."""

from collections.abc import Callable
from dataclasses import dataclass

from hil.esp32s3 import mac_text
from hil.sim.clock.clock import SimClock
from hil.sim.radio.air import Air
from hil.sim.radio.link import LinkDirection
from hil.sim.radio.peripheral import OK, Processor


@dataclass(frozen=True)
class Identity:
    """Which board of the lab this is.

    Attributes:
        number: from 1.
        mac: its base MAC address, six bytes.
    """

    number: int
    mac: bytes

    @property
    def ip(self) -> str:
        """Its address in the lab's network; the access point is 192.168.4.1."""
        return f"192.168.4.{1 + self.number}"


class Antenna:
    """One radio's way to its firmware and to the air.

    Args:
        via: the kind of link, as the firmware numbers it.
        processor: the firmware.
        air: what all boards share.
        board: which of them this is.
        joined: tells whether the board has joined the Wi-Fi network.
    """

    def __init__(
        self,
        via: int,
        processor: Processor,
        air: Air,
        board: Identity,
        joined: Callable[[], bool],
    ) -> None:
        self.via = via
        self.air = air
        self.board = board
        self._processor = processor
        self._joined = joined

    @property
    def clock(self) -> SimClock:
        """Simulated time."""
        return self.air.clock

    @property
    def joined(self) -> bool:
        """Whether the board has joined the Wi-Fi network."""
        return self._joined()

    def now(self) -> int:
        """Return simulated time (cycles) inside a call of the firmware."""
        return self._processor.now()

    def link(self, code: int = OK, text: str = "") -> None:
        """Tell the firmware that its link is up, or down because of an error code's sentence."""
        staged = text.encode()
        self._processor.run("on_link", self.via, code, len(staged), staged=staged)

    @property
    def is_free(self) -> bool:
        """Whether the firmware is at what a stranger has sent in the lab's air."""
        return self._processor.is_free

    def receive(self, data: bytes, address: int = 0, rssi: int = 0, *, free: bool = False) -> None:
        """Hand the firmware a frame, or a piece of a stream of any length.

        Args:
            data: what has come.
            address: of its sender, as ``sn_source`` has it; 0 where the link is connected.
            rssi: in dBm, 0 if unknown.
            free: whether it takes the board no time.
        """
        step = self._processor.staging_capacity
        for start in range(0, len(data), step):
            piece = data[start : start + step]
            self._processor.run(
                "on_receive", self.via, address, rssi, len(piece), staged=piece, free=free
            )

    def drops_foreign(self, frame: bytes) -> bool:
        """Have the firmware drop a frame if its peer has not made it; may be called at any time.

        It takes no simulated time, and the frame does not cross the link.
        """
        return self._processor.drops_foreign(self.via, frame)

    def writable(self) -> None:
        """Tell the firmware that the driver takes something again."""
        self._processor.run("on_writable", self.via)

    def direction(self, link: str, name: str) -> LinkDirection:
        """Return a direction of a link of this board, see ``Air.direction``."""
        return self.air.direction(link, mac_text(self.board.mac), name)
