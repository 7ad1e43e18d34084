# SPDX-License-Identifier: MIT
"""Which board is taken."""

import pytest

from hil import rig
from hil.errors import BadInputError, PortMissingError
from hil.rig import BoardSpec, SerialPort


@pytest.fixture(autouse=True)
def no_environment(monkeypatch):
    monkeypatch.delenv("HIL_BOARD", raising=False)


@pytest.fixture
def toml(tmp_path):
    def write(text):
        (tmp_path / "hil.toml").write_text(text)
        return [tmp_path]

    return write


def attach(monkeypatch, *ports):
    monkeypatch.setattr(rig, "discover_ports", lambda: list(ports))


def test_without_anything_the_virtual_board_is_taken(tmp_path):
    assert BoardSpec.find(None, [tmp_path]).virtual


def test_an_option_beats_the_environment_which_beats_the_file(toml, monkeypatch):
    where = toml('[board]\nport = "/dev/file"\n')
    assert BoardSpec.find(None, where).port == "/dev/file"
    monkeypatch.setenv("HIL_BOARD", "/dev/environment")
    assert BoardSpec.find(None, where).port == "/dev/environment"
    assert BoardSpec.find("/dev/option", where).port == "/dev/option"


def test_the_first_directory_with_a_file_counts(toml, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    assert BoardSpec.find(None, [other, *toml('[board]\nport = "/dev/x"\n')]).port == "/dev/x"


def test_the_file_gives_access_point_and_edge_host(toml, monkeypatch):
    monkeypatch.setenv("THE_PASSWORD", "secret")
    spec = BoardSpec.find(
        None,
        toml('[wifi]\nssid = "net"\npassword_env = "THE_PASSWORD"\n[edge]\nhost = "10.0.0.2"\n'),
    )
    assert (spec.wifi.ssid, spec.wifi.password, spec.edge_host) == ("net", "secret", "10.0.0.2")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[board\n", "cannot be read"),
        ("[bord]\nport = 'usb'\n", r"unknown section \[bord\]"),
        ("[board]\nprot = 'usb'\n", "unknown key 'prot'"),
        ("[board]\nport = 7\n", "must be a string"),
        ("board = 'usb'\n", "unknown section"),
        ("[wifi]\npassword_env = 'X'\n", "without ssid"),
        ("[wifi]\nssid = 'x'\npassword_env = 'HIL_NOT_SET'\n", "HIL_NOT_SET"),
    ],
)
def test_a_file_that_cannot_be_understood_is_bad_input(toml, text, words):
    with pytest.raises(BadInputError, match=words):
        BoardSpec.find(None, toml(text))


def test_usb_is_the_only_chip_even_beside_bridges(monkeypatch):
    attach(monkeypatch, SerialPort("/dev/a", "chip", True), SerialPort("/dev/b", "bridge", False))
    assert BoardSpec.find("usb").port == "/dev/a"


def test_usb_without_a_board_or_with_several_is_an_error(monkeypatch):
    attach(monkeypatch)
    with pytest.raises(PortMissingError, match="No ESP32-S3"):
        BoardSpec.find("usb")
    attach(monkeypatch, SerialPort("/dev/a", "chip", True), SerialPort("/dev/b", "chip", True))
    with pytest.raises(PortMissingError, match="/dev/a, /dev/b"):
        BoardSpec.find("usb")
