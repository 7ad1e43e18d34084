# SPDX-License-Identifier: MIT
"""A server of RFC 2217 whose board says something without end."""

import contextlib
import socket
import threading
from collections.abc import Callable

from hil.serialport.telnet import (
    ANSWER,
    Negotiation,
    Option,
    Subnegotiation,
    TelnetDecoder,
    Verb,
    com_port,
    negotiation,
)

MUCH = 6 << 20


class FloodingServer:
    """Serves any number of clients: agrees to everything, and says ``flood`` again and again.

    Attributes:
        said: bytes of the flood so far.
        much: set once they are much.
        url: where it listens.

    Args:
        flood: see above.
        rate: bytes a second, 0 for as many as can be.
    """

    def __init__(self, flood: bytes, rate: float = 0.0) -> None:
        self.flood = flood
        self._pause_s = len(flood) / rate if rate else 0.0
        self.said = 0
        self.much = threading.Event()
        self.silent = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"rfc2217://127.0.0.1:{self._listener.getsockname()[1]}"
        self._sending = threading.Lock()
        self._clients: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def close(self) -> None:
        self.silent.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # close() alone does not wake who accepts
        self._listener.close()
        self._threads[0].join()
        for client in self._clients:
            client.close()
        for thread in self._threads:
            thread.join()

    def _start(self, work: Callable[..., None], *arguments: object) -> None:
        self._threads.append(threading.Thread(target=work, args=arguments))
        self._threads[-1].start()

    def _accept(self) -> None:
        while not self.silent.is_set():
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            self._clients.append(client)
            self._start(self._serve, client)
            self._start(self._spew, client)

    def _serve(self, client: socket.socket) -> None:
        decoder = TelnetDecoder()
        with client:
            try:
                while data := client.recv(65536):
                    for event in decoder.feed(data):
                        self._answer(client, event)
            except OSError:
                return

    def _answer(self, client: socket.socket, event: object) -> None:
        if isinstance(event, Negotiation):
            if event.verb == Verb.WILL and event.option in (Option.COM_PORT, Option.BINARY):
                self._send(client, negotiation(Verb.DO, event.option))
        elif isinstance(event, Subnegotiation):
            self._send(client, com_port(event.payload[1] + ANSWER, event.payload[2:]))

    def _spew(self, client: socket.socket) -> None:
        try:
            while not self.silent.is_set():
                self._send(client, self.flood)
                self.said += len(self.flood)
                if self.said > MUCH:
                    self.much.set()
                self.silent.wait(self._pause_s)
        except OSError:
            return

    def _send(self, client: socket.socket, data: bytes) -> None:
        with self._sending:
            client.sendall(data)
