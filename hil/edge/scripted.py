# SPDX-License-Identifier: MIT
"""The answering side of every link, which says what it is told to say, right or wrong.

An edge server keeps to docs/protocol.md. How a board takes what breaks it, only somebody can show
who does.
"""

import contextlib
import socket
import struct
import threading
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass

from hil.edge.store import EdgeRecord
from hil.errors import EdgeError
from hil.protocol import (
    Answerer,
    Answering,
    FrameHeader,
    Message,
    PlainAnswering,
    ProtocolError,
    StreamDecoder,
    pack_stream,
    parse_stream_frame,
)
from hil.protocol.frame import HEADER_SIZE
from hil.transport.packet import PacketTransport
from hil.transport.udp import BARRIER, FRAME_LIMIT

Script = Callable[[Message], Sequence[Message | bytes]]
"""What to say to a message of a board. Bytes are a frame that goes out as it is, header and body;
over TCP behind a prefix of its length."""

_LIMIT = 1 << 24
_PREFIX = struct.Struct("<I")
_PORTS_TRIED = 20
_LARGEST_DATAGRAM = 1 << 16


@dataclass(frozen=True)
class Heard:
    """A frame that a board has sent.

    Attributes:
        via: the link.
        frame: header and body.
    """

    via: str
    frame: bytes


