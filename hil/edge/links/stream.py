# SPDX-License-Identifier: MIT
"""Boards that are connected over TCP."""

from collections import Counter
from collections.abc import Callable

from hil.edge.hearing import Hearing
from hil.edge.links.board_link import BoardLink
from hil.edge.log import log
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
from hil.protocol.auth import ForeignError, new_nonce
from hil.protocol.codes import DamagedError
from hil.protocol.greeting.greeting import no_common_key
from hil.protocol.greeting.keyring import Keyring
from hil.transport.impairment.switch import DROPPED, Switch
from hil.transport.lobby import Lobby
from hil.transport.tcp import FrameLink

MAX_LINKS = 64
"""Boards that have greeted and are served at once; one more is closed."""

MAX_STRANGERS = 256
"""Connections besides that have not greeted."""

MAX_HALF_OPEN = 32
"""Connections besides that have greeted with a key, and whose session has not begun: a HELLO may
have been recorded."""

SMALLEST_LIMIT = 1 << 20
"""Largest frame that is accepted whatever the tail takes, in bytes; ECHO may be that long."""

_DROPPED = ("version", "type", "flags")
"""Defects of a header for which a frame is dropped but the connection kept (section 1.1)."""


class StreamService:
    """Serves any number of connections; the handler of their :class:`FrameLink`.

    Until it has greeted a connection is a stranger's, and one of few (:class:`Lobby`); where there
    are keys, until its session has begun.

    Args:
        runner: runs the tail.
        counters: frames and messages, under the names of docs/protocol.md, section 2.4.
        patience_s, switch: see :class:`FrameLink`.
        hearing: is told why frames are dropped and who greets.
        keyring: the keys of boards that have one.
        nonce: makes 16 random bytes.
    """

    def __init__(
        self,
        runner: TailRunner,
        counters: Counter[str],
        patience_s: float,
        switch: Switch | None = None,
        hearing: Hearing | None = None,
        keyring: Keyring | None = None,
        nonce: Callable[[], bytes] = new_nonce,
    ) -> None:
        self._runner = runner
        self._hearing = hearing or Hearing()
        self._counters = counters
        self._patience_s = patience_s
        self._switch = switch
        self._keyring = keyring or Keyring()
        self._nonce = nonce
        self._boards: dict[FrameLink, BoardLink] = {}
        self._lobby = Lobby(MAX_STRANGERS)
        self._half_open = Lobby(MAX_HALF_OPEN)

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
        """Somebody has connected."""
        self._counters["connections"] += 1
        log.info("%s connected", link.peer)
        session = EdgeSession(self._counters, hearing=self._hearing)
        self._boards[link] = BoardLink(link, session, self._keyring, self._nonce)
        self._lobby.enter(link)

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
            if not board.session.greeted:
                _answer_hello(link, header, len(frame))
            raise
        except ProtocolError as error:
            if header is None and not self._keyring.takes_keyless:
                raise self._strange(link, ForeignError(str(error))) from error
            self._counters["rx_bad_crc" if isinstance(error, DamagedError) else "rx_bad_frame"] += 1
            if error.reason in _DROPPED:
                self._hearing.drop(str(error))
                return
            raise
        if message is None:
            self._counters["rx_duplicate"] += 1
            return
        if not board.is_of_session(message):
            self._counters["rx_bad_frame"] += 1
            self._hearing.drop("A message came over a connection of another session.")
            return
        outcome = board.session.receive(message, tail)
        if not self._let_in(link, board):
            return
        if isinstance(outcome, Inference):
            self._runner.run(board, outcome.request)
        elif outcome is not None:
            board.answer(outcome)

    def failed(self, link: FrameLink, error: ProtocolError) -> None:
        """A board broke the protocol, or a stranger has spoken."""
        if isinstance(error, ForeignError):
            return
        board = self._boards.get(link)
        is_keyed = board is not None and board.key is not None
        if is_keyed or not self._keyring.takes_keyless:
            self._strange(link, error)
            return
        self._hearing.drop(str(error))
        if error.reason == "prefix":
            self._counters["rx_bad_frame"] += 1
        log.warning("%s broke the protocol: %s", link.peer, error)

    def lost(self, link: FrameLink, reason: str) -> None:
        """A connection is over."""
        self._lobby.leave(link)
        self._half_open.leave(link)
        if self._boards.pop(link, None) is not None:
            log.info("%s disconnected: %s", link.peer, reason)

    def _let_in(self, link: FrameLink, board: BoardLink) -> bool:
        """Let a connection be what its board has shown to be, unless there are too many boards."""
        if board.session.greeted and self._lobby.leave(link):
            link.welcome()
            self._half_open.enter(link)
        if board.key is None and not self._keyring.takes_keyless:
            return True
        if self._half_open.leave(link):
            known = len(self._boards) - len(self._lobby) - len(self._half_open)
            if known > MAX_LINKS:
                log.warning("%s refused: %d boards are connected", link.peer, MAX_LINKS)
                link.abort("there are too many boards")
                return False
        return True

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
