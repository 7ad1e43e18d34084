# SPDX-License-Identifier: MIT
"""Which boards are taken."""

import pytest

from hil.errors import BadInputError, PortMissingError
from hil.rig import BoardSpec, Rig, find_board

pytestmark = pytest.mark.usefixtures("own_computer")

ESP = (0x303A, 0x1001)
MAC = "f4:12:fa:01:02:03"


@pytest.fixture
def toml(tmp_path):
    def write(text):
        (tmp_path / "hil.toml").write_text(text)
        return [tmp_path]

    return write


def entry(port, *lines):
    return "\n".join(["[[boards]]", f'port = "{port}"', *lines, ""])


DUT, PEER, GATEWAY = 'roles = ["dut"]', 'roles = ["peer"]', 'roles = ["gateway"]'
PAIR = entry("/dev/a", DUT, 'name = "desk-1"') + entry("/dev/b", PEER, 'name = "desk-2"')
AROUND = '[wifi]\nssid = "net"\npassword_env = "THE_PASSWORD"\n[edge]\nhost = "10.0.0.2"\n'


def board(named, where):
    return Rig.find(named, directories=where).board


def test_without_anything_virtual_boards_are_taken_and_the_edge_server_runs_the_tail(tmp_path):
    rig = Rig.find(directories=[tmp_path])
    assert rig.board.virtual
    assert rig.gateway.virtual
    assert rig.peer is None


def test_an_option_beats_the_environment_which_beats_the_file(toml, monkeypatch):
    where = toml(entry("/dev/file", DUT))
    assert board(None, where).port == "/dev/file"
    monkeypatch.setenv("HIL_BOARD", "/dev/environment")
    assert board(None, where).port == "/dev/environment"
    assert board("/dev/option", where).port == "/dev/option"


