# SPDX-License-Identifier: MIT
"""The doctor and a board that is attached by a URL, as a rig's would be by USB."""

import subprocess
import sys

import pytest

from hil.board.board import Board
from hil.doctor import State, examine
from hil.firmware.build import default_firmware
from hil.model.model import Model
from hil.resources import resource
from hil.rig.rig import BoardSpec, Rig


@pytest.fixture
def spec(lab) -> BoardSpec:
    return BoardSpec(lab.boards[0].url)


def find(spec: BoardSpec, **options: bool) -> dict[str, tuple[State, str]]:
    rig = Rig(spec, None, None)
    findings = examine(lambda: rig, via=("tcp",), **options)
    return {finding.check: (finding.state, finding.text) for finding in findings}


def test_a_board_without_firmware_is_left_alone_and_a_flashed_one_is_asked_for_its_way_here(
    spec, monkeypatch
):
    state, text = find(spec)["dut firmware"]
    assert state is State.NOTE
    assert "a run flashes it; --probe asks the chip itself" in text
    with Board.open(spec) as board:
        board.flash(default_firmware(), Model.load(resource("models/tiny")))
        session = board.info.session
    findings = find(spec)
    assert findings["dut firmware"][0] is State.OK
    assert "16 MB flash, 8 MB PSRAM" in findings["dut firmware"][1]
    assert findings["dut Wi-Fi"][0] is State.OK
    assert "reaches this computer at 127.0.0.1" in findings["dut Wi-Fi"][1]

    monkeypatch.setattr("hil.doctor.reach.edge_host", lambda *_: "127.0.0.2")
    monkeypatch.setattr("hil.doctor.reach._CONNECT_S", 0.2)
    monkeypatch.setattr("hil.doctor.reach.EVERYWHERE", "127.0.0.1")
    state, text = find(spec)["dut Wi-Fi"]
    assert state is State.FAIL
    assert "does not reach this computer at 127.0.0.2" in text
    with Board.open(spec) as board:
        assert board.refresh().session == session, "the doctor has reset the board"


def test_asking_the_chip_is_done_only_when_told_to(spec):
    assert "dut chip" not in find(spec)
    state, text = find(spec, probe=True)["dut chip"]
    assert state is State.OK
    assert "ESP32-S3" in text


def test_a_board_that_somebody_holds_is_named_with_its_holder(spec):
    script = f"""
from hil.rig.lock import BoardLock
with BoardLock.acquire({spec.port!r}):
    print("held", flush=True)
    input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "held\n"
        state, text = find(spec)["dut port"]
        other.communicate("\n")
    assert state is State.FAIL
    assert f"pid {other.pid}" in text
    assert "since" in text
