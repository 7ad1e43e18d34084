# SPDX-License-Identifier: MIT
"""A server of RFC 2217 whose board says more than is read, or that reports without end."""

from collections.abc import Iterator
from contextlib import contextmanager

import serial
from flooding_server import FloodingServer

from hil.serialport import install
from hil.serialport.rfc2217_connection import MOST_RECEIVED, ServerConnection
from hil.serialport.telnet import ANSWER, ComPort, com_port

PATIENCE_S = 60.0


@contextmanager
def opened(flood: bytes) -> Iterator[tuple[FloodingServer, serial.SerialBase]]:
    install()
    server = FloodingServer(flood)
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
    server = FloodingServer(com_port(ComPort.NOTIFY_MODEMSTATE + ANSWER, b"\x10") * 100)
    connection = ServerConnection(server.url)
    try:
        assert server.much.wait(PATIENCE_S)  # more than all buffers between hold, so it was read
        assert connection.waiting == 0
        assert connection._answers == {}
    finally:
        connection.close()
        server.close()