class ScriptedTail:
    """Listens over TCP and UDP from construction until it is closed; a context manager.

    Requests are put together, acknowledged and polled as docs/protocol.md says; what is answered to
    a whole one is the script's affair. On a virtual board time stands still while a request has no
    answer: who wants to leave it without one says something that is none.

    Attributes:
        address: host and port, over TCP and UDP.
        script: what it says to a message; it may be exchanged at any time.
        shape: what becomes of the frames that are about to go to a board at once.
        frame_limit: largest frame, in bytes, that it sends to a board which greets anew; what the
            script says of it in HELLO is the script's affair.

    Args:
        script: to begin with.
        host: address to listen on; ``0.0.0.0`` for boards on a network.

    Raises:
        EdgeError: the address cannot be had.
    """

    def __init__(self, script: Script, *, host: str = "127.0.0.1") -> None:
        self.script = script
        self.shape: Callable[[list[bytes]], Sequence[bytes]] = list
        self.frame_limit = 0xFFFF
        self._heard: list[Heard] = []
        self._changed = threading.Condition()
        self._answerers: dict[tuple[PacketTransport | None, object, int], Answerer] = {}
        self._connections: set[socket.socket] = set()
        self._transports: list[PacketTransport] = []
        self._closed = False
        self._listener, self._datagrams = _listen(host)
        self.address: tuple[str, int] = self._listener.getsockname()[:2]
        for work in (self._accept, self._take_datagrams):
            threading.Thread(target=work, name="hil-scripted", daemon=True).start()

    def __enter__(self) -> "ScriptedTail":
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    @property
    def heard(self) -> list[Heard]:
        """The frames of boards since the last :meth:`forget`, in order."""
        with self._changed:
            return list(self._heard)

    def forget(self) -> None:
        """Begin to note frames anew."""
        with self._changed:
            self._heard.clear()

    def wait_heard(self, wanted: Callable[[Heard], bool], timeout: float) -> Heard:
        """Return the first frame noted that is wanted.

        Args:
            wanted: tells whether it is.
            timeout: seconds of real time.

        Raises:
            EdgeError: none came in time.
        """

        def found() -> Heard | None:
            return next((each for each in self._heard if wanted(each)), None)

        with self._changed:
            heard = self._changed.wait_for(found, timeout)
        if heard is None:
            raise EdgeError(f"The board has not sent what it was waited for in {timeout:g} s.")
        return heard

    def wait_connections(self, count: int, timeout: float) -> bool:
        """Wait until so many boards are connected over TCP; return whether it came to that.

        Args:
            count: of connections that neither side has ended.
            timeout: seconds of real time.
        """
        with self._changed:
            return self._changed.wait_for(lambda: len(self._connections) == count, timeout)

    def hang_up(self) -> None:
        """End every connection over TCP; new ones are taken."""
        with self._changed:
            connections = list(self._connections)
        for connection in connections:
            with contextlib.suppress(OSError):  # it may just have ended by itself
                connection.shutdown(socket.SHUT_RDWR)

    def attach(self, transport: PacketTransport) -> None:
        """Answer the boards of a transport, too, until it is detached."""

        def received(peer: str, frame: bytes, done: Callable[[], None]) -> None:
            transport.send(peer, self._react(transport.kind, transport, peer, frame))
            done()

        def lost(peer: str, _reason: str) -> None:
            self._forget_boards(lambda key: key[:2] == (transport, peer))

        self._transports.append(transport)
        transport.start(received, lost)

    def detach(self, transport: PacketTransport) -> None:
        """Forget a transport's boards and close it; harmless if it is not attached."""
        if transport in self._transports:
            self._transports.remove(transport)
            transport.close()
            self._forget_boards(lambda key: key[0] is transport)

    def check(self) -> None:
        """Nothing of it ends by itself."""

    def record(
        self,
        message_id: int,
        session: int | None = None,
        timeout: float = 5.0,
        owner: Hashable | None = None,
    ) -> EdgeRecord:
        """Raise EdgeError: a script keeps no records."""
        raise EdgeError(f"A scripted tail has no record of message {message_id}.")

    def close(self) -> None:
        """Listen no more, hang up and close what is attached."""
        self._closed = True
        for transport in list(self._transports):
            self.detach(transport)
        for listening in (self._listener, self._datagrams):
            with contextlib.suppress(OSError):  # a datagram socket is not connected
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        self.hang_up()

    def _forget_boards(
        self, which: Callable[[tuple[PacketTransport | None, object, int]], bool]
    ) -> None:
        with self._changed:
            for key in [key for key in self._answerers if which(key)]:
                del self._answerers[key]

    def _note(self, via: str, frame: bytes) -> None:
        with self._changed:
            self._heard.append(Heard(via, frame))
            self._changed.notify_all()

    def _react(
        self, via: str, transport: PacketTransport | None, peer: object, frame: bytes
    ) -> list[bytes]:
        """Take a frame of a packet link and return what is said to it."""
        self._note(via, frame)
        try:
            session = FrameHeader.parse(frame[:HEADER_SIZE]).session
            with self._changed:
                key = (transport, peer, session)
                answerer = self._answerers.get(key) or self._new_answerer(transport)
                self._answerers[key] = answerer
            out, message = answerer.receive(frame)
        except ProtocolError:
            return []
        if message is not None:
            for said in self.script(message):
                out += answerer.answer(said) if isinstance(said, Message) else [said]
        return list(self.shape(out))

    def _new_answerer(self, transport: PacketTransport | None) -> Answerer:
        limit = FRAME_LIMIT if transport is None else transport.frame_limit
        limit = min(limit, self.frame_limit)
        plain = transport is not None and not transport.selective_repeat
        return PlainAnswering(limit, _LIMIT) if plain else Answering(limit, _LIMIT)

    def _take_datagrams(self) -> None:
        with contextlib.suppress(OSError):  # the socket has been closed
            while not self._closed:
                data, sender = self._datagrams.recvfrom(_LARGEST_DATAGRAM)
                said = [data]
                if not data.startswith(BARRIER):
                    said = self._react("udp", None, sender, data)
                for each in said:
                    self._datagrams.sendto(each, sender)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the socket has been closed
            while True:
                connection, _ = self._listener.accept()
                with self._changed:
                    self._connections.add(connection)
                    self._changed.notify_all()
                serve = threading.Thread(
                    target=self._serve, args=(connection,), name="hil-scripted", daemon=True
                )
                serve.start()

    def _serve(self, connection: socket.socket) -> None:
        decoder = StreamDecoder(_LIMIT)
        with connection, contextlib.suppress(OSError, ProtocolError):
            while data := connection.recv(_LARGEST_DATAGRAM):
                decoder.push(data)
                while (frame := decoder.pop()) is not None:
                    self._note("tcp", frame)
                    said = [_as_frame(each) for each in self.script(parse_stream_frame(frame))]
                    out = (_PREFIX.pack(len(each)) + each for each in self.shape(said))
                    connection.sendall(b"".join(out))  # at once: a virtual board's time waits
        with self._changed:
            self._connections.discard(connection)
            self._changed.notify_all()


def _as_frame(said: Message | bytes) -> bytes:
    return said if isinstance(said, bytes) else pack_stream(said)[_PREFIX.size :]


def _listen(host: str) -> tuple[socket.socket, socket.socket]:
    """Return sockets of TCP and UDP on one port."""
    for _ in range(_PORTS_TRIED):
        try:
            listener = socket.create_server((host, 0))
        except OSError as error:
            raise EdgeError(
                f"Nothing can listen on {host} ({error.strerror}); name an address of this host."
            ) from error
        datagrams = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            datagrams.bind(listener.getsockname())
        except OSError:
            listener.close()
            datagrams.close()
            continue
        return listener, datagrams
    raise EdgeError("No port is free for both TCP and UDP; end what takes them.")
