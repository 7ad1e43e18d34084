# SPDX-License-Identifier: MIT
"""The built-in kinds of boards that are attached to this computer, or served at a URL."""

from collections.abc import Iterator
from typing import ClassVar

from hil.rig.identity import USB, Identity
from hil.rig.lock import BoardLock, holder
from hil.rig.lookup import find_port
from hil.rig.providers.interface import Lease, Offer, Wanted
from hil.serialport.ports import discover_ports


class BoardsByPort:
    """Boards by device or by a URL of pyserial; the others are found first, and then these.

    Attributes:
        kind: of identity, see :class:`hil.rig.identity.Identity`.
    """

    kind: ClassVar[str] = "port"

    def acquire(self, name: str, wanted: Wanted) -> Lease:
        """Find the port and lock the board; see ``BoardProvider.acquire``."""
        board = Identity.of(self.kind, name)
        port = find_port(board, wait_s=wanted.wait_s, on_wait=wanted.on_wait)
        lock = BoardLock.acquire(port, wanted.wait_s, wanted.on_wait)
        return Lease(port, lock.release)

    def offers(self) -> Iterator[Offer]:
        """Return none: those that can be found are offered by ``usb``."""
        return iter(())


class BoardsByMac(BoardsByPort):
    """Boards by MAC address."""

    kind = "mac"


class BoardsBySerialNumber(BoardsByPort):
    """Boards by the serial number that USB tells."""

    kind = "serial"


class UsbBoards(BoardsByPort):
    """The one board that is attached by USB."""

    def acquire(self, name: str, wanted: Wanted) -> Lease:
        """Find and lock it, whatever its name; see ``BoardProvider.acquire``."""
        return super().acquire(name or USB, wanted)

    def offers(self) -> Iterator[Offer]:
        """Return the ports that a board may be behind."""
        for port in discover_ports():
            who = holder(port.device)
            yield Offer(port.device, holder=str(who) if who else "")
