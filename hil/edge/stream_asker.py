# SPDX-License-Identifier: MIT
"""Asking over TCP."""

import socket

from hil.errors import EdgeError
from hil.protocol import Message, StreamDecoder, pack_stream, parse_stream_frame

_LIMIT = 1 << 24


class StreamAsker:
    """A TCP connection, blocking.

    Attributes:
        socket: the connection.

    Args:
        address: host and port of the server.
        timeout: longest wait for anything, in seconds.

    Raises:
        EdgeError: nothing answers there.
    """

    frame_limit = 0

    def __init__(self, address: tuple[str, int], timeout: float) -> None:
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
            EdgeError: the connection ended, or no answer came in time.
        """
        try:
            self.socket.sendall(pack_stream(message))
            return self.receive()
        except OSError as error:
            raise EdgeError(f"The edge server was lost ({error}); look at its log.") from error

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

    def close(self) -> None:
        """Close the connection."""
        self.socket.close()
