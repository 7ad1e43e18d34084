# SPDX-License-Identifier: MIT
"""What ``hil boards`` shows."""

import json

import pytest

from hil.cli import main
from hil.errors import FlashingError
from hil.rig import listing as board_list
from hil.rig.lock import BoardLock
from hil.rig.probe import Chip

ESP = (0x303A, 0x1001)
CH340 = (0x1A86, 0x7523)
MAC = "f4:12:fa:01:02:03"


@pytest.fixture
def boards(own_computer, monkeypatch, capsys, tmp_path):
    """Run ``hil boards`` where hil.toml is; return what it prints."""
    monkeypatch.chdir(tmp_path)

    def run(*options, toml=""):
        (tmp_path / "hil.toml").write_text(toml)
        with pytest.raises(SystemExit) as end:
            main(["boards", *options])
        assert end.value.code == 0
        return capsys.readouterr().out

    return run


def test_a_port_is_shown_with_what_usb_says_its_name_its_roles_and_who_holds_it(boards, attach):
    device = attach("ttyACM0", *ESP, MAC.upper(), by_id="usb-Espressif-if00")
    toml = f'[[boards]]\nname = "desk-1"\nmac = "{MAC}"\nroles = ["dut"]\n'
    with BoardLock.acquire(device):
        text = boards(toml=toml)
        (found,) = json.loads(boards("--json", toml=toml))
    for words in (
        device,
        "desk-1 (dut)",
        "303a:1001",
        MAC.upper(),
        "usb-Espressif-if00",
        "held by",
    ):
        assert words in text
    assert "virtual" in text
    assert (found["port"], found["name"], found["roles"]) == (device, "desk-1", ["dut"])
    assert (found["vid"], found["pid"], found["mac"]) == (*ESP, MAC)
    assert found["holder"]["pid"] > 0
    assert (found["chip"], found["problem"]) == (None, None)


def test_boards_of_the_file_that_are_not_on_a_port_are_shown_too(boards, attach):
    attach("ttyUSB0", *CH340)
    toml = (
        f'[[boards]]\nmac = "{MAC}"\n'
        '[[boards]]\nusb_serial = "A1"\n[[boards]]\nport = "rfc2217://rig:4000"\n'
    )
    _, by_mac, by_number, remote = json.loads(boards("--json", toml=toml))
    assert "--probe asks the chips" in by_mac["problem"]
    assert by_number["problem"] == "serial:A1 is not attached; plug it in."
    assert (remote["port"], remote["problem"]) == ("rfc2217://rig:4000", None)


def test_asking_the_chips_tells_which_board_of_the_file_is_behind_a_bridge(
    boards, attach, monkeypatch
):
    device, mute = attach("ttyUSB0", *CH340), attach("ttyUSB1", *CH340)

    def probe(port, reset, **_):
        if port == mute:
            raise FlashingError("No chip answers.")
        return Chip("ESP32-S3", False, "v0.2", MAC, 16 << 20, 8 << 20)

    monkeypatch.setattr(board_list, "probe_chip", probe)
    toml = f'[[boards]]\nname = "desk-1"\nmac = "{MAC}"\n'
    first, second = json.loads(boards("--json", "--probe", toml=toml))
    assert (first["port"], first["name"], first["mac"]) == (device, "desk-1", MAC)
    assert first["chip"]["psram_size"] == 8 << 20
    assert (second["port"], second["problem"]) == (mute, "No chip answers.")
    shown = " ".join(boards("--probe", toml=toml).split())
    assert "ESP32-S3 v0.2, 16 MB flash, 8 MB PSRAM, MAC f4" in shown


def test_a_port_that_may_not_be_opened_is_shown_with_what_to_do(boards, attach, monkeypatch):
    attach("ttyUSB0", *CH340)
    monkeypatch.setattr(board_list, "may_open", lambda port: False)
    (found,) = json.loads(boards("--json"))
    assert "permission to open" in found["problem"]
