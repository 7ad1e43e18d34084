# SPDX-License-Identifier: MIT
"""Which boards are taken."""

import pytest

from hil import ports
from hil.errors import BadInputError, PortMissingError
from hil.ports import SerialPort
from hil.rig import Rig


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    monkeypatch.delenv("HIL_BOARD", raising=False)


@pytest.fixture
def toml(tmp_path):
    def write(text):
        (tmp_path / "hil.toml").write_text(text)
        return [tmp_path]

    return write


def attach(monkeypatch, *attached):
    monkeypatch.setattr(ports, "discover_ports", lambda: list(attached))


def board(named, where):
    return Rig.find(named, directories=where).board


def test_without_anything_virtual_boards_are_taken_and_the_edge_server_runs_the_tail(tmp_path):
    rig = Rig.find(directories=[tmp_path])
    assert rig.board.virtual
    assert rig.gateway.virtual
    assert rig.peer is None


def test_an_option_beats_the_environment_which_beats_the_file(toml, monkeypatch):
    where = toml('[board]\nport = "/dev/file"\n')
    assert board(None, where).port == "/dev/file"
    monkeypatch.setenv("HIL_BOARD", "/dev/environment")
    assert board(None, where).port == "/dev/environment"
    assert board("/dev/option", where).port == "/dev/option"


def test_the_first_directory_with_a_file_counts(toml, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    assert board(None, [other, *toml('[board]\nport = "/dev/x"\n')]).port == "/dev/x"


AROUND = '[wifi]\nssid = "net"\npassword_env = "THE_PASSWORD"\n[edge]\nhost = "10.0.0.2"\n'


def test_the_file_gives_access_point_and_edge_host_to_all_boards(toml, monkeypatch):
    monkeypatch.setenv("THE_PASSWORD", "secret")
    rig = Rig.find("/dev/a", peer="/dev/b", directories=toml(AROUND))
    for spec in (rig.board, rig.peer, rig.gateway):
        assert (spec.wifi.ssid, spec.wifi.password, spec.edge_host) == ("net", "secret", "10.0.0.2")


def test_a_virtual_board_needs_nothing_of_the_file(toml):
    rig = Rig.find(directories=toml(AROUND + '[peer]\nport = "/dev/b"\n'))
    assert (rig.board.wifi, rig.board.edge_host, rig.peer) == (None, None, None)


def test_second_boards_are_named_by_option_or_file_and_the_gateway_is_else_the_peer(toml):
    where = toml('[board]\nport = "/dev/a"\n[peer]\nport = "/dev/b"\n')
    rig = Rig.find(directories=where)
    assert (rig.peer.port, rig.gateway.port) == ("/dev/b", "/dev/b")
    rig = Rig.find(peer="/dev/c", gateway="/dev/d", directories=where)
    assert (rig.peer.port, rig.gateway.port) == ("/dev/c", "/dev/d")
    rig = Rig.find(directories=toml('[board]\nport = "/dev/a"\n[gateway]\nport = "/dev/b"\n'))
    assert (rig.peer, rig.gateway.port) == (None, "/dev/b")


def test_only_espnow_needs_a_second_board_and_what_is_missing_is_said(tmp_path):
    alone = Rig.find("/dev/a", directories=[tmp_path])
    assert [alone.lacks_for(via) for via in ("tcp", "udp", "ble")] == [None] * 3
    assert "needs a second board" in alone.lacks_for("espnow")
    for second in ({"peer": "/dev/b"}, {"gateway": "/dev/b"}):
        assert Rig.find("/dev/a", **second, directories=[tmp_path]).lacks_for("espnow") is None


@pytest.mark.parametrize("role", ["peer", "gateway"])
@pytest.mark.parametrize(
    ("first", "second", "words"),
    [
        ("virtual", "/dev/b", "cannot hear each other"),
        ("/dev/a", "virtual", "cannot hear each other"),
        ("/dev/a", "/dev/a", "both at /dev/a"),
        ("/dev/a", "usb", "named by its port"),
    ],
)
def test_boards_that_do_not_go_together_are_bad_input(tmp_path, role, first, second, words):
    with pytest.raises(BadInputError, match=words):
        Rig.find(first, **{role: second}, directories=[tmp_path])


def test_one_port_under_two_names_is_found_out(tmp_path):
    device = tmp_path / "ttyACM0"
    device.touch()
    other = tmp_path / "by-id"
    other.symlink_to(device)
    with pytest.raises(BadInputError, match="both at"):
        Rig.find(str(device), peer=str(other))
    rig = Rig.find("/dev/a", peer=str(device), gateway=str(other))
    assert rig.gateway == rig.peer


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[board\n", "cannot be read"),
        ("[bord]\nport = 'usb'\n", r"unknown section \[bord\]"),
        ("[board]\nprot = 'usb'\n", "unknown key 'prot'"),
        ("[peer]\nprot = 'x'\n", "unknown key 'prot'"),
        ("[board]\nport = 7\n", "must be a string"),
        ("board = 'usb'\n", "unknown section"),
        ("[wifi]\npassword_env = 'X'\n", "without ssid"),
        ("[wifi]\nssid = 'x'\npassword_env = 'HIL_NOT_SET'\n", "HIL_NOT_SET"),
    ],
)
def test_a_file_that_cannot_be_understood_is_bad_input(toml, text, words):
    with pytest.raises(BadInputError, match=words):
        Rig.find("/dev/a", directories=toml(text))


def test_a_link_file_shapes_virtual_boards_only(tmp_path):
    path = tmp_path / "lossy.toml"
    path.write_text("[udp]\nloss = 0.05\n")
    assert Rig.find(link=path).shaping == {"udp": {"loss": 0.05}}
    with pytest.raises(BadInputError, match="shapes the links of virtual boards"):
        Rig.find("/dev/a", link=path)


@pytest.mark.parametrize("text", ["[udp\n", "[udp]\nloss = 7\n", None])
def test_a_link_file_that_cannot_be_used_is_bad_input_that_names_it(tmp_path, text):
    path = tmp_path / "lossy.toml"
    if text is not None:
        path.write_text(text)
    with pytest.raises(BadInputError, match=r"lossy\.toml"):
        Rig.find(link=path)


def test_usb_is_the_only_chip_even_beside_bridges(monkeypatch):
    attach(monkeypatch, SerialPort("/dev/a", "chip", True), SerialPort("/dev/b", "bridge", False))
    assert board("usb", []).port == "/dev/a"


def test_usb_is_the_one_that_is_not_the_second_board(monkeypatch):
    attach(monkeypatch, SerialPort("/dev/a", "chip", True), SerialPort("/dev/b", "chip", True))
    rig = Rig.find("usb", peer="/dev/a")
    assert (rig.board.port, rig.peer.port) == ("/dev/b", "/dev/a")


def test_usb_without_a_board_or_with_several_is_an_error(monkeypatch):
    attach(monkeypatch)
    with pytest.raises(PortMissingError, match="No ESP32-S3"):
        board("usb", [])
    attach(monkeypatch, SerialPort("/dev/a", "chip", True), SerialPort("/dev/b", "chip", True))
    with pytest.raises(PortMissingError, match="/dev/a, /dev/b"):
        board("usb", [])
