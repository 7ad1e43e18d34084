# SPDX-License-Identifier: MIT
"""What ``hil.toml`` may say, and what is said about one that cannot be used."""

import pytest

from hil.errors import BadInputError
from hil.rig.entry import BoardEntry
from hil.rig.file import RigFile
from hil.rig.identity import Identity
from hil.serialport.line import USUAL, Line

pytestmark = pytest.mark.usefixtures("own_computer")

WHOLE = """
[[boards]]
name = "desk-1"
mac = "F4:12:FA:01:02:03"
roles = ["dut"]
baud = 460800
reset = "usb-jtag"
power_cycle = "uhubctl -l 1-1 -p 2 -a cycle"

[[boards]]
usb_serial = "A50285BI"
roles = ["peer", "gateway"]

[[boards]]
port = "rfc2217://rig:4000"

[wifi]
ssid = "net"
password_env = "THE_PASSWORD"

[edge]
host = "10.0.0.2"

[labgrid]
coordinator = "lab:20408"
"""


@pytest.fixture
def read(tmp_path):
    path = tmp_path / "hil.toml"

    def read(text):
        path.write_text(text)
        return RigFile.read(path)

    return read


def test_boards_access_point_and_edge_are_what_the_file_says(read):
    file = read(WHOLE)
    assert file.boards == (
        BoardEntry(
            Identity("mac", "f4:12:fa:01:02:03"),
            "desk-1",
            ("dut",),
            460_800,
            "usb-jtag",
            "uhubctl -l 1-1 -p 2 -a cycle",
        ),
        BoardEntry(Identity("serial", "A50285BI"), roles=("peer", "gateway")),
        BoardEntry(Identity("port", "rfc2217://rig:4000")),
    )
    assert (file.ssid, file.password_env, file.edge_host) == ("net", "THE_PASSWORD", "10.0.0.2")
    assert file.coordinator == "lab:20408"


def board(*lines):
    return "[[boards]]\n" + "\n".join(lines) + "\n"


A = 'port = "/dev/a"'
B = 'port = "/dev/b"'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[[boards]\n", "cannot be read"),
        ("[board]\nport = 'usb'\n", r"section \[board\]; known are \[\[boards\]\], \[wifi\]"),
        ("boards = 'usb'\n", r"a table of its own, \[\[boards\]\]"),
        ("[boards]\nport = 'usb'\n", r"a table of its own, \[\[boards\]\]"),
        ("boards = [1]\n", "number 1 must be a table"),
        (board("prot = 'usb'"), "unknown key 'prot'; known are name, mac, usb_serial, port"),
        (board("port = 7"), "port in .* number 1 must be a string"),
        (board("port = ''"), "port in .* must be a string that says something"),
        (board(), "has none of them"),
        (board(A, "mac = 'f4:12:fa:01:02:03'"), "but has mac and port"),
        (board("mac = 'f4:12'"), "'f4:12' is no MAC address"),
        (board(A, "roles = 'dut'"), "roles in .* must be a list of strings"),
        (board(A, "roles = ['duct']"), "unknown role 'duct'; known are dut, peer, gateway"),
        (board(A, "roles = ['dut', 'dut']"), "the role dut twice"),
        (board(A, "roles = ['peer', 'dut']"), "cannot be the dut and the peer"),
        (board(A, "baud = '921600'"), "baud in .* must be a whole number"),
        (board(A, "baud = true"), "baud in .* must be a whole number"),
        (board(A, "baud = 9600"), "baud in .* is 9600"),
        (board(A, "reset = 'rts'"), "'rts'; use one of auto, uart, usb-jtag, none"),
        (
            board("port = 'socket://rig:1'", "reset = 'uart'"),
            "'uart', but socket://rig:1 carries no reset lines; leave it out",
        ),
        (board(A, "power_cycle = 'say \"on'"), "power_cycle in .* is no command line"),
        (board(A, "reset_sequence = 'D2|R1'"), r"reset_sequence in .* cannot be read \(at D2\)"),
        (board(A, "reset_sequence = 'W0.1'"), "reset_sequence in .* cannot be read"),
        (board(A, "hard_reset_sequence = 'R1|W99'"), r"hard_reset_sequence .* \(at W99\)"),
        (board(A, "reset = 'none'", "reset_sequence = 'D0|R1'"), "no reset lines to do it by"),
        (board("port = 'socket://rig:1'", "reset_sequence = 'D0'"), "no reset lines to do it by"),
        ("[labgrid]\ncoordinator = 1\n", r"coordinator in \[labgrid\] must be a string"),
        ("[labgrid]\nhost = 'x'\n", r"\[labgrid\] has the unknown key 'host'; known are coord"),
        (board(A, "slow_line = 1"), "slow_line in .* must be true or false"),
        (board(A, "power_cycle = ' '"), "power_cycle in .* names no command"),
        (board(A, "name = 'usb'"), "'usb', which could be taken for a port"),
        (board(A, "name = 'desk/1'"), "'desk/1', which could be taken for a port"),
        (board(A, "name = 'x'") + board(B, "name = 'x'"), "two boards have the name x"),
        (board(A) + board(A), "two boards have the port /dev/a"),
        (
            board("mac = 'F412FA010203'") + board("mac = 'f4:12:fa:01:02:03'"),
            "two boards have the MAC address f4:12:fa:01:02:03",
        ),
        (
            board("mac = 'f4:12:fa:01:02:03'") + board("usb_serial = 'F4:12:FA:01:02:03'"),
            "two boards have the MAC address",
        ),
        (board("usb_serial = 'A1'") * 2, "two boards have the USB serial number A1"),
        (
            board(A, "roles = ['peer']") + board(B, "name = 'desk'", "roles = ['peer']"),
            "/dev/a and desk have the role peer",
        ),
        ("[wifi]\nssid = 'x'\npassword = 'geheim'\n", "holds a password.*environment variable"),
        (board(A, "password = 'geheim'"), "holds a password"),
        ("[wifi]\npassword_env = 'X'\n", "without ssid"),
        ("[wifi]\nssid = 'x'\npassword_env = 'geheim'\n", "name of an environment variable"),
        ("wifi = 'net'\n", r"\[wifi\] must be a table"),
        ("[edge]\nport = 1\n", r"\[edge\] has the unknown key 'port'; known are host"),
    ],
)
def test_a_file_that_cannot_be_used_is_bad_input_in_one_sentence(read, text, words):
    with pytest.raises(BadInputError, match=rf"hil\.toml.*{words}") as caught:
        read(text)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    assert "geheim" not in message


