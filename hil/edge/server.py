# SPDX-License-Identifier: MIT
"""The edge server on an asyncio event loop."""

import asyncio
import errno
import functools
from collections import Counter
from collections.abc import Hashable

from hil.edge.hearing import Hearing
from hil.edge.links.packets import PacketService
from hil.edge.links.stream import StreamService
from hil.edge.runner import TailRunner
from hil.edge.stopwatch import Stopwatch
from hil.edge.store import RecordStore
from hil.edge.tail import Tail
from hil.errors import EdgeError
from hil.host.secret import Unseen
from hil.protocol.greeting.keyring import Keyring
from hil.transport.impairment.impairment import Impairment
from hil.transport.impairment.packets import ImpairedPackets
from hil.transport.impairment.switch import Switch
from hil.transport.packet import PacketTransport
from hil.transport.udp import UdpTransport

_PORTS_TRIED = 20
"""Free TCP ports tried for one that is free for UDP, too."""


class Server:
    """Answers any number of boards with one tail, over TCP, UDP and the transports attached.

    Attributes:
        counters: frames and inferences so far, under the names of docs/protocol.md, 2.4.
        hearing: what could not be taken, and who has greeted.

    Args:
        tail: what to run.
        stopwatch: which times boards are told.
        patience_s: see :class:`hil.transport.tcp.FrameLink`.
    """

    def __init__(self, tail: Tail, stopwatch: Stopwatch, patience_s: float) -> None:
        self.counters: Counter[str] = Counter()
        self._switch = Switch()
        self.hearing = Hearing(lambda: self._switch.active)
        self._runner = TailRunner(tail, stopwatch)
        self._keyring = Keyring()
        self._streams = StreamService(
            self._runner, self.counters, patience_s, self._switch, self.hearing, self._keyring
        )
        self._packets = PacketService(self._runner, self.counters, self.hearing, self._keyring)
        self._listener: asyncio.Server | None = None
        self._datagrams: list[UdpTransport] = []

    @property
    def records(self) -> RecordStore:
        """What was received and answered."""
        return self._runner.records

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Listen, and return the address, which is TCP's and UDP's; port 0 takes a free one.

        Raises:
            EdgeError: the address cannot be had.
        """
        for left in reversed(range(_PORTS_TRIED if port == 0 else 1)):
            try:
                return await self._listen(host, port)
            except (OSError, OverflowError) as error:
                busy = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
                if busy and left:
                    continue
                reason = "another program listens there" if busy else str(error)
                raise EdgeError(
                    f"The edge server cannot listen on {host}:{port} ({reason}); "
                    "choose another port."
                ) from error
        raise AssertionError("unreachable")

    def serve(self, tail: Tail) -> None:
        """Run another tail from the next message on."""
        self._runner.serve(tail)

    @property
    def takes_keyless(self) -> bool:
        """Whether it takes what has no tag: a board has no key, or none has been given one."""
        return self._keyring.takes_keyless

    def give_key(self, owner: Hashable, key: Unseen | None) -> None:
        """Have a board come with a key, or None: without; what it came with before is over."""
        self._ended(self._keyring.give(owner, key))

    def take_key(self, owner: Hashable) -> None:
        """Forget a board and its key."""
        self._ended(self._keyring.take(owner))

    def _ended(self, over: Unseen | None) -> None:
        """A key is over, or boards may have to have one now: forget who came otherwise."""
        for service in (self._streams, self._packets):
            if over is not None:
                service.forget_key(over)
            if not self._keyring.takes_keyless:
                service.forget_keyless()

    def packets(self, transport: PacketTransport) -> ImpairedPackets:
        """Return what a transport is to tell, on the event loop, of frames and losses."""
        seen = ImpairedPackets(transport, self._switch)
        seen.start(
            functools.partial(self._packets.received, seen),
            functools.partial(self._packets.lost, seen),
        )
        return seen

    def forget(self, seen: ImpairedPackets) -> None:
        """Forget the boards of a transport that has been closed."""
        self._packets.forget(seen)

    def impair(self, impairment: Impairment) -> None:
        """Impair the frames of every link, for each board from its next request on."""
        if impairment.drops_idle:
            impairment.note_dropped(self._streams.drop() + self._packets.drop())
        self._switch.turn(impairment)

    def stop_impairing(self) -> None:
        """Leave frames alone again, for each board from its next request on."""
        self._switch.turn(None)

    async def close(self) -> None:
        """Stop listening, drop every connection, wait for a tail that is running."""
        if self._listener is not None:
            self._listener.close()
        self._packets.close()  # first, so that nobody waits for barriers
        for endpoint in self._datagrams:
            endpoint.close()
        self._streams.close()
        await self._runner.close()

    async def _listen(self, host: str, port: int) -> tuple[str, int]:
        loop = asyncio.get_running_loop()
        listener = await loop.create_server(self._streams.new_link, host, port)
        datagrams: list[UdpTransport] = []
        try:
            for each in listener.sockets:
                datagrams.append(await UdpTransport.open(each.family, each.getsockname()))
        except OSError:
            listener.close()
            for opened in datagrams:
                opened.close()
            raise
        self._listener, self._datagrams = listener, datagrams
        for opened in datagrams:
            seen = self.packets(opened)
            opened.start(seen.received, seen.lost)
        bound = listener.sockets[0].getsockname()
        return bound[0], bound[1]
