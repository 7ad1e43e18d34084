# SPDX-License-Identifier: MIT
"""A tail that a test plays with a key, frame by frame (docs/protocol.md, section 1.8)."""

from dataclasses import replace

from hil.board.board import Board
from hil.board.link import request_up
from hil.board.station import ESPNOW_CHANNEL, Station
from hil.host.secret import Unseen
from hil.protocol import (
    ErrorCode,
    Flags,
    FrameHeader,
    Hello,
    Message,
    MessageType,
    ProtocolError,
    Role,
)
from hil.protocol.auth import greeting_key, new_key, new_nonce, sealed, session_key
from hil.protocol.greeting.greeting import with_nonce, without_nonce
from hil.protocol.packet import parse_single_frame, refusal, single_frame
from hil.suite.helpers.air.raw_air import RawAir
from hil.suite.helpers.air.raw_tail import RawTail
from hil.suite.helpers.air.scripted_head import VIA, told
from hil.symptoms import Misbehaviour, expect
from hil.transport.espnow import FRAME_LIMIT


class KeyedTail(RawTail):
    """A tail that has a key in common with a head.

    Attributes:
        session: the head's, once it has greeted.
        session_key: of the connection, once it is greeted; until then one that nobody has.

    Args:
        air: this host's end.
        gateway: by whose address the head knows this tail.
        board: the head, with the key.
        key: of both sides.
    """

    def __init__(self, air: RawAir, gateway: Station, board: Board, key: Unseen) -> None:
        super().__init__(air, gateway, board)
        self._key = key
        self.session = 0
        self.session_key = new_key()

    def greeted(self) -> bytes:
        """Open the link, strangers answering first; return the head's nonce.

        Raises:
            Misbehaviour: HELLO has no tag, or what anybody can say has ended it.
        """
        self._air.attend()
        console = self.board.console
        console.request("peer", mac=self._address, channel=ESPNOW_CHANNEL)
        request_up(console, VIA)
        heard = self.hear(MessageType.HELLO, "HELLO of a head with a key")
        try:
            hello, asking = without_nonce(parse_single_frame(heard.header, heard.frame, self._key))
        except ProtocolError as broken:
            raise Misbehaviour(
                "wrong-hello",
                link=VIA,
                stage="HELLO of a head with a key",
                expected="a nonce, and the key's tag",
                got=f"{told(heard.frame)} ({broken})",
            ) from broken
        own = replace(Hello.parse(hello.payload), role=Role.TAIL, frame_limit=FRAME_LIMIT)
        answering = new_nonce()
        answer = with_nonce(hello._replace(flags=Flags.ANSWER, payload=own.pack()), answering)
        self.say(
            single_frame(refusal(hello, ErrorCode.AUTH, "")),
            single_frame(refusal(hello, ErrorCode.BUSY, ""), new_key()),
            single_frame(answer),
            single_frame(answer, new_key()),
            single_frame(answer, greeting_key(self._key, hello.session, asking)),
        )
        event = self.event("link", "HELLO, answered by strangers and then rightly")
        expect(
            event.get("state") == "up",
            "stranger-heeded",
            link=VIA,
            stage="HELLO, answered by strangers and then rightly",
            expected="a link that is up",
            got=event.get("code", event),
        )
        self.session = hello.session
        self.session_key = session_key(self._key, hello.session, asking, answering)
        self.hear(MessageType.ACK, "by what the session begins")
        return asking

    def made(
        self,
        asked: FrameHeader,
        kind: MessageType,
        payload: bytes,
        *,
        tag: Unseen | None = None,
        check: Unseen | None = None,
    ) -> bytes:
        """Return what answers a frame of the head, with the session's tag and check or others."""
        message = Message(kind, Flags.ANSWER, self.session, asked.message_id, 0, payload)
        return sealed(check or self.session_key, single_frame(message, tag or self.session_key))
