# SPDX-License-Identifier: MIT
"""Opening a port: what works, and what every failure is called."""

import errno
import os
import socket
import termios
import threading
from collections.abc import Iterator

import pytest
import serial
import serial.rfc2217

from hil.errors import BadInputError, InfrastructureError, PortBusyError, PortMissingError
from hil.serialport import install, protocol_rfc2217, rfc2217_connection
from hil.serialport.open import open_port


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        yield server


def url(server: socket.socket) -> str:
    return f"rfc2217://127.0.0.1:{server.getsockname()[1]}"


def test_installing_twice_changes_nothing() -> None:
    install()
    before = list(serial.protocol_handler_packages)
    install()
    assert serial.protocol_handler_packages == before
    assert before.count("hil.serialport") == 1


def test_a_url_with_options_of_pyserial_is_left_to_it() -> None:
    install()
    port = serial.serial_for_url("rfc2217://127.0.0.1:1?poll_modem", do_not_open=True)
    assert type(port) is serial.rfc2217.Serial
    for option in ("", "?ign_set_control"):
        port = serial.serial_for_url(f"rfc2217://127.0.0.1:1{option}", do_not_open=True)
        assert type(port) is protocol_rfc2217.Serial


def test_a_device_that_is_not_there_is_named() -> None:
    with pytest.raises(PortMissingError, match=r"/dev/ttyNONE does not exist: plug"):
        open_port("/dev/ttyNONE")


@pytest.mark.parametrize("scheme", ["rfc2217", "socket"])
def test_an_address_where_nothing_listens_is_missing(scheme: str, listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    listener.close()
    with pytest.raises(PortMissingError, match=f"nothing listens at {scheme}://127.0.0.1:{port}"):
        open_port(f"{scheme}://127.0.0.1:{port}")


@pytest.mark.parametrize(
    "port", ["gopher://x", "rfc2217://host:notaport", "socket://nohost", "rfc2217://:99"]
)
def test_what_is_no_port_at_all_is_bad_input(port: str) -> None:
    with pytest.raises(BadInputError, match="cannot be used"):
        open_port(port)


def test_a_device_that_is_locked_is_busy() -> None:
    master, slave = os.openpty()
    try:
        with open_port(os.ttyname(slave)), pytest.raises(PortBusyError, match="in use"):
            open_port(os.ttyname(slave))
    finally:
        os.close(master)
        os.close(slave)


@pytest.mark.parametrize(
    ("code", "kind", "sentence"),
    [
        (errno.EACCES, InfrastructureError, "dialout"),
        (errno.EBUSY, PortBusyError, "in use by another program"),
        (errno.EIO, InfrastructureError, "check the connection"),
    ],
)
def test_the_operating_systems_refusal_becomes_one_sentence(
    monkeypatch: pytest.MonkeyPatch, code: int, kind: type[Exception], sentence: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise serial.SerialException(code, f"could not open port: {os.strerror(code)}")

    monkeypatch.setattr(serial, "serial_for_url", refuse)
    with pytest.raises(kind, match=sentence) as caught:
        open_port("/dev/ttyUSB0")
    assert "\n" not in str(caught.value)


def test_a_device_that_leaves_while_it_is_opened_is_the_rigs_fault(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def vanish(*_: object) -> None:
        raise termios.error(errno.EIO, "Input/output error")

    monkeypatch.setattr(termios, "tcflush", vanish)
    master, slave = os.openpty()
    try:
        with pytest.raises(InfrastructureError, match="check the connection"):
            open_port(os.ttyname(slave))
    finally:
        os.close(master)
        os.close(slave)


def test_a_server_that_does_not_speak_rfc2217_is_found_out(
    monkeypatch: pytest.MonkeyPatch, listener: socket.socket
) -> None:
    monkeypatch.setattr(rfc2217_connection, "PATIENCE_S", 0.1)
    with pytest.raises(InfrastructureError, match="is it an RFC 2217 server"):
        open_port(url(listener))


def test_a_server_that_hangs_up_is_busy(listener: socket.socket) -> None:
    hang_up = threading.Thread(target=lambda: listener.accept()[0].close())
    hang_up.start()
    with pytest.raises(PortBusyError):
        open_port(url(listener))
    hang_up.join()


class Pyserver:
    """pyserial's own RFC 2217 server around its loop-back port."""

    def __init__(self, listener: socket.socket) -> None:
        self.device = serial.serial_for_url("loop://", timeout=0)
        self._listener = listener
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def write(self, data: bytes) -> None:
        self._client.sendall(data)

    def _serve(self) -> None:
        self._client, _ = self._listener.accept()
        with self._client:
            manager = serial.rfc2217.PortManager(self.device, self)
            while data := self._client.recv(1024):
                self.device.write(b"".join(manager.filter(data)))
                self.write(b"".join(manager.escape(self.device.read(1024))))


def test_the_client_works_with_pyserials_server(listener: socket.socket) -> None:
    server = Pyserver(listener)
    with open_port(url(listener), baudrate=57_600) as port:
        assert server.device.baudrate == 57_600
        port.write(b"\xff and back \xff\xff")
        port.timeout = 5
        assert port.read(13) == b"\xff and back \xff\xff"
        port.rts = False
        assert not server.device.rts
        assert port.cts  # as the server reported it when the port was opened
        port.write(b"abc")
        assert port.read(1) == b"a"
        port.reset_input_buffer()
        port.timeout = 0
        assert port.read(1) == b""
    server.thread.join(10)
    assert not server.thread.is_alive()


def test_setting_a_timeout_asks_nothing_of_the_server(
    monkeypatch: pytest.MonkeyPatch, listener: socket.socket
) -> None:
    server = Pyserver(listener)
    with open_port(url(listener)) as port:
        with monkeypatch.context() as patch:
            patch.setattr(port, "_request", lambda *_: pytest.fail("asked the server"))
            port.timeout = 1
            port.write_timeout = 1
            port.baudrate = port.baudrate
        port.baudrate = 9_600
        assert server.device.baudrate == 9_600
    server.thread.join(10)


def test_a_port_is_opened_once_and_closed_as_often_as_one_likes(listener: socket.socket) -> None:
    server = Pyserver(listener)
    port = open_port(url(listener))
    with pytest.raises(serial.SerialException, match="already open"):
        port.open()
    port.close()
    port.close()
    for use in (lambda: port.read(1), lambda: port.write(b"x"), lambda: port.in_waiting):
        with pytest.raises(serial.SerialException):
            use()
    server.thread.join(10)


def test_a_read_returns_what_there_is_when_the_time_is_up(listener: socket.socket) -> None:
    server = Pyserver(listener)
    with open_port(url(listener)) as port:
        port.write(b"few")
        port.timeout = 5
        assert port.read(1) == b"f"
        port.timeout = 0.05
        assert port.read(10) == b"ew"
        port.timeout = 0
        assert port.read(1) == b""
    server.thread.join(10)
