# SPDX-License-Identifier: MIT
"""A server of RFC 2217 whose board says more than is read, or that reports without end."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import serial

from hil.serialport import install
from hil.serialport.rfc2217_connection import MOST_RECEIVED, ServerConnection
from hil.serialport.telnet import (
    ANSWER,
    ComPort,
    Negotiation,
    Option,
    Subnegotiation,
    TelnetDecoder,
    Verb,
    com_port,
    negotiation,
)

PATIENCE_S = 60.0
MUCH = 6 << 20


class Server:
    """Agrees to everything, and says ``flood`` again and again meanwhile.

    Attributes:
        said: bytes of the flood so far.
        much: set once they are much.
    """

    def __init__(self, flood: bytes) -> None:
        self.flood = flood
        self.said = 0
        self.much = threading.Event()
        self.silent = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"rfc2217://127.0.0.1:{self._listener.getsockname()[1]}"
        self._sending = threading.Lock()
        self._threads = [threading.Thread(target=self._serve)]
        self._threads[0].start()

    def close(self) -> None:
        self.silent.set()
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        client, _ = self._listener.accept()
        spewing = threading.Thread(target=self._spew, args=(client,))
        self._threads.append(spewing)
        spewing.start()
        decoder = TelnetDecoder()
        with client:
            try:
                while data := client.recv(65536):
                    for event in decoder.feed(data):
                        self._answer(client, event)
            except OSError:
                return

    def _answer(self, client, event) -> None:
        if isinstance(event, Negotiation):
            if event.verb == Verb.WILL and event.option in (Option.COM_PORT, Option.BINARY):
                self._send(client, negotiation(Verb.DO, event.option))
        elif isinstance(event, Subnegotiation):
            self._send(client, com_port(event.payload[1] + ANSWER, event.payload[2:]))

    def _spew(self, client) -> None:
        try:
            while not self.silent.is_set():
                self._send(client, self.flood)
                self.said += len(self.flood)
                if self.said > MUCH:
                    self.much.set()
        except OSError:
            return

    def _send(self, client, data: bytes) -> None:
        with self._sending:
            client.sendall(data)


@contextmanager
def opened(flood: bytes) -> Iterator[tuple[Server, serial.SerialBase]]:
    install()
    server = Server(flood)
    try:
        with serial.serial_for_url(server.url, timeout=PATIENCE_S) as port:
            yield server, port
    finally:
        server.close()


def test_what_nobody_reads_is_lost_and_the_servers_answers_are_heard() -> None:
    with opened(b"x" * 10_000) as (server, port):
        assert server.much.wait(PATIENCE_S)
        for rate in (9600, 57600, 115200):
            port.baudrate = rate
            assert port.in_waiting <= MOST_RECEIVED + 65536


def test_while_somebody_reads_nothing_is_lost_however_much_at_a_time() -> None:
    block = bytes(range(250)) * 40
    with opened(block) as (_, port):
        port.read(len(block))  # from here on, somebody reads
        for size in (1, 1000, 3 * MOST_RECEIVED, 5):
            before = port.read(1)[0]
            data = port.read(size)
            assert len(data) == size
            assert data == bytes((before + 1 + at) % 250 for at in range(size))


def test_of_reports_without_end_little_is_kept() -> None:
    server = Server(com_port(ComPort.NOTIFY_MODEMSTATE + ANSWER, b"\x10") * 100)
    connection = ServerConnection(server.url)
    try:
        assert server.much.wait(PATIENCE_S)  # more than all buffers between hold, so it was read
        assert connection.waiting == 0
        assert connection._answers == {}
    finally:
        connection.close()
        server.close()
