# SPDX-License-Identifier: MIT
"""The second board, as peer with the tail on it and as gateway, flashed when it is needed."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hil.errors import InfrastructureError
from hil.pytestplugin.bench.damage import Damage

if TYPE_CHECKING:
    from hil.board.bench import OpenRig
    from hil.board.board import Board
    from hil.firmware.build import FirmwareBuild

Put = Callable[["Board", str], None]
"""Flashes what is under test: onto which board, and in which role."""


class Seconds:
    """What is on the second boards of a rig.

    Args:
        rig: the open boards.
        damage: learns what is missing.
    """

    def __init__(self, rig: "OpenRig[Any]", damage: Damage) -> None:
        self._rig = rig
        self._damage = damage
        self._flashed: list[Board] = []

    def forget(self) -> None:
        """Have each flashed anew when it is needed, for the firmware under test is another."""
        self._flashed.clear()

    def open(self, role: str) -> "Board":
        """Return the second board, open, whatever is on it; raises as :meth:`OpenRig.second`.

        That it is not there costs only the tests that need it.
        """
        self._rig.board.console.health.require_protocol(f"a {role}")
        try:
            return self._rig.second(role)
        except InfrastructureError as error:
            self._damage.note_lack(error)
            raise

    def peer(self, put: Put) -> "Board":
        """Return the second board with the tail on it; raises as :meth:`hil.Board.flash`."""
        board, peer = self._rig.board, self.open("peer")
        link = board.connection
        if link is not None and link.gateway is peer:
            board.disconnect()  # it cannot be both
        if peer not in self._flashed or not peer.holds("tail", board.part.model_id):
            put(peer, "tail")
            self._flashed.append(peer)
        peer.end_gateway()
        return peer

    def gateway(self, build: "FirmwareBuild | None") -> "Board":
        """Return the second board with the firmware on it; raises as :meth:`hil.Board.flash`."""
        gateway = self.open("gateway")
        if gateway not in self._flashed or gateway.half_flashed:
            gateway.flash(build, None)
            self._flashed.append(gateway)
        return gateway

    def restore(self, put: Put) -> None:
        """Flash the tail of what is under test where another one is."""
        model_id = self._rig.board.part.model_id
        for second in dict.fromkeys(self._flashed):
            if second.has_part and not second.holds("tail", model_id):
                put(second, "tail")
