# SPDX-License-Identifier: MIT
"""A board's serial port, through pyserial, raw sockets and both RFC 2217 clients."""

import socket

import pytest
import serial
import serial.rfc2217

from hil.errors import PortBusyError
from hil.serialport.open import open_port
from hil.serialport.telnet import Option, Verb, negotiation
from hil.sim.reset import ResetReason
from hil.sim.serial_server import BACKLOG, BUSY

HELLO = b"I (1) echo: ready\r\n"  # what the application of conftest.py says last when it starts


def read_until(port: serial.SerialBase, ending: bytes) -> bytes:
    """Read until the last bytes are ``ending``, for at most five seconds."""
    port.timeout = 5
    data: bytes = port.read_until(ending)
    assert data.endswith(ending), data
    return data


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
        with socket.create_connection(("127.0.0.1", running.board.port), timeout=5) as second:
            assert second.makefile("rb").read() == BUSY
        port.write(b"still here")
        read_until(port, b"still here")


def test_clients_follow_each_other_at_once(running) -> None:
    for turn in range(30):
        with open_port(running.board.url) as port:
            port.write(b"%d." % turn)
            read_until(port, b"%d." % turn)
        with socket.create_connection(("127.0.0.1", running.board.port), timeout=5) as client:
            client.sendall(b"raw")
            assert client.makefile("rb").read(3) == b"raw"


def test_a_raw_client_enters_the_loader_by_syncing_in_pieces(running) -> None:
    sync = b"\xc0\x00\x08\x24\x00\x00\x00\x00\x00\x07\x07\x12\x20" + b"\x55" * 32 + b"\xc0"
    with socket.create_connection(("127.0.0.1", running.board.port), timeout=5) as client:
        for piece in (b"noise" + sync[:1], sync[1:20], sync[20:]):
            client.sendall(piece)
            running.call(lambda: None)
        answer = b"\xc0\x01\x08\x04\x00\x07\x07\x12\x20\0\0\0\0\xc0"
        heard = b""
        while heard.count(answer) < 8:
            heard += client.recv(4096)
    assert running.board.in_download_mode


def test_a_client_that_negotiates_late_is_understood(running) -> None:
    with socket.create_connection(("127.0.0.1", running.board.port), timeout=5) as client:
        stream = client.makefile("rb")
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
