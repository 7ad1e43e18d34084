# SPDX-License-Identifier: MIT
"""A board's serial port, through pyserial, raw sockets and both RFC 2217 clients."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import BinaryIO

import pytest
import serial
import serial.rfc2217

from hil.errors import PortBusyError
from hil.serialport.open import open_port
from hil.serialport.telnet import Option, Verb, negotiation
from hil.sim.chip.reset import ResetReason
from hil.sim.serial import server as serial_server
from hil.sim.serial.server import BACKLOG, BUSY

HELLO = b"I (1) echo: ready\r\n"  # what the application of conftest.py says last when it starts


def read_until(port: serial.SerialBase, ending: bytes) -> bytes:
    """Read until the last bytes are ``ending``, for at most five seconds."""
    port.timeout = 5
    data: bytes = port.read_until(ending)
    assert data.endswith(ending), data
    return data


@contextmanager
def raw_client(running) -> Iterator[tuple[socket.socket, BinaryIO]]:
    """A plain TCP connection, as a socket and as a stream to read from."""
    address = ("127.0.0.1", running.board.port)
    with socket.create_connection(address, timeout=5) as client, client.makefile("rb") as stream:
        yield client, stream


@pytest.fixture(params=["rfc2217", "socket"])
def url(request: pytest.FixtureRequest, running) -> str:
    return running.board.url if request.param == "rfc2217" else running.socket_url


def test_opening_and_closing_the_port_does_not_reset_the_board(running, url: str) -> None:
    for _ in range(3):
        with open_port(url) as port:
            port.write(b"ping")
            read_until(port, b"ping")
    assert running.reasons == [ResetReason.POWERON]
    assert running.halts == 0


def test_a_client_hears_what_was_said_before_it_came(url: str) -> None:
    with open_port(url) as port:
        heard = read_until(port, HELLO)
    assert heard.startswith(
        b"ESP-ROM:esp32s3-20210327\r\nBuild:Mar 27 2021\r\nrst:0x1 (POWERON),boot:0x8"
    )


def test_the_backlog_keeps_the_latest_64_kib(running) -> None:
    running.call(lambda: running.board.transmit(b"old" + b"x" * BACKLOG + b"end"))
    with open_port(running.board.url) as port:
        heard = read_until(port, b"end")
    assert heard == b"x" * (BACKLOG - 3) + b"end"


def test_every_byte_passes_both_ways(url: str) -> None:
    everything = bytes(range(256)) * 200 + b"\xff" * 999
    with open_port(url) as port:
        read_until(port, HELLO)
        port.write(everything)
        port.timeout = 5
        assert port.read(len(everything)) == everything


def test_rts_resets_the_board_and_the_banner_arrives(running) -> None:
    with open_port(running.board.url) as port:
        read_until(port, HELLO)
        port.dtr = False
        port.rts = True
        assert running.halts == 1
        port.write(b"nobody is there")
        port.rts = False
        assert read_until(port, HELLO).startswith(b"ESP-ROM")
    assert running.reasons == [ResetReason.POWERON, ResetReason.POWERON]


def test_dtr_held_through_the_reset_enters_download_mode(running) -> None:
    with open_port(running.board.url) as port:
        read_until(port, HELLO)
        port.dtr = False
        port.rts = True
        port.dtr = True
        port.rts = False
        assert b"boot:0x0 (DOWNLOAD(USB/UART0))" in read_until(port, b"waiting for download\r\n")
        assert running.board.in_download_mode
        port.rts = True
        port.dtr = False
        port.rts = False
        read_until(port, HELLO)
        port.write(b"an application again")
        read_until(port, b"an application again")
    assert not running.board.in_download_mode


def test_a_client_that_leaves_while_it_holds_en_lets_the_board_boot(running) -> None:
    with open_port(running.board.url) as port:
        port.dtr = False
        port.rts = True
    running.wait_for_boots(2)


def test_an_application_may_restart_the_board(running, url: str) -> None:
    with open_port(url) as port:
        read_until(port, HELLO)
        port.write(b"reboot\n")
        assert b"rst:0xc (RTC_SW_CPU_RST)" in read_until(port, HELLO)
    assert running.reasons[-1] is ResetReason.RTC_SW_CPU_RST
    assert running.halts == 1


@pytest.mark.parametrize("first", ["rfc2217", "socket"])
def test_a_second_client_is_told_that_the_port_is_in_use(running, first: str) -> None:
    with open_port(running.board.url if first == "rfc2217" else running.socket_url) as port:
        with pytest.raises(PortBusyError, match="in use"):
            open_port(running.board.url)
        with raw_client(running) as (_, stream):
            assert stream.read() == BUSY
        port.write(b"still here")
        read_until(port, b"still here")


def test_a_client_that_comes_while_the_other_goes_is_served(
    running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(serial_server, "_BUSY_GRACE", 60)
    with open_port(running.board.url) as port:
        read_until(port, HELLO)  # so that nothing is left in the backlog
    with raw_client(running) as (first, from_first):
        first.sendall(b"first")
        assert from_first.read(5) == b"first"
        with raw_client(running) as (second, from_second):
            second.sendall(b"second")
            running.call(lambda: None)
            from_first.close()
            first.close()
            assert from_second.read(6) == b"second"


def test_output_that_a_client_never_reads_does_not_pile_up(running) -> None:
    chunk, count = b"x" * (1 << 20), 32
    with open_port(running.board.url) as port:
        read_until(port, HELLO)  # so that nothing is left in the backlog
    with raw_client(running) as (client, stream):
        client.sendall(b"hello")
        assert stream.read(5) == b"hello"
        for _ in range(count):
            running.call(lambda: running.board.transmit(chunk))
        client.shutdown(socket.SHUT_WR)  # the server sends what is queued and hangs up
        received = 0
        while data := stream.read1():
            received += len(data)
    assert 0 < received < count * len(chunk)


def test_clients_follow_each_other_at_once(running) -> None:
    for turn in range(30):
        with open_port(running.board.url) as port:
            port.write(b"%d." % turn)
            read_until(port, b"%d." % turn)
        with raw_client(running) as (client, stream):
            client.sendall(b"raw")
            assert stream.read(3) == b"raw"


def test_a_raw_client_enters_the_loader_by_syncing_in_pieces(running) -> None:
    sync = b"\xc0\x00\x08\x24\x00\x00\x00\x00\x00\x07\x07\x12\x20" + b"\x55" * 32 + b"\xc0"
    with raw_client(running) as (client, stream):
        for piece in (sync[:1], sync[1:20], sync[20:]):
            client.sendall(piece)
            running.call(lambda: None)
        answer = b"\xc0\x01\x08\x04\x00\x07\x07\x12\x20\0\0\0\0\xc0"
        heard = b""
        while heard.count(answer) < 8:
            heard += stream.read1()
    assert b"ESP-ROM" not in heard  # the console's past would only confuse a flasher
    assert running.board.in_download_mode


def test_a_client_that_negotiates_late_is_understood(running) -> None:
    with raw_client(running) as (client, stream):
        while stream.readline() != HELLO:  # it has been silent for so long that it hears this
            pass
        client.sendall(negotiation(Verb.WILL, Option.COM_PORT))
        assert stream.read(3) == negotiation(Verb.WILL, Option.BINARY)


def test_the_baud_rate_reaches_the_board(running) -> None:
    with open_port(running.board.url, baudrate=460_800) as port:
        assert running.board.baud == 460_800
        port.baudrate = 921_600
        assert running.board.baud == 921_600


def test_a_board_that_vanishes_is_an_error_and_not_silence(running) -> None:
    with open_port(running.board.url) as port:
        read_until(port, HELLO)
        port.timeout = 5
        running.close()
        with pytest.raises(serial.SerialException, match="closed by the server"):
            port.read(1)


@pytest.mark.filterwarnings("ignore:set.* is deprecated")  # pyserial 3.5
def test_pyserials_own_client_is_served_too(running) -> None:
    port = serial.rfc2217.Serial(running.board.url)
    try:
        assert read_until(port, HELLO).startswith(b"ESP-ROM")
        port.write(b"\xff\x00\xff")
        read_until(port, b"\xff\x00\xff")
    finally:
        port.close()
    assert len(running.reasons) == 1
