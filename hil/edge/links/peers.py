# SPDX-License-Identifier: MIT
"""The boards that are known on packet links, a bounded number of them."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

from hil.edge.links.peer import PacketPeer
from hil.edge.log import log

MAX_PEERS = 64
"""Sessions of boards kept at once; for one more the one that has been idle longest goes."""

Key = TypeVar("Key", bound=Hashable)


class Peers(Generic[Key]):
    """Sessions by where they are from, the one that has been idle longest first."""

    def __init__(self) -> None:
        self._peers: OrderedDict[Key, PacketPeer] = OrderedDict()

    def __iter__(self) -> Iterator[Key]:
        """Where sessions are from."""
        return iter(self._peers)

    def get(self, key: Key) -> PacketPeer | None:
        """Return the session of a key, which is idle no more."""
        peer = self._peers.get(key)
        if peer is not None:
            self._peers.move_to_end(key)
        return peer

    def make_room(self, key: Key | None = None) -> bool:
        """Have room for one more, of a key that may be known; return whether there is."""
        if key in self._peers or len(self._peers) < MAX_PEERS:
            return True
        idle = next((key for key, each in self._peers.items() if not each.busy), None)
        if idle is None:
            log.warning("a board is refused: %d tails wait", MAX_PEERS)
            return False
        self._forget(idle, "others have been heard since")
        return True

    def add(self, key: Key, peer: PacketPeer) -> None:
        """Keep a session; it takes the place of another of its key."""
        if key in self._peers:
            self._forget(key, "it has begun another session")
        self._peers[key] = peer

    def forget(self, which: Callable[[Key, PacketPeer], bool], reason: str) -> None:
        """Forget sessions."""
        for key in [key for key, peer in self._peers.items() if which(key, peer)]:
            self._forget(key, reason)

    def _forget(self, key: Key, reason: str) -> None:
        peer = self._peers.pop(key)
        counts = " ".join(f"{name}={count}" for name, count in sorted(peer.counts.items()))
        log.info("%s disconnected, session %08x: %s (%s)", peer.name, peer.number, reason, counts)
        peer.close()
