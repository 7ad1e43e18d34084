# SPDX-License-Identifier: MIT
"""Boards that are connected over TCP."""

from collections import Counter

from hil.edge.hearing import Hearing
from hil.edge.log import log
from hil.edge.runner import TailRunner
from hil.edge.session import EdgeSession, Inference
from hil.protocol import (
    HEADER_SIZE,
    MIN_FRAME,
    Flags,
    Message,
    ProtocolError,
    pack_stream,
    parse_stream_header,
)
from hil.transport.impairment.switch import DROPPED, Switch
from hil.transport.lobby import Lobby
from hil.transport.tcp import FrameLink

MAX_LINKS = 64
"""Boards that have greeted and are served at once; one more is closed."""

MAX_STRANGERS = 256
"""Connections besides that have not greeted."""

SMALLEST_LIMIT = 1 << 20
"""Largest frame that is accepted whatever the tail takes, in bytes; ECHO may be that long."""

_DROPPED = ("version", "type", "flags")
"""Defects of a header for which a frame is dropped but the connection kept (section 1.1)."""


class StreamService:
    """Serves any number of connections; the handler of their :class:`FrameLink`.

    Until it has greeted a connection is a stranger's, and one of few (:class:`Lobby`).

    Args:
        runner: runs the tail.
        counters: frames and messages, under the names of docs/protocol.md, section 2.4.
        patience_s, switch: see :class:`FrameLink`.
        hearing: is told why frames are dropped and who greets.
    """

    def __init__(
        self,
        runner: TailRunner,
        counters: Counter[str],
        patience_s: float,
        switch: Switch | None = None,
        hearing: Hearing | None = None,
    ) -> None:
        self._runner = runner
        self._hearing = hearing or Hearing()
        self._counters = counters
        self._patience_s = patience_s
        self._switch = switch
        self._boards: dict[FrameLink, _Board] = {}
        self._lobby = Lobby(MAX_STRANGERS)

    def new_link(self) -> FrameLink:
        """Return the protocol of a connection about to be made."""
        limit = max(SMALLEST_LIMIT, MIN_FRAME + self._runner.tail.tensor_size)
        return FrameLink(self, limit, self._patience_s, self._switch)

    def close(self) -> None:
        """Drop every connection."""
        for link in list(self._boards):
            link.abort("the edge server ends")

    def drop(self) -> int:
        """Close every connection as an impairment does; return how many there were."""
        for link in self._boards:
            link.close(DROPPED)
        return len(self._boards)

    def connected(self, link: FrameLink) -> None:
        """Somebody has connected."""
        self._counters["connections"] += 1
        log.info("%s connected", link.peer)
        self._boards[link] = _Board(link, EdgeSession(self._counters, hearing=self._hearing))
        self._lobby.enter(link)

    def received(self, link: FrameLink, frame: bytes) -> None:
        """A whole frame has come.

        Raises:
            ProtocolError: the connection has to be closed.
        """
        board = self._boards[link]
        tail = self._runner.tail
        try:
            header = parse_stream_header(frame)
            if Flags.AUTHENTICATED in header.flags:
                board.answer(board.session.unauthenticated(header, tail))
                return
            message = Message.parse(header, memoryview(frame)[HEADER_SIZE:])
        except ProtocolError as error:
            self._counters["rx_bad_crc" if error.reason == "crc" else "rx_bad_frame"] += 1
            if error.reason in _DROPPED:
                self._hearing.drop(str(error))
                return
            raise
        outcome = board.session.receive(message, tail)
        if board.session.greeted and self._lobby.leave(link) and not self._let_in(link):
            return
        if isinstance(outcome, Inference):
            self._runner.run(board, outcome.request)
        elif outcome is not None:
            board.answer(outcome)

    def failed(self, link: FrameLink, error: ProtocolError) -> None:
        """A board broke the protocol."""
        self._hearing.drop(str(error))
        if error.reason == "prefix":
            self._counters["rx_bad_frame"] += 1
        log.warning("%s broke the protocol: %s", link.peer, error)

    def lost(self, link: FrameLink, reason: str) -> None:
        """A connection is over."""
        self._lobby.leave(link)
        if self._boards.pop(link, None) is not None:
            log.info("%s disconnected: %s", link.peer, reason)

    def _let_in(self, link: FrameLink) -> bool:
        """Take a board out of the lobby that has greeted, unless too many have."""
        if len(self._boards) - len(self._lobby) > MAX_LINKS:
            log.warning("%s refused: %d boards are connected", link.peer, MAX_LINKS)
            link.abort("there are too many boards")
            return False
        link.welcome()
        return True


class _Board:
    """The board at the other end of a connection."""

    def __init__(self, link: FrameLink, session: EdgeSession) -> None:
        self.name = link.peer
        self.session = session
        self.hold = link.hold
        self.release = link.release
        self._link = link

    def answer(self, message: Message) -> None:
        self._link.send(pack_stream(message))
