# SPDX-License-Identifier: MIT
"""What a transport's overhead is measured on: one exchange, bare and with the edge server.

A lane has a part in each of two processes, as a board is never in the server's. Sockets are here,
the serial line and BLE in modules of their own.
"""

import socket
import threading
from dataclasses import dataclass
from typing import Any, Protocol

from hil.edge import EdgeServer
from hil.edge.asking.client import Asker, HeadClient, StreamAsker
from hil.edge.asking.packet_asker import PacketAsker, UdpChannel
from hil.host.secret import Unseen
from hil.protocol import DataType, Flags, Message, MessageType, fragment, pack_stream
from hil.transport.udp import FRAME_LIMIT

Address = tuple[str, int]
WAIT_S = 30.0


@dataclass(frozen=True)
class Exchange:
    """An activation in and a result out.

    Attributes:
        model_id: names model and cut.
        dtype: element type of the activation.
        classes: number of classes.
        activation: the payload of DATA.
        result_size: bytes of RESULT's payload.
        key: of both sides, as boards have one; without, links are for anybody.
    """

    model_id: int
    dtype: DataType
    classes: int
    activation: bytes
    result_size: int
    key: Unseen | None

    @property
    def request(self) -> Message:
        """DATA."""
        return Message(MessageType.DATA, Flags.NONE, 1, 2, self.model_id, self.activation)

    @property
    def answer(self) -> Message:
        """A message as long as RESULT."""
        payload = bytes(self.result_size)
        return Message(MessageType.RESULT, Flags.ANSWER, 1, 2, self.model_id, payload)

    def head(self, asker: Asker) -> HeadClient:
        """Return a head that has greeted."""
        head = HeadClient(asker, self.model_id)
        hello = head.hello(self.dtype, len(self.activation), self.classes)
        if hello.type is not MessageType.HELLO:
            raise SystemExit(f"the edge server refused the head: {hello.payload!r}")
        return head


class Lane(Protocol):
    """One link.

    Attributes:
        name: of the protocol.
        library: the bare one it is compared with.
        head: asks the edge server; once connected.
    """

    name: str
    library: str
    head: HeadClient

    def __init__(self, exchange: Exchange) -> None:
        """Prepare this process's part."""

    @property
    def invitation(self) -> Any:
        """What the server's process has to know."""

    @staticmethod
    def serve(edge: EdgeServer, exchange: Exchange, invitation: Any) -> Any:
        """In the server's process, serve both; return what this process has to know."""

    def connect(self, reply: Any) -> None:
        """Connect both, given what the server's process returned."""

    def bare(self) -> None:
        """Send what a request has, and receive what its answer has, through the bare library."""

    def close(self) -> None:
        """End both."""


class TcpLane:
    """TCP against a bare socket."""

    name, library = "tcp", "socket"
    invitation = None

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._request = pack_stream(exchange.request)
        self._answer_size = len(pack_stream(exchange.answer))

    @staticmethod
    def serve(edge: EdgeServer, exchange: Exchange, invitation: None) -> tuple[Address, Address]:
        """Serve one bare client in a thread."""
        listener = socket.create_server(("127.0.0.1", 0))
        request_size = len(pack_stream(exchange.request))
        answer = pack_stream(exchange.answer)

        def run() -> None:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with listener, connection:
                while _receive(connection, request_size):
                    connection.sendall(answer)

        threading.Thread(target=run, daemon=True).start()
        return edge.address, listener.getsockname()

    def connect(self, reply: tuple[Address, Address]) -> None:
        """See Lane."""
        self.head = self._exchange.head(StreamAsker(reply[0], WAIT_S, self._exchange.key))
        self._bare = socket.create_connection(reply[1], WAIT_S)
        self._bare.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def bare(self) -> None:
        """See Lane."""
        self._bare.sendall(self._request)
        if not _receive(self._bare, self._answer_size):
            raise SystemExit("the bare connection was lost")

    def close(self) -> None:
        """See Lane."""
        self.head.asker.close()
        self._bare.close()


class UdpLane:
    """UDP against a bare socket that sends and receives as many datagrams."""

    name, library = "udp", "socket"
    invitation = None

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange
        self._request = fragment(exchange.request, FRAME_LIMIT - 16)
        self._answers = len(fragment(exchange.answer, FRAME_LIMIT - 16))

    @staticmethod
    def serve(edge: EdgeServer, exchange: Exchange, invitation: None) -> tuple[Address, Address]:
        """Serve one bare client in a thread."""
        bare = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        bare.bind(("127.0.0.1", 0))
        count = len(fragment(exchange.request, FRAME_LIMIT - 16))
        answers = fragment(exchange.answer, FRAME_LIMIT - 16)

        def run() -> None:
            while True:
                for _ in range(count):
                    _, address = bare.recvfrom(2048)
                for answer in answers:
                    bare.sendto(answer, address)

        threading.Thread(target=run, daemon=True).start()
        return edge.address, bare.getsockname()

    def connect(self, reply: tuple[Address, Address]) -> None:
        """See Lane."""
        self.head = self._exchange.head(PacketAsker(UdpChannel(reply[0]), self._exchange.key))
        self._bare = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._bare.settimeout(WAIT_S)
        self._bare.connect(reply[1])

    def bare(self) -> None:
        """See Lane."""
        for datagram in self._request:
            self._bare.send(datagram)
        for _ in range(self._answers):
            self._bare.recv(2048)

    def close(self) -> None:
        """See Lane."""
        self.head.asker.close()
        self._bare.close()


def _receive(connection: socket.socket, size: int) -> bool:
    left = size
    while left:
        part = connection.recv(left)
        if not part:
            return False
        left -= len(part)
    return True
