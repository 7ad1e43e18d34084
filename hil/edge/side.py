# SPDX-License-Identifier: MIT
"""What a board is connected to on this host, whatever it answers."""

from typing import Protocol

from hil.edge.store import EdgeRecord
from hil.transport.packet import PacketTransport


class TailSide(Protocol):
    """The host's end of a board's links: an :class:`~hil.edge.EdgeServer`, or a scripted one."""

    @property
    def address(self) -> tuple[str, int]:
        """Host and port where it listens, over TCP and UDP."""

    def attach(self, transport: PacketTransport) -> None:
        """Answer the boards of a transport, too."""

    def detach(self, transport: PacketTransport) -> None:
        """Forget a transport's boards and close it."""

    def check(self) -> None:
        """Raise EdgeError if it has ended."""

    def record(
        self, message_id: int, session: int | None = None, timeout: float = 5.0
    ) -> EdgeRecord:
        """Return what was received and answered under a message id, or raise EdgeError."""
