# SPDX-License-Identifier: MIT
"""The boundary between a board in simulated time and a host's Bluetooth stack in real time.

Frames of the board have crossed the shaper when they reach bumble; frames of the host cross it from
there. Simulated time stands still while it is the host's turn: from a board's advertising until the
host has subscribed, and from a request's last frame until the last of the answer. An answer departs
after a stated constant for the host's work (:mod:`hil.sim.host_work`).
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

from hil.protocol import HEADER_SIZE, Flags, FrameHeader, MessageType, ProtocolError
from hil.sim import host_work
from hil.sim.ble.connection import Side
from hil.sim.ble.pairing import NOTHING_HEARD, Pair
from hil.sim.clock import CYCLES_PER_US, SimClock

if TYPE_CHECKING:
    from hil.sim.ble.hci import HciServer

UNHEEDED = 50
"""A host that has heard so many advertisements of a board, and does not connect, wants another."""

_CONNECTION_TIMEOUT = 0x08  # error codes: Bluetooth Core Specification 5.4, volume 1, part F
_ENDED_BY_HOST = 0x13

_WORK_US = {
    MessageType.HELLO: host_work.TURNAROUND_US,
    MessageType.ECHO: host_work.TURNAROUND_US,
    MessageType.DATA: host_work.TOTAL_US,
}

_Key = tuple[int, int]  # session, message id


class HostEnd:
    """Shows a board that advertises to hosts, and becomes its central once one has subscribed.

    Args:
        clock: simulated time.
        hci: the hosts' radios.
        mac: of the board.
        mtu: the largest that the board agrees to.
        subscribed: told this object and the agreed MTU.
        owe: whether simulated time stands still until then.
    """

    name = "host"

    def __init__(
        self,
        clock: SimClock,
        hci: "HciServer",
        mac: str,
        mtu: int,
        subscribed: "Callable[[HostEnd, int], None]",
        *,
        owe: bool,
    ) -> None:
        from hil.sim.ble.peripheral import Peripheral

        self._clock = clock
        self._hci = hci
        self._on_subscribed = subscribed
        self._unheeded = 0
        self._pair: Pair | None = None
        self._debts: dict[_Key, tuple[int, list[bytes]]] = {}  # work in us, answer so far
        self._peripheral = Peripheral(hci.ether, mac, mtu, self)
        if owe:
            clock.owe(self)

    def withdraw(self) -> None:
        """Show the board no more."""
        self._peripheral.close()
        self._clock.paid(self)

    # What the host does, in real time.

    def advertised(self) -> None:
        """Stop waiting where no radio is free to come, or all have heard the board and do not."""
        free = [radio for radio in self._hci.radios if not radio.le_connections]
        self._unheeded += all(radio.le_scan_enable for radio in free)
        if not free or self._unheeded >= UNHEEDED:
            self._clock.paid(self)

    def subscribed(self, mtu: int) -> None:
        """Become the board's central."""
        self._on_subscribed(self, mtu)
        self._clock.paid(self)

    def wrote(self, frame: bytes) -> None:
        """Send a frame to the board, those of an answer all at once when the last has come."""
        debt = self._debts.get(self._key(frame))
        if debt is None:
            self._send([frame], 0)
            return
        work_us, frames = debt
        frames.append(frame)
        header = FrameHeader.parse(frame[:HEADER_SIZE])
        if header.index + 1 == header.count:
            self._send(frames, work_us)
            self._pay(header)

    def gone(self, reason: int) -> None:
        """End the board's connection as the host's has ended."""
        if self._pair is not None:
            silent = reason == _CONNECTION_TIMEOUT
            text = NOTHING_HEARD if silent else f"the host has ended the connection ({reason:#x})"
            self._pair.leave(Side.CENTRAL, text, silent=silent)
        self._pay_all()

    # What the board does, at simulated times.

    def joined(self, pair: Pair, side: Side) -> None:
        """The board has been told of the host."""
        self._pair = pair

    def up(self) -> None:
        """The connection stands, as the host knows already."""

    def received(self, frame: bytes) -> None:
        """Hand the host a frame; the last of a request makes it owe an answer."""
        self._peripheral.notify(frame)
        try:
            header = FrameHeader.parse(frame[:HEADER_SIZE])
        except ProtocolError:
            return
        work_us = _WORK_US.get(header.type)
        request = work_us is not None and not header.flags & Flags.ANSWER
        if request and header.index + 1 == header.count:
            key = (header.session, header.message_id)
            self._debts[key] = (work_us, [])
            self._clock.owe((self, key))

    def over(self, pair: Pair, text: str, *, silent: bool) -> None:
        """The board's connection has ended."""
        self._peripheral.close(_CONNECTION_TIMEOUT if silent else _ENDED_BY_HOST)
        self._pay_all()
