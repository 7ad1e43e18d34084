# SPDX-License-Identifier: MIT
"""A head without a board: asks an edge server as a board would, to try it out and to measure."""

import itertools
import secrets
from typing import Protocol, Self

from hil.edge.asking.packet_asker import PacketAsker, UdpChannel
from hil.edge.asking.stream_asker import StreamAsker
from hil.errors import EdgeError
from hil.host.secret import Unseen
from hil.protocol import (
    DataType,
    ErrorPayload,
    Flags,
    Hello,
    Message,
    MessageType,
    ProtocolError,
    Result,
    Role,
)


class Asker(Protocol):
    """A way to ask an edge server one question at a time.

    Attributes:
        frame_limit: largest frame in bytes, 0 on a stream.
    """

    frame_limit: int

    def ask(self, message: Message) -> Message:
        """Return the answer; raises EdgeError if there is none."""

    def close(self) -> None:
        """End it."""


class HeadClient:
    """A head that asks an edge server, blocking; a context manager.

    Attributes:
        session: session number of this side.
        asker: the way to the server, for whoever wants to misuse it.

    Args:
        asker: the way to the server.
        model_id: names full model and cut, u32.
        session: session number of this side, a random one if None.
    """

    def __init__(self, asker: Asker, model_id: int, session: int | None = None) -> None:
        self.session = secrets.randbits(32) if session is None else session
        self.asker = asker
        self._model_id = model_id
        self._message_ids = itertools.count(1)

    @classmethod
    def tcp(
        cls,
        address: tuple[str, int],
        model_id: int,
        session: int | None = None,
        timeout: float = 10.0,
        key: Unseen | None = None,
    ) -> Self:
        """Connect; raises EdgeError if nothing answers there."""
        return cls(StreamAsker(address, timeout, key), model_id, session)

    @classmethod
    def udp(
        cls,
        address: tuple[str, int],
        model_id: int,
        session: int | None = None,
        key: Unseen | None = None,
    ) -> Self:
        """Use UDP; nothing is sent yet."""
        return cls(PacketAsker(UdpChannel(address), key), model_id, session)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.asker.close()

    def hello(self, dtype: DataType, tensor_size: int, classes: int) -> Message:
        """Greet as a head; return the answer, HELLO or ERROR."""
        limit = self.asker.frame_limit
        payload = Hello(Role.HEAD, dtype, limit, tensor_size, classes).pack()
        return self.ask(MessageType.HELLO, payload)

    def infer(self, activation: bytes, want_output: bool = False) -> tuple[int, Result]:
        """Send an activation; return its message id and the tail's result.

        Raises:
            EdgeError: the server refused, with its sentence, or was lost.
        """
        flags = Flags.WANT_OUTPUT if want_output else Flags.NONE
        answer = self.ask(MessageType.DATA, activation, flags)
        if answer.type is MessageType.ERROR:
            refusal = ErrorPayload.parse(answer.payload)
            raise EdgeError(f"{refusal.label}: {refusal.text}")
        return answer.message_id, Result.parse(answer.payload)

    def ask(self, kind: MessageType, payload: bytes, flags: Flags = Flags.NONE) -> Message:
        """Send a message of any type and return the answer to it.

        Raises:
            EdgeError: the server was lost, or no answer came in time.
            ProtocolError: what came back is no answer to this.
        """
        message_id = next(self._message_ids)
        model_id = 0 if kind is MessageType.ECHO else self._model_id
        answer = self.asker.ask(Message(kind, flags, self.session, message_id, model_id, payload))
        if answer.message_id != message_id or Flags.ANSWER not in answer.flags:
            raise ProtocolError("answer", "What came back does not answer what was asked.")
        if answer.session != self.session:
            raise ProtocolError("session", "What came back answers another session.")
        return answer
