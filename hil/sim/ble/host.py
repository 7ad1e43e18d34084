# SPDX-License-Identifier: MIT
"""The boundary between a board in simulated time and a host's Bluetooth stack in real time.

Frames of the board have crossed the shaper when they reach bumble; frames of the host cross it from
there. Simulated time stands still while it is the host's turn: from a board's advertising until the
host has subscribed, and from a request's last frame until the last of the answer.
"""

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from hil.protocol import header_of
from hil.sim.ble.connection import Side
from hil.sim.ble.pairing import NOTHING_HEARD, Pair
from hil.sim.ble.patience import Patience
from hil.sim.clock.clock import SimClock
from hil.sim.clock.reaction import Reaction, header_of_request

if TYPE_CHECKING:
    from hil.sim.ble.hci import HciServer

# Error codes: Bluetooth Core Specification 5.4, volume 1, part F.
_CONNECTION_TIMEOUT = 0x08
_ENDED_BY_USER = 0x13


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
        self._patience = Patience()
        self._pair: Pair | None = None
        self._closed = False
        self._reaction = Reaction()
        self._answers: dict[tuple[int, int], list[bytes]] = {}  # owed, by session and message id
        self._peripheral = Peripheral(hci.ether, mac, mtu, self)
        if owe:
            clock.owe(self)

    def withdraw(self) -> None:
        """Show the board no more."""
        self._end(_ENDED_BY_USER)

    # What the host does, in real time.

    def advertised(self) -> None:
        """Wait no longer once no host will come for it."""
        if not self._patience.advertised(self._hci.radios):
            self._clock.paid(self)

    def subscribed(self, mtu: int) -> None:
        """Become the board's central."""
        self._clock.at_standstill(lambda: self._become_central(mtu))

    def wrote(self, frame: bytes) -> None:
        """Send a frame to the board; those of an answer when the last of them has come."""
        header = header_of(frame)
        keys = header.exchanges if header is not None else ()
        key = next((key for key in keys if key in self._answers), None)
        if header is None or key is None:
            if self._answers:  # time stands still; what is owed must not overtake it
                self._send([frame])
            else:
                self._clock.at_standstill(lambda: self._send([frame]))
            return
        self._answers[key].append(frame)
        if header.fragment_index + 1 == header.fragment_count:
            self._send(self._answers.pop(key))
            self._clock.paid((self, key))

    def gone(self, reason: int) -> None:
        """The host's connection has ended."""
        self._clock.at_standstill(lambda: self._leave(reason))

    # What the board does, at simulated times.

    def joined(self, pair: Pair, side: Side) -> None:
        """The board has been told of the host."""
        self._pair = pair

    def up(self) -> None:
        """The connection stands, as the host knows already."""

    def received(self, frame: bytes) -> None:
        """Hand the host a frame; the last of a request makes it owe an answer."""
        self._peripheral.notify(frame)
        header = header_of_request(frame)
        if header is not None and header.fragment_index + 1 == header.fragment_count:
            key = header.exchange
            self._answers[key] = []
            self._clock.owe((self, key))

    def intruded(self, frame: bytes) -> None:
        """Let it be: a host ends a connection in which somebody else speaks, and that is all."""

    def over(self, pair: Pair, text: str, *, silent: bool, after_us: int) -> None:
        """The board's connection has ended."""
        self._end(_CONNECTION_TIMEOUT if silent else _ENDED_BY_USER)

    def _become_central(self, mtu: int) -> None:
        if not self._closed:
            self._on_subscribed(self, mtu)
            self._clock.paid(self)

    def _send(self, frames: list[bytes]) -> None:
        now = self._clock.now
        for frame in frames:
            start = self._reaction.departure(now, frame)
            self._clock.at(start, functools.partial(self._depart, frame))

    def _depart(self, frame: bytes) -> None:
        if self._pair is not None:
            self._pair.send(Side.CENTRAL, frame, self._clock.now)

    def _leave(self, reason: int) -> None:
        if self._pair is not None:
            silent = reason == _CONNECTION_TIMEOUT
            text = NOTHING_HEARD if silent else f"the host has ended the connection ({reason:#x})"
            self._pair.leave(Side.CENTRAL, text, silent=silent)
        self._end(reason)

    def _end(self, reason: int) -> None:
        self._closed = True
        self._peripheral.close(reason)
        self._clock.paid(self)
        for key in self._answers:
            self._clock.paid((self, key))
        self._answers.clear()
