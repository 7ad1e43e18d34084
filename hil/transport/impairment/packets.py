# SPDX-License-Identifier: MIT
"""What stands between a packet link and whoever listens to it."""

from collections.abc import Callable, Sequence

from hil.transport.impairment.switch import DROPPED, Switch
from hil.transport.packet import Lost, PacketTransport, Received


class ImpairedPackets:
    """A packet transport as whoever listens to it sees it; every frame of it passes here.

    A frame that does not come through is dealt with at once, and one that comes late is dealt with
    together with the one that it comes behind: so nobody who counts on that, as simulated time
    does, waits for it. All calls come from the server's thread.

    Args:
        transport: whose frames.
        switch: tells what is done to them.
    """

    def __init__(self, transport: PacketTransport, switch: Switch) -> None:
        self.kind = transport.kind
        self.selective_repeat = transport.selective_repeat
        self._transport = transport
        self._switch = switch

    @property
    def frame_limit(self) -> int:
        """Largest frame in bytes, header included."""
        return self._transport.frame_limit

    def start(self, received: Received, lost: Lost) -> None:
        """Deliver what :meth:`received` is given from now on."""
        self._received, self._lost = received, lost

    def received(self, peer: str, frame: bytes, done: Callable[[], None]) -> None:
        """Take a frame of the transport."""
        impaired = self._switch.arriving(self.kind, peer, frame, repairs=self.selective_repeat)
        if impaired is None:
            self._received(peer, frame, done)
            return
        deliver, send, drop = impaired.arrive(frame)
        end = _Together(done, len(deliver) + 1)
        for each in deliver:
            self._received(peer, each, end)
        if send:
            self._transport.send(peer, send)
        if drop:
            self.drop(peer)
        end()

    def lost(self, peer: str, reason: str) -> None:
        """Hand on that nothing more will come from a peer."""
        self._lost(peer, reason)

    def send(self, peer: str, frames: Sequence[bytes]) -> None:
        """Send frames to a peer, or what takes their place."""
        impaired = self._switch.departing(self.kind, peer)
        if impaired is None:
            self._transport.send(peer, frames)
            return
        for frame in frames:
            send, drop = impaired.depart(frame)
            if send:
                self._transport.send(peer, send)
            if drop:
                self.drop(peer)
                return

    def disconnect(self, peer: str) -> bool:
        """See :meth:`PacketTransport.disconnect`."""
        return self._transport.disconnect(peer)

    def known(self, peer: str, *, begun: bool) -> None:
        """See :meth:`PacketTransport.known`."""
        self._transport.known(peer, begun=begun)

    def unknown(self, peer: str) -> None:
        """See :meth:`PacketTransport.unknown`."""
        self._transport.unknown(peer)

    def close(self) -> None:
        """Close the transport."""
        self._transport.close()

    def drop(self, peer: str) -> None:
        """End the connection to a peer, or if the link has none, have it forgotten."""
        if not self._transport.disconnect(peer):
            self._lost(peer, DROPPED)


class _Together:
    """Tells that something is done when it has been called so many times."""

    def __init__(self, done: Callable[[], None], times: int) -> None:
        self._done = done
        self._left = times

    def __call__(self) -> None:
        self._left -= 1
        if self._left == 0:
            self._done()
