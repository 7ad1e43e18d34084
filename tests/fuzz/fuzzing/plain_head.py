# SPDX-License-Identifier: MIT
"""The asking side over BLE (docs/protocol.md, section 1.6), which no host of hil's has."""

from hil.protocol import Asking, Message, MessageType, ProtocolError, header_of
from hil.protocol.auth import ForeignError
from hil.protocol.exchange import PATIENCE_US


class PlainHead(Asking):
    """Every frame goes out once, and nothing is acknowledged, polled for or waited for but HELLO.

    It is opened at time 0.
    """

    def ask(self, message: Message, now_us: int) -> list[bytes]:
        super().ask(message, now_us)
        self._is_hello = message.type is MessageType.HELLO
        self._has_failed = False
        return [self._sealed(frame) for frame in self._frames]

    def receive(self, frame: bytes, now_us: int) -> list[bytes]:
        header, bad = header_of(frame), self.bad
        is_ack = header is not None and header.type is MessageType.ACK
        try:
            super().receive(frame, now_us)
        except ForeignError:
            raise
        except ProtocolError:
            if not is_ack:
                raise
        if is_ack and self.bad == bad:
            self.bad += 1
        return []

    def on_timer(self, now_us: int) -> list[bytes]:
        self._has_failed = self.deadline is not None and now_us >= self.deadline
        return []

    @property
    def deadline(self) -> int | None:
        return PATIENCE_US if self._is_hello and self.answer is None else None

    @property
    def failed(self) -> bool:
        return self._has_failed
