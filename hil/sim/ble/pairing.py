# SPDX-License-Identifier: MIT
"""Two that have found each other over BLE: connecting, the connection, and its end."""

from collections.abc import Callable
from typing import Protocol

from hil.sim.ble.connection import SUPERVISION_TIMEOUT_US, Connection, Side
from hil.sim.clock.clock import CYCLES_PER_US
from hil.sim.clock.reaction import header_of_request
from hil.sim.radio.air import Air
from hil.sim.radio.stranger import refuses_stranger
from hil.transport.ble.service import LARGEST_FRAME

ADVERTISING_US = 60_000
"""Until the central hears the peripheral: T_GAP(adv_fast_interval1), the longest interval of fast
advertising (Bluetooth Core Specification 5.4, volume 3, part C, appendix A)."""

SETTING_UP_EVENTS = 7
"""Connection events until the central has subscribed, one for each step: the first event,
exchange of the MTU, discovery of the service, of its characteristics (two), of the descriptor,
subscription."""

NOTHING_HEARD = f"nothing has come over the connection for {SUPERVISION_TIMEOUT_US / 1e6:g} s"


class Participant(Protocol):
    """One of the two; every call comes at its simulated time."""

    name: str

    def joined(self, pair: "Pair", side: Side) -> None:
        """The two connect from now on."""

    def up(self) -> None:
        """The central has subscribed: frames can be sent both ways."""

    def received(self, frame: bytes) -> None:
        """A frame has come."""

    def intruded(self, frame: bytes) -> None:
        """A stranger has sent a frame in the other one's name."""

    def over(self, pair: "Pair", text: str, *, silent: bool, after_us: int) -> None:
        """A connection is over.

        Args:
            pair: which one.
            text: how.
            silent: whether the other side has gone without a word.
            after_us: for how long this side cannot know yet.
        """


class Pair:
    """A central and a peripheral that connect to each other from now on.

    Args:
        air: what the boards share.
        central: who connects.
        peripheral: who is connected to.
        mtu: what they agree on, in bytes.
        number: of this connection of theirs; its packet errors depend on it.

    Attributes:
        frame_limit: bytes of the largest frame.
        established: whether both have been told that they are connected.
    """

    def __init__(
        self, air: Air, central: Participant, peripheral: Participant, mtu: int, number: int
    ) -> None:
        self.frame_limit = min(mtu - 3, LARGEST_FRAME)
        self.established = False
        self._air = air
        self._clock = air.clock
        self._link = air.links["ble"]
        self._seed = f"{air.seed} ble {central.name} {peripheral.name} {number}"
        self._sides = (central, peripheral)
        self._connection: Connection | None = None
        wait_us = ADVERTISING_US + SETTING_UP_EVENTS * self._link.interval_us
        self._start = self._clock.at(self._clock.now + wait_us * CYCLES_PER_US, self._up)
        self._over = False
        for side in Side:
            self._sides[side].joined(self, side)

    def other(self, side: Side) -> Participant:
        """Return who is not on `side`."""
        return self._sides[1 - side]

    def send(
        self, side: Side, frame: bytes, now: int, sent: Callable[[], None] = lambda: None
    ) -> None:
        """Send a frame at simulated time `now`; `sent` is called when it has arrived."""
        way = f"ble {self._sides[side].name} {self.other(side).name}"

        def arrived() -> None:
            for each in self._air.intrusions(way, frame, self.frame_limit):
                self.other(side).intruded(each)
            self.other(side).received(frame)
            sent()

        if self._connection is None:
            return
        if refuses_stranger(frame):
            self._clock.at(now, arrived)
        else:
            self._connection.send(side, len(frame), now, arrived, begins=_begins_exchange(frame))

    def leave(self, side: Side, text: str, *, silent: bool = False) -> None:
        """End it for `side`, which is told nothing more.

        Args:
            side: who leaves.
            text: what the other one is told.
            silent: whether it has to find out by the supervision timeout; else the next connection
                event tells it.
        """
        if self._over:
            return
        self._close()
        after_us = SUPERVISION_TIMEOUT_US if silent else self._link.interval_us
        self.other(side).over(self, text, silent=silent, after_us=after_us)

    def fade(self) -> None:
        """Carry nothing more: both sides find that out by the supervision timeout."""
        if self._over:
            return
        self._start.cancel()
        if self._connection is not None:
            self._connection.close()
        end = self._clock.now + SUPERVISION_TIMEOUT_US * CYCLES_PER_US
        self._clock.at(end, self._unheard)

    def _up(self) -> None:
        self.established = True
        self._connection = Connection(self._clock, self._link, self._seed, self._unheard)
        for participant in self._sides:
            participant.up()

    def _unheard(self) -> None:
        if self._over:
            return
        self._close()
        for participant in self._sides:
            participant.over(self, NOTHING_HEARD, silent=True, after_us=0)

    def _close(self) -> None:
        self._over = True
        self._start.cancel()
        if self._connection is not None:
            self._connection.close()


def _begins_exchange(frame: bytes) -> bool:
    """Whether this is the first frame of a request."""
    header = header_of_request(frame)
    return header is not None and header.fragment_index == 0
