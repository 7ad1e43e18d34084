# SPDX-License-Identifier: MIT
"""Asking over TCP."""

import socket

from hil.edge.asking.packet_asker import OTHER_KEY
from hil.errors import EdgeError
from hil.host.secret import Unseen
from hil.protocol import (
    Message,
    MessageType,
    StreamDecoder,
    pack_stream,
    parse_stream_frame,
    parse_stream_header,
)
from hil.protocol.auth import ForeignError
from hil.protocol.greeting.asking_keys import AskingKeys

_LIMIT = 1 << 24


class StreamAsker:
    """A TCP connection, blocking.

    Attributes:
        socket: the connection.

    Args:
        address: host and port of the server.
        timeout: longest wait for anything, in seconds.
        key: of both sides, 16 bytes; without one nothing is authenticated.

    Raises:
        EdgeError: nothing answers there.
    """

    frame_limit = 0

    def __init__(self, address: tuple[str, int], timeout: float, key: Unseen | None = None) -> None:
        self._keys = None if key is None else AskingKeys(key)
        try:
            self.socket = socket.create_connection(address, timeout)
        except OSError as error:
            raise EdgeError(
                f"No edge server answers at {address[0]}:{address[1]} ({error}); start it."
            ) from error
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._decoder = StreamDecoder(_LIMIT)

    def ask(self, message: Message) -> Message:
        """Send a request and return its answer.

        Raises:
            EdgeError: the connection ended, no answer came in time, or what came was not made with
                the key.
            ProtocolError: with a key, before HELLO has been answered.
        """
        key = None
        if self._keys is not None:
            message, key = self._keys.outgoing(message)
        try:
            self.socket.sendall(pack_stream(message, key))
            return self.receive()
        except OSError as error:
            raise EdgeError(f"The edge server was lost ({error}); look at its log.") from error

    def receive(self) -> Message:
        """Return the next message.

        Raises:
            EdgeError: the connection ended, or the message was not made with the key.
            OSError: it broke, or nothing came in time.
        """
        while (frame := self._decoder.pop()) is None:
            data = self.socket.recv(1 << 18)
            if not data:
                raise EdgeError("The edge server closed the connection; look at its log.")
            self._decoder.push(data)
        return parse_stream_frame(frame) if self._keys is None else _verified(self._keys, frame)

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()


def _verified(keys: AskingKeys, frame: bytes) -> Message:
    """Return the message of a frame, and learn the session's key of it if it answers HELLO."""
    header = parse_stream_header(frame)
    try:
        keys.verify(header, frame)
    except ForeignError as error:
        why = OTHER_KEY if keys.lacks_key else f"auth: {error} Somebody else has answered."
        raise EdgeError(why) from error
    message = parse_stream_frame(frame, keys.key_of_answer(header))
    return keys.greeted(message) if message.type is MessageType.HELLO else message
