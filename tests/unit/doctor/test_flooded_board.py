# SPDX-License-Identifier: MIT
"""A board that floods its console is told of in one sentence, and nothing waits for its end."""

from collections.abc import Iterator

import pytest
from flooding_server import FloodingServer

from hil.doctor.board import board_findings
from hil.doctor.finding import State
from hil.rig.entry import BoardEntry
from hil.rig.file import RigFile
from hil.rig.identity import Identity
from hil.rig.listing import list_boards
from hil.rig.rig import BoardSpec

RATE = 3e5
"""Bytes a second: what a serial line at 3,000,000 baud carries. How much comes while esptool asks
depends on its pace, and so do its words."""
FLOODS = {
    "lines": b"I (123) app: hello, world, again and again\r\n" * 200,
    "half a line": b"x" * 8192,
    "events": b"! link via=tcp state=up *0000\r\n" * 200,
    "frames": b"\xc0" * 8192,
}


@pytest.fixture(params=FLOODS)
def port(request: pytest.FixtureRequest) -> Iterator[str]:
    server = FloodingServer(FLOODS[request.param], RATE)
    yield server.url
    server.close()


def test_the_doctor_ends(port: str) -> None:
    spec = BoardSpec(port)
    opened, firmware = board_findings(spec, "dut", layout=1 << 24, probe=False, network=True)
    assert opened.state is State.OK
    assert (firmware.state, firmware.check) == (State.NOTE, "dut firmware")
    assert "a run flashes it" in firmware.text
    _, chip = board_findings(spec, "dut", layout=1 << 24, probe=True, network=True)
    assert (chip.state, chip.check) == (State.FAIL, "dut chip")
    assert "look what its firmware sends" in chip.text


def test_the_list_of_boards_ends(port: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hil.rig.listing.discover_ports", list)
    (listed,) = list_boards(RigFile(boards=(BoardEntry(Identity("port", port)),)), probe=True)
    assert "look what its firmware sends" in (listed.problem or "")
