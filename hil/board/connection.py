# SPDX-License-Identifier: MIT
"""A link that is up: what it runs between, whether it stands, and its end."""

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from hil.board.blame import unanswered
from hil.board.keying import Agreement
from hil.board.link import take_down
from hil.board.station import Station
from hil.errors import EdgeError, MessageLost
from hil.symptoms import Misbehaviour

if TYPE_CHECKING:
    from hil.edge import EdgeRecord, EdgeServer, TailSide

_NONE = Agreement(has_key=False)


class Connection:
    """A link that is up.

    Args:
        head: the board that asks.
        via: which link.
        edge: what answers on this host, usually the edge server that runs the tail, or
        tail: the second board that does.
        gateway: the second board that carries ESP-NOW to the edge server.
        check_radio: raises where this host's radio has ended the link.
        undo: lets go of this host's end.
        at_close: ends what the second board does for the link.
        agreement: whether the ends have a key, and why not.

    Attributes:
        via, tail, gateway: as above.
        authenticated: whether the link is.
        keyless: why it is not, as a sentence, if that has to be told.
    """

    def __init__(
        self,
        head: Station,
        via: str,
        *,
        edge: "TailSide | None" = None,
        tail: Station | None = None,
        gateway: Station | None = None,
        check_radio: Callable[[], None] | None = None,
        undo: contextlib.ExitStack | None = None,
        at_close: Callable[[], None] | None = None,
        agreement: Agreement = _NONE,
    ) -> None:
        self.via = via
        self.authenticated, self.keyless = agreement
        self._side = edge
        self.tail = tail
        self.gateway = gateway
        self._head = head
        self._check_radio = check_radio
        self._at_close = at_close
        self._sessions = {
            board: board.info.session for board in (head, tail, gateway) if board is not None
        }
        self._undo = undo or contextlib.ExitStack()

    @property
    def edge(self) -> "EdgeServer | None":
        """The edge server; ``None`` where a board or something else answers."""
        from hil.edge.scripted import ScriptedTail

        return None if isinstance(self._side, ScriptedTail) else self._side

    def stands(self) -> bool:
        """Ask the boards whether the link is still up, none of them having started anew.

        Raises:
            BoardSilent, BoardPanic, ConsoleError: as :meth:`hil.Console.request`.
        """
        sessions = {board: board.refresh().session for board in self._sessions}
        return sessions == self._sessions and self._head.console.next_event("link") is None

    def check(self) -> None:
        """Make sure that a message was not lost because another is gone: this host's end, a board.

        Raises:
            InfrastructureError: this host's end is; the sentence says what has to be mended.
            BoardPanic, BootFailure: one of the boards has crashed or reset itself.
            BoardSilent: the second board says nothing any more.
        """
        for board in self._sessions:
            board.console.check()
            board.console.require_sound()
        if self._side is not None:
            self._side.check()
        if self._check_radio is not None:
            self._check_radio()
        if (second := self.tail or self.gateway) is not None:
            second.refresh()

    @contextlib.contextmanager
    def explaining(self) -> Iterator[None]:
        """Where a message is lost in a ``with`` block, raise as :meth:`check` if that is why.

        Raises:
            MessageLost: it is not; the sentence says who has not answered.
        """
        try:
            yield
        except MessageLost as error:
            self.check()
            raise unanswered(error, self.via, self.edge, self.tail) from error

    def record(self, message_id: int) -> "EdgeRecord | None":
        """Return what the edge server received and answered; ``None`` where a board did.

        Raises:
            EdgeError: the edge server has ended.
            Misbehaviour: it has answered no such message of this boot.
        """
        if self._side is None:
            return None
        session = self._sessions[self._head]
        try:
            # The board has its answer, and before that was sent the record was there.
            owner = self._head.info.mac if self.authenticated else None
            return self._side.record(message_id, session=session, timeout=0.0, owner=owner)
        except EdgeError as error:
            self._side.check()
            raise Misbehaviour(
                "message-misnumbered",
                link=self.via,
                stage="inference",
                expected="the number of a message that the edge server has answered",
                got=f"message {message_id} of session {session:08x}, which it has not seen",
            ) from error

    def close(self) -> None:
        """Take the link down at both ends; raises as :meth:`hil.Console.request`."""
        with self._undo:
            take_down(self._head.console, self.via)
            if self._at_close is not None:
                self._at_close()

    def abandon(self) -> None:
        """Let go of this host's end of a link that a reset of the head has ended.

        A second board goes on listening, as one whose head has gone does.
        """
        self._undo.close()