def test_the_file_that_the_environment_names_counts_before_all_others(tmp_path, monkeypatch):
    named, here = tmp_path / "named.toml", tmp_path / "hil.toml"
    named.write_text(board(A))
    here.write_text(board(B))
    assert RigFile.find([tmp_path]).path == here
    monkeypatch.setenv("HIL_CONFIG", str(named))
    assert RigFile.find([tmp_path]).path == named
    monkeypatch.setenv("HIL_CONFIG", "")
    assert RigFile.find([tmp_path]) == RigFile()
    monkeypatch.setenv("HIL_CONFIG", str(tmp_path / "gone.toml"))
    with pytest.raises(BadInputError, match=r"gone\.toml cannot be read"):
        RigFile.find([tmp_path])


def test_the_users_own_file_counts_where_there_is_no_other(tmp_path):
    own = tmp_path / "config" / "hil"
    own.mkdir(parents=True)
    (own / "hil.toml").write_text(board(A))
    assert RigFile.find([tmp_path]).path == own / "hil.toml"


@pytest.mark.parametrize(
    ("port", "reset"),
    [
        ("socket://rig:4000", "none"),
        ("loop://", "none"),
        ("rfc2217://rig:4000", "auto"),
        ("/dev/ttyUSB0", "auto"),
    ],
)
def test_a_port_without_reset_lines_is_reset_by_its_console_unless_said_otherwise(
    read, port, reset
):
    assert read(board(f"port = '{port}'")).boards[0].reset == reset
    assert read(board(f"port = '{port}'", "reset = 'none'")).boards[0].reset == "none"


def test_what_is_unusual_about_a_line_can_be_said(read):
    sequences = ("reset_sequence = 'D0|R1|W0.1|D1|R0'", "hard_reset_sequence = 'U0,1 | W0.1 | R0'")
    entry = read(board(A, *sequences, "slow_line = true")).boards[0]
    assert entry.line == Line("D0|R1|W0.1|D1|R0", "U0,1 | W0.1 | R0", slow=True)
    assert read(board(A)).boards[0].line == USUAL
