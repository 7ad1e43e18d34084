# SPDX-License-Identifier: MIT
"""Who is in the air: boards that advertise, boards that look for one, and hosts."""

from collections import Counter

from hil.sim.ble.hci import HciServer
from hil.sim.ble.host import HostEnd
from hil.sim.ble.pairing import Pair, Participant
from hil.sim.radio.air import Air

LARGEST_MTU = 247
"""What a board asks for: it fills one link-layer packet of 251 bytes (docs/protocol.md, 1.6)."""

SMALLEST_MTU = 23
"""ATT_MTU that needs no exchange (Bluetooth Core Specification 5.4, volume 3, part G, 5.2.1)."""


class BleMedium:
    """The BLE of one lab.

    Boards meet inside the lab. Hosts meet them over HCI, one radio for each client; while one of
    these is free, simulated time stands still from a board's advertising to its being subscribed to
    (:class:`hil.sim.ble.host.HostEnd`). Without a host's radio nobody can come, and it goes on.

    Args:
        air: what the boards share.
    """

    def __init__(self, air: Air) -> None:
        self._air = air
        self._mtu = max(min(air.links["ble"].packet_bytes + 3, LARGEST_MTU), SMALLEST_MTU)
        self._advertising: dict[Participant, HostEnd | None] = {}
        self._seeking: dict[Participant, str] = {}
        self._connections: Counter[str] = Counter()
        self._hci = HciServer(self._radio_came)

    async def start(self) -> dict[str, object]:
        """Listen for hosts; bumble is not imported before the first comes."""
        return {"hci": await self._hci.start()}

    async def close(self) -> None:
        """Switch the hosts' radios off."""
        await self._hci.close()

    def advertise(self, board: Participant) -> None:
        """Let a board be found by centrals."""
        for central, name in self._seeking.items():
            if name == board.name:
                del self._seeking[central]
                self._join(central, board)
                return
        self._advertising[board] = self._show(board, owe=True) if self._hci.radios else None

    def seek(self, central: Participant, name: str) -> None:
        """Let a board connect to the one of this name, as soon as it advertises."""
        for board, host in self._advertising.items():
            if board.name == name:
                del self._advertising[board]
                if host is not None:
                    host.withdraw()
                self._join(central, board)
                return
        self._seeking[central] = name

    def withdraw(self, board: Participant) -> None:
        """Let a board be found no more, and seek no more."""
        self._seeking.pop(board, None)
        host = self._advertising.pop(board, None)
        if host is not None:
            host.withdraw()

    def _radio_came(self) -> None:
        for board, host in self._advertising.items():
            if host is None:
                self._advertising[board] = self._show(board, owe=False)

    def _show(self, board: Participant, *, owe: bool) -> HostEnd:
        """Let hosts find a board."""

        def subscribed(host: HostEnd, mtu: int) -> None:
            del self._advertising[board]
            self._join(host, board, mtu)

        return HostEnd(self._air.clock, self._hci, board.name, self._mtu, subscribed, owe=owe)

    def _join(self, central: Participant, peripheral: Participant, mtu: int | None = None) -> None:
        self._connections[peripheral.name] += 1
        number = self._connections[peripheral.name]
        Pair(self._air, central, peripheral, mtu or self._mtu, number)