def test_the_first_directory_with_a_file_counts(toml, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    assert board(None, [other, *toml(entry("/dev/x", DUT))]).port == "/dev/x"


def test_the_file_gives_access_point_and_edge_host_to_all_boards(toml, monkeypatch):
    monkeypatch.setenv("THE_PASSWORD", "secret")
    rig = Rig.find("/dev/a", peer="/dev/b", directories=toml(AROUND))
    for spec in (rig.board, rig.peer, rig.gateway):
        assert (spec.wifi.ssid, spec.wifi.password, spec.edge_host) == ("net", "secret", "10.0.0.2")


def test_a_virtual_board_needs_nothing_of_the_file(toml):
    rig = Rig.find("virtual", directories=toml(AROUND + entry("/dev/b", PEER)))
    assert (rig.board.wifi, rig.board.edge_host, rig.peer) == (None, None, None)


def test_only_a_real_board_that_is_to_join_needs_the_password(toml, monkeypatch):
    where = toml(AROUND)
    for value in (None, ""):
        if value is not None:
            monkeypatch.setenv("THE_PASSWORD", value)
        with pytest.raises(BadInputError, match="variable THE_PASSWORD, which is not set or empty"):
            board("/dev/a", where)
    assert Rig.find("/dev/a", directories=where, needs_wifi=False).board.wifi is None
    assert find_board("/dev/a", directories=where).wifi is None


def test_each_board_keeps_its_own_settings(toml):
    own = ("baud = 460800", 'reset = "uart"', 'power_cycle = "cycle 2"')
    where = toml(entry("/dev/a", DUT) + entry("/dev/b", 'roles = ["peer", "gateway"]', *own))
    rig = Rig.find(directories=where, wait_s=7.0)
    assert rig.board == BoardSpec("/dev/a", wait_s=7.0)
    assert rig.peer == BoardSpec(
        "/dev/b", baud=460_800, reset="uart", power_cycle="cycle 2", wait_s=7.0
    )
    assert rig.gateway is rig.peer
    assert rig.specs() == [(rig.board, ("dut",)), (rig.peer, ("peer", "gateway"))]


def test_second_boards_are_named_by_option_or_file_and_the_gateway_is_else_the_peer(toml):
    where = toml(PAIR)
    rig = Rig.find(directories=where)
    assert (rig.peer.port, rig.gateway.port) == ("/dev/b", "/dev/b")
    rig = Rig.find(peer="/dev/c", gateway="/dev/d", directories=where)
    assert (rig.peer.port, rig.gateway.port) == ("/dev/c", "/dev/d")
    assert [roles for _, roles in rig.specs()] == [("dut",), ("peer",), ("gateway",)]
    rig = Rig.find(directories=toml(entry("/dev/a", DUT) + entry("/dev/b", GATEWAY)))
    assert (rig.peer, rig.gateway.port) == (None, "/dev/b")


def test_a_board_is_chosen_by_its_name_and_then_is_not_the_second_board_too(toml):
    rig = Rig.find("desk-2", directories=toml(PAIR))
    assert (rig.board.name, rig.board.port) == ("desk-2", "/dev/b")
    assert (rig.peer, rig.gateway) == (None, None)


def test_the_files_second_board_by_its_port_is_not_the_second_board_too(toml, attach):
    device = attach("ttyACM0", *ESP, MAC.upper())
    where = toml(f'[[boards]]\nname = "desk-2"\nmac = "{MAC}"\n{PEER}\n')
    rig = Rig.find(device, directories=where)
    assert (rig.board.name, rig.peer) == ("desk-2", None)


def test_a_board_that_the_file_describes_twice_in_different_ways_is_bad_input(toml, attach):
    device = attach("ttyACM0", *ESP, MAC.upper())
    where = toml(f'[[boards]]\nmac = "{MAC}"\n{DUT}\n' + entry(device, PEER))
    with pytest.raises(BadInputError, match=r"hil\.toml describes the board at .* twice"):
        board(None, where)


def test_a_name_that_is_not_in_the_file_is_bad_input_that_lists_those_that_are(toml):
    with pytest.raises(BadInputError, match=r"no board named 'desk-3' \(.* has desk-1, desk-2\)"):
        board("desk-3", toml(PAIR))
    with pytest.raises(BadInputError, match=r"no board named 'desk-3' \(no hil.toml\)"):
        board("desk-3", [])


def test_a_device_may_be_named_without_its_directory():
    assert board("null", []).port == "/dev/null"


def test_without_a_dut_or_with_two_one_must_be_chosen(toml):
    with pytest.raises(BadInputError, match=r'no board with roles = \["dut"\]'):
        board(None, toml(entry("/dev/a", PEER)))
    two = PAIR.replace("peer", "dut")
    with pytest.raises(BadInputError, match=r"choose one by --board .*: desk-1, desk-2\."):
        board(None, toml(two))
    assert board("desk-2", toml(two)).port == "/dev/b"


def test_a_board_that_was_named_by_its_port_has_the_settings_of_its_entry(toml, attach):
    device = attach("ttyACM0", *ESP, MAC.upper(), by_id="usb-Espressif-if00")
    where = toml(f'[[boards]]\nname = "desk-1"\nmac = "{MAC}"\nreset = "usb-jtag"\n')
    for named in (device, MAC, f"serial:{MAC.upper()}", "desk-1", "usb"):
        found = board(named, where)
        assert (found.name, found.mac, found.reset) == ("desk-1", MAC, "usb-jtag")
    assert board("desk-1", where).port.endswith("/by-id/usb-Espressif-if00")


def test_usb_is_the_dut_of_the_file_and_a_missing_one_is_named(toml, attach):
    attach("ttyACM0", *ESP, "F4:12:FA:99:99:99")
    where = toml(f'[[boards]]\nmac = "{MAC}"\nroles = ["dut"]\n')
    with pytest.raises(PortMissingError, match=MAC):
        board("usb", where)
    there = attach("ttyACM1", *ESP, MAC.upper())
    assert board("usb", where).port == there


@pytest.mark.parametrize("port", ["virtual", "rfc2217://rig:4000"])
def test_usb_is_the_only_one_attached_where_the_dut_is_not_on_usb(toml, attach, port):
    device = attach("ttyACM0", *ESP)
    assert board("usb", toml(entry(port, DUT))).port == device


def test_usb_is_the_one_that_is_not_the_second_board(attach):
    one, other = attach("ttyACM0", *ESP), attach("ttyACM1", *ESP)
    rig = Rig.find("usb", peer=one)
    assert (rig.board.port, rig.peer.port) == (other, one)


def test_a_board_that_is_not_attached_can_be_had_for_its_power_cycle(toml):
    where = toml(f'[[boards]]\nmac = "{MAC}"\nroles = ["dut"]\npower_cycle = "cycle 1"\n')
    with pytest.raises(PortMissingError):
        board(None, where)
    found = Rig.find(directories=where, absent_ok=True).board
    assert (found.port, found.power_cycle) == (f"mac:{MAC}", "cycle 1")


def test_a_second_board_that_is_not_attached_is_missed_when_it_is_needed(toml):
    where = toml(entry("/dev/a", DUT) + f'[[boards]]\nmac = "{MAC}"\n{GATEWAY}\n')
    rig = Rig.find(directories=where)
    assert (rig.board.port, rig.gateway.port) == ("/dev/a", f"mac:{MAC}")


def test_one_board_alone_can_be_had_without_looking_for_the_others(toml, attach):
    one, other = attach("ttyACM0", *ESP), attach("ttyACM1", *ESP)
    where = toml(entry(one, PEER) + f'[[boards]]\nmac = "{MAC}"\n{GATEWAY}\n')
    assert find_board("usb", directories=where).port == other


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


def test_every_board_of_a_rig_is_reached_by_the_radio_that_is_named(tmp_path, toml):
    rig = Rig.find("virtual", peer="virtual", hci="bluez", directories=[tmp_path])
    assert [spec.hci for spec, _ in rig.specs()] == ["bluez"] * len(rig.specs())
    real = Rig.find("/dev/a", hci="bluez", directories=toml(AROUND), needs_wifi=False)
    assert real.board.hci == "bluez"
    assert Rig.find(directories=[tmp_path]).board.hci is None
    with pytest.raises(BadInputError, match="is 'hci0'; say bluez for this computer's own"):
        Rig.find(hci="hci0", directories=[tmp_path])
