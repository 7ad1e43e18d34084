# SPDX-License-Identifier: MIT
"""Who may connect to a lab on a machine that others use, too."""

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from hil.host.files.shared_file import user_name
from hil.serialport.open import open_port
from hil.sim import visitors
from hil.sim.faults import power
from hil.sim.visitors import REFUSAL, UnknowableError, Visitors, owner

PATIENCE_S = 20.0
NOBODY = 65_534

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells whose they are")
as_another = pytest.mark.skipif(os.getuid() != 0, reason="takes root to be somebody else")

# Imported before, for the Python that runs the tests may be another's to this user.
VISIT = """
import os, socket, sys
os.setuid(int(sys.argv[1]))
with socket.socket() as visitor:
    visitor.settimeout(20)
    visitor.connect((sys.argv[2], int(sys.argv[3])))
    if sys.argv[4]:
        visitor.sendall(bytes.fromhex(sys.argv[4]))
    said = b""
    try:
        while data := visitor.recv(65536):
            said += data
    except ConnectionResetError:
        pass
sys.stdout.buffer.write(said)
"""

OPEN = """
import os, sys
import serial, serial.rfc2217, serial.urlhandler.protocol_rfc2217, encodings.idna, esptool
from esptool.cmds import detect_chip
os.setuid(int(sys.argv[2]))
try:
    esp = detect_chip(sys.argv[1], connect_attempts=1)
except (OSError, esptool.FatalError):
    print("may not")
else:
    print("may flash", esp.CHIP_NAME)
"""


@contextmanager
def hil_sim() -> Iterator[tuple["subprocess.Popen[str]", dict]]:
    command = [sys.executable, "-m", "hil", "sim", "--json"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def visit(address: str, send: bytes = b"", uid: int = NOBODY) -> bytes:
    """Connect as another user; return what is said until the end."""
    host, _, port = address.rpartition(":")
    return subprocess.run(
        [sys.executable, "-c", VISIT, str(uid), host, port, send.hex()],
        capture_output=True,
        check=True,
        timeout=60,
    ).stdout


@as_another
def test_another_users_connections_are_refused_at_every_port_of_a_lab_and_told_of_once() -> None:
    with hil_sim() as (process, ends):
        (board,) = ends["boards"]
        serial_port = board["socket"].removeprefix("socket://")
        switch, hci = ends["switches"], ends["hci"].removeprefix("tcp-client:")
        for _ in range(3):
            assert visit(serial_port, b"\xff\xfb\x2c") == REFUSAL
            assert visit(switch, b"cycle 1\n") == REFUSAL
            assert visit(hci, b"\x01\x03\x0c\x00") == b""
        with open_port(board["url"]) as port:
            assert port.read_until(b"\n")
            assert visit(serial_port) == REFUSAL  # though another client has it
        host, _, number = switch.rpartition(":")
        assert power.cycle(host, int(number), 1) is None
        process.terminate()
        told = process.stderr.read().splitlines()
    sentence = f"turned user {user_name(NOBODY)} away; it answers only to user"
    assert [sentence in line for line in told] == [True] * 3  # serial port, switches, radio


@as_another
def test_esptool_gets_at_a_virtual_board_of_its_own_user_and_at_no_other() -> None:
    with hil_sim() as (_, ends):
        said = [
            subprocess.run(
                [sys.executable, "-c", OPEN, ends["boards"][0]["url"], str(uid)],
                capture_output=True,
                text=True,
                check=True,
                timeout=120,
            ).stdout.splitlines()[-1]
            for uid in (NOBODY, os.getuid())
        ]
    assert said == ["may not", "may flash ESP32-S3"]


@contextmanager
def connection() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Two ends on loopback: the one that connected, and the accepted one."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        ours = socket.create_connection(server.getsockname(), PATIENCE_S)
        accepted, _ = server.accept()
        with ours, accepted:
            yield ours, accepted


@pytest.mark.parametrize("look_up", [owner, visitors._by_sock_diag, visitors._by_table])
def test_the_kernel_says_whose_a_connection_is_and_a_closed_one_is_nobodys(look_up) -> None:
    with connection() as (ours, accepted):
        ends = accepted.getpeername(), accepted.getsockname()
        assert look_up(*ends) == os.geteuid()
        ours.close()
        assert look_up(*ends) is None
        assert look_up(("127.0.0.1", 1), ends[1]) is None


def test_an_end_with_an_address_of_ipv6_is_known_as_well() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_INET6) as ours:
        ours.connect((f"::ffff:{server.getsockname()[0]}", server.getsockname()[1]))
        accepted, peer = server.accept()
        with accepted:
            for look_up in (visitors._by_sock_diag, visitors._by_table):
                assert look_up(peer, accepted.getsockname()) == os.geteuid()


def test_without_sock_diag_the_table_tells_and_without_both_nothing_does(monkeypatch) -> None:
    def none(*ends):
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(visitors, "_by_sock_diag", none)
    with connection() as (_, accepted):
        ends = accepted.getpeername(), accepted.getsockname()
        assert owner(*ends) == os.geteuid()
        monkeypatch.setattr(visitors, "_TABLES", ())
        with pytest.raises(UnknowableError):
            owner(*ends)


class Transport(asyncio.BaseTransport):
    """What asyncio gives a protocol, as far as it is asked for its socket."""

    def __init__(self, connection: socket.socket) -> None:
        super().__init__({"socket": connection})


@pytest.mark.parametrize(
    ("uid", "admitted"), [(1000, True), (0, True), (1001, False), (65_534, False), (None, False)]
)
def test_the_user_of_the_lab_and_root_may_come(monkeypatch, uid, admitted) -> None:
    told = []
    monkeypatch.setattr(visitors, "owner", lambda *ends: uid)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    door = Visitors(told.append)
    with connection() as (_, accepted):
        assert [door.admit(Transport(accepted)) for _ in range(3)] == [admitted] * 3
    assert len(told) == (0 if admitted or uid is None else 1)


def test_where_nothing_tells_everybody_may_come_which_is_said_once(monkeypatch) -> None:
    def unknown(*ends):
        raise UnknowableError

    told = []
    monkeypatch.setattr(visitors, "owner", unknown)
    door = Visitors(told.append)
    with connection() as (_, accepted):
        assert all(door.admit(Transport(accepted)) for _ in range(3))
    (sentence,) = told
    assert "every user of it may come in" in sentence


def test_many_users_are_not_many_sentences(monkeypatch) -> None:
    told, users = [], iter(range(2000, 3000))
    monkeypatch.setattr(visitors, "owner", lambda *ends: next(users))
    door = Visitors(told.append)
    with connection() as (_, accepted):
        assert not any(door.admit(Transport(accepted)) for _ in range(1000))
    assert len(told) == visitors._MOST_NAMED
