# SPDX-License-Identifier: MIT
"""A head without a board: asks an edge server as a board would, to try it out and to measure."""

import itertools
import socket
from types import TracebackType
from typing import Self

from hil.errors import EdgeError
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
    StreamDecoder,
    pack_stream,
    parse_stream_frame,
)

_LIMIT = 1 << 24


class HeadClient:
    """A TCP connection to an edge server, blocking; a context manager.

    Attributes:
        socket: the connection, for whoever wants to misuse it.

    Args:
        address: host and port of the server.
        model_id: names full model and cut, u32.
        session: session number of this side.
        timeout: longest wait for anything, in seconds.

    Raises:
        EdgeError: nothing answers there.
    """

    def __init__(
        self, address: tuple[str, int], model_id: int, session: int = 1, timeout: float = 10.0
    ) -> None:
        try:
            self.socket = socket.create_connection(address, timeout)
        except OSError as error:
            raise EdgeError(
                f"No edge server answers at {address[0]}:{address[1]} ({error}); start it."
            ) from error
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._model_id = model_id
        self._session = session
        self._decoder = StreamDecoder(_LIMIT)
        self._message_ids = itertools.count(1)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.socket.close()

    def hello(self, dtype: DataType, tensor_size: int, classes: int) -> Message:
        """Greet as a head; return the answer, HELLO or ERROR."""
        payload = Hello(Role.HEAD, dtype, 0, tensor_size, classes).pack()
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
            EdgeError: the connection ended, or no answer came in time.
            ProtocolError: what came back is no answer to this.
        """
        message_id = next(self._message_ids)
        message = Message(kind, flags, self._session, message_id, self._model_id, payload)
        try:
            self.socket.sendall(pack_stream(message))
            answer = self.receive()
        except OSError as error:
            raise EdgeError(f"The edge server was lost ({error}); look at its log.") from error
        if answer.message_id != message_id or Flags.ANSWER not in answer.flags:
            raise ProtocolError("answer", "What came back does not answer what was asked.")
        return answer

    def receive(self) -> Message:
        """Return the next message.

        Raises:
            EdgeError: the connection ended.
            OSError: it broke, or nothing came in time.
        """
        while (frame := self._decoder.pop()) is None:
            data = self.socket.recv(1 << 18)
            if not data:
                raise EdgeError("The edge server closed the connection; look at its log.")
            self._decoder.push(data)
        return parse_stream_frame(frame)
