# SPDX-License-Identifier: MIT
"""The link that the board under test is to find itself connected over, from test to test."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hil.errors import HilError, InfrastructureError, LabError, ProductFailure
from hil.pytestplugin.bench.damage import Damage

if TYPE_CHECKING:
    from hil.board.bench import OpenRig
    from hil.board.board import Board
    from hil.edge import EdgeServer


class Linking:
    """Connects the board before each test that finds it connected otherwise.

    Args:
        rig: the open boards.
        damage: knows what a link cannot be had for.
        peer: returns the second board, with the tail on it.
        gateway: returns the second board, to carry ESP-NOW.

    Attributes:
        edge: what runs the tail; ``None`` where the peer does.
        wanted: whether the board is to be connected at all.
    """

    def __init__(
        self,
        rig: "OpenRig[Any]",
        damage: Damage,
        peer: "Callable[[], Board]",
        gateway: "Callable[[], Board]",
    ) -> None:
        self.edge: EdgeServer | None = None
        self.wanted = False
        self._rig = rig
        self._damage = damage
        self._peer = peer
        self._gateway = gateway
        self._pending: tuple[str, HilError] | None = None

    def begin(self, edge: "EdgeServer | None", via: str) -> None:
        """Connect for the first time; what keeps it from that is raised by :meth:`require`.

        Raises:
            LabError: the lab has died.
        """
        self.edge, self.wanted = edge, True
        try:
            self._connect(via)
        except LabError:
            raise
        except (InfrastructureError, ProductFailure) as error:
            self._pending = (via, error)

    def end(self) -> None:
        """Connect no more: other firmware is to be on the board."""
        self.wanted, self._pending = False, None

    def require(self, via: str) -> None:
        """Raise what kept the board from being connected over a link at the beginning."""
        if self._pending is not None and self._pending[0] == via:
            _, error = self._pending
            self._pending = None
            raise error

    def make_ready(self, via: str) -> None:
        """Have the edge server run the board's tail, and the board connected over a link.

        Raises:
            HilError: that is not to be had, and whose fault it is.
        """
        board = self._rig.board
        split = board.part.split if board.has_part else None
        if self.edge is not None and split and self.edge.model_id != split.model_id:
            self.edge.serve(split.tail, split.model_id)
        if self.wanted and not self._is_connected(via):
            self._connect(via)

    def _is_connected(self, via: str) -> bool:
        board = self._rig.board
        link = board.connection
        if link is None or self._damage.stale or link.via != via or link.edge is not self.edge:
            return False
        if link.tail is not None and not link.tail.holds("tail", board.part.model_id):
            return False
        return bool(link.stands())

    def _connect(self, via: str) -> None:
        """Connect over a link; where that is the rig's fault, remember it of this link alone."""
        self.require(via)
        self._damage.require_link(via)
        board = self._rig.board
        try:
            if self.edge is None:
                board.connect(self._peer(), via)
            else:
                gateway = self._gateway() if via == "espnow" else None
                board.connect(self.edge, via, gateway=gateway)
        except LabError:
            raise
        except InfrastructureError as error:
            self._damage.note_link(via, error)
            raise
        self._damage.stale = False
        self._damage.note_connected(via)
