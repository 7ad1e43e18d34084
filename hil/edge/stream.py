# SPDX-License-Identifier: MIT
"""Boards that are connected over TCP."""

import logging
from collections import Counter

from hil.edge.board_link import BoardLink
from hil.edge.hearing import Hearing
from hil.edge.runner import TailRunner
from hil.edge.session import EdgeSession, Inference
from hil.host.secret import Unseen
from hil.protocol import (
    MIN_FRAME,
    Flags,
    FrameHeader,
    MessageType,
    ProtocolError,
    pack_stream,
    parse_stream_frame,
    parse_stream_header,
)
from hil.protocol.auth import ForeignError
from hil.protocol.greeting import no_common_key
from hil.protocol.keyring import Keyring
from hil.transport.impairment.switch import DROPPED, Switch
from hil.transport.tcp import FrameLink

log = logging.getLogger("hil.edge")

MAX_LINKS = 64
"""Connections served at once; one more is closed at once."""

SMALLEST_LIMIT = 1 << 20
"""Largest frame that is accepted whatever the tail takes, in bytes; ECHO may be that long."""

_DROPPED = ("version", "type", "flags")
"""Defects of a header for which a frame is dropped but the connection kept (section 1.1)."""


class StreamService:
    """Serves any number of connections; the handler of their :class:`FrameLink`.

    Args:
        runner: runs the tail.
        counters: frames and messages, under the names of docs/protocol.md, section 2.4.
        patience_s, switch: see :class:`FrameLink`.
        hearing: is told why frames are dropped and who greets.
        keyring: the keys of boards that have one.
    """

    def __init__(
        self,
        runner: TailRunner,
        counters: Counter[str],
        patience_s: float,
        switch: Switch | None = None,
        hearing: Hearing | None = None,
        keyring: Keyring | None = None,
    ) -> None:
        self._runner = runner
        self._hearing = hearing or Hearing()
        self._counters = counters
        self._patience_s = patience_s
        self._switch = switch
        self._keyring = keyring or Keyring()
        self._boards: dict[FrameLink, BoardLink] = {}

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

    def forget_key(self, key: Unseen) -> None:
        """Drop the connections of boards that came with a key that is over."""
        self._abort(key, "it has another key now")

    def forget_keyless(self) -> None:
        """Drop the connections of boards that came without a key."""
        self._abort(None, "boards have keys now")

    def connected(self, link: FrameLink) -> None:
        """A board has connected."""
        self._counters["connections"] += 1
        if len(self._boards) >= MAX_LINKS:
            log.warning("%s refused: %d boards are connected", link.peer, MAX_LINKS)
            link.abort("there are too many connections")
            return
        log.info("%s connected", link.peer)
        session = EdgeSession(self._counters, hearing=self._hearing)
        self._boards[link] = BoardLink(link, session, self._keyring)

    def received(self, link: FrameLink, frame: bytes) -> None:
        """A whole frame has come.

        Raises:
            ProtocolError: the connection has to be closed.
        """
        board = self._boards[link]
        tail = self._runner.tail
        header = None
        try:
            header = parse_stream_header(frame)
            if Flags.AUTHENTICATED in header.flags or not self._keyring.takes_keyless:
                message = board.verified(header, frame)
            else:
                message = parse_stream_frame(frame)
        except ForeignError as error:
            self._strange(link, error)
            _answer_hello(link, header, len(frame))
            raise
        except ProtocolError as error:
            if header is None and not self._keyring.takes_keyless:
                raise self._strange(link, ForeignError(str(error))) from error
            self._counters["rx_bad_crc" if error.reason == "crc" else "rx_bad_frame"] += 1
            if error.reason in _DROPPED:
                self._hearing.drop(str(error))
                return
            raise
        if message is None:
            self._counters["rx_duplicate"] += 1
            return
        outcome = board.session.receive(message, tail)
        if isinstance(outcome, Inference):
            self._runner.run(board, outcome.request)
        elif outcome is not None:
            board.answer(outcome)

    def failed(self, link: FrameLink, error: ProtocolError) -> None:
        """A board broke the protocol, or a stranger has spoken."""
        if isinstance(error, ForeignError):
            return
        board = self._boards.get(link)
        if not self._keyring.takes_keyless and (board is None or board.key is None):
            self._strange(link, error)
            return
        self._hearing.drop(str(error))
        if error.reason == "prefix":
            self._counters["rx_bad_frame"] += 1
        log.warning("%s broke the protocol: %s", link.peer, error)

    def lost(self, link: FrameLink, reason: str) -> None:
        """A connection is over."""
        if self._boards.pop(link, None) is not None:
            log.info("%s disconnected: %s", link.peer, reason)

    def _strange(self, link: FrameLink, error: ProtocolError) -> ProtocolError:
        """Count what nobody has made who has a key; return what is wrong with it."""
        self._counters["rx_foreign"] += 1
        if self._hearing.foreign(f"tcp {link.peer}", str(error)):
            log.info("tcp %s: dropped as foreign: %s", link.peer, error)
        return error

    def _abort(self, key: Unseen | None, reason: str) -> None:
        for link in [link for link, board in self._boards.items() if board.key == key]:
            link.abort(reason)


def _answer_hello(link: FrameLink, header: FrameHeader | None, size: int) -> None:
    """Tell who has greeted without a key of this side that there is none in common."""
    if header is None or header.type is not MessageType.HELLO or Flags.ANSWER in header.flags:
        return
    if (said := no_common_key(header, size)) is not None:
        link.send(pack_stream(said))
