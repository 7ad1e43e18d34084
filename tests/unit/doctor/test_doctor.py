# SPDX-License-Identifier: MIT
"""What the doctor finds, what it says, and what it makes of it."""

import contextlib
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from hil.board.board import Board
from hil.cli import main
from hil.doctor import Finding, State, examine, host, order
from hil.doctor import board as board_checks
from hil.doctor import ports as port_checks
from hil.errors import (
    BadInputError,
    BluetoothError,
    BoardSilent,
    HostError,
    PortMissingError,
)
from hil.model.engine.apart import EngineDiedError
from hil.model.engine.native import backend_name
from hil.resources import resource
from hil.rig.probe import Chip
from hil.rig.rig import BoardSpec, Rig
from hil.serialport.ports import SerialPort


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Finding]]:
    """Examine a rig without looking at this computer; return the findings by check."""
    monkeypatch.setattr(order, "host_findings", lambda: iter(()))
    monkeypatch.setattr(order, "port_findings", lambda used: iter(()))
    monkeypatch.setattr(order, "bluetooth", lambda: "there is one")
    monkeypatch.setattr(
        order,
        "board_findings",
        lambda spec, title, **how: [Finding(title, State.OK, f"{spec.port} {sorted(how.items())}")],
    )

    def run(rig: Rig | Exception, **options: Any) -> dict[str, Finding]:
        def find() -> Rig:
            if isinstance(rig, Exception):
                raise rig
            return rig

        return {finding.check: finding for finding in examine(find, **options)}

    return run


REAL = Rig(BoardSpec("/dev/ttyACM0"), None, BoardSpec("/dev/ttyACM1", name="desk-2"))


def test_a_rig_that_cannot_be_found_fails_with_the_code_of_a_run(found):
    for error in (PortMissingError("No board."), BadInputError("hil.toml is odd.")):
        finding = found(error)["rig"]
        assert (finding.state, finding.text) == (State.FAIL, str(error))
        assert finding.exit_code == error.exit_code


def test_each_board_is_looked_at_once_under_its_name_or_role(found):
    both = BoardSpec("/dev/ttyACM1", name="desk-2")
    findings = found(Rig(BoardSpec("/dev/ttyACM0"), both, both))
    roles = ("dut", "peer", "gateway", "desk-2")
    assert [check for check in findings if check in roles] == ["dut", "desk-2"]


def test_the_network_is_tried_from_the_board_under_test_alone(found):
    findings = found(REAL)
    assert "('network', True)" in findings["dut"].text
    assert "('network', False)" in findings["desk-2"].text
    assert "('network', False)" in found(REAL, via=("ble",))["dut"].text


def test_a_link_without_its_board_is_a_note(found):
    finding = found(Rig(BoardSpec("/dev/ttyACM0"), None, None))["espnow"]
    assert finding.state is State.NOTE
    assert "second board" in finding.text


def test_bluetooth_counts_where_it_would_be_tested(found, monkeypatch):
    def off() -> str:
        raise BluetoothError("The adapter is switched off.")

    monkeypatch.setattr(order, "bluetooth", off)
    assert found(REAL)["Bluetooth"].state is State.FAIL
    assert "Bluetooth" not in found(REAL, via=("tcp", "udp"))


def test_bluetooth_counts_for_a_virtual_board_that_is_to_be_reached_by_it(found, monkeypatch):
    monkeypatch.setattr(order, "_lab", lambda: "a virtual board can be started")
    monkeypatch.setenv("HIL_HCI", "")
    assert "Bluetooth" not in found(Rig())
    assert found(Rig(BoardSpec(hci="bluez")))["Bluetooth"].text == "there is one"
    assert "Bluetooth" not in found(Rig(BoardSpec(hci="bluez")), via=("tcp",))
    monkeypatch.setenv("HIL_HCI", "bluez")
    assert "Bluetooth" in found(Rig())


INFO = """
fw=0.1.0 src=7f32b3468665f3c9 proto=1 chip=esp32s3 mac=f4:12:fa:01:02:03 simulated=0 kernels=esp_nn
role=none slot=empty model=- name=- cut=- in=- out=- arena=1572864 arena_used=0 psram=0 flash=0
app=ota_0 model_slot=model_0 trial=none test=0 reset=POWERON boot=8d789ea0
"""


class Opened:
    """A board that answers ``info``, or nothing."""

    port = "/dev/ttyACM0"

    def __init__(self, spec: BoardSpec, **info: int) -> None:
        self.spec = spec
        self._info = info
        self.console = self

    def __enter__(self) -> "Opened":
        return self

    def __exit__(self, *exc_info: object) -> None:
        pass

    @contextlib.contextmanager
    def lend_port(self) -> Iterator[str]:
        yield self.port

    def request(self, *_: Any, **__: Any) -> dict[str, str]:
        if not self._info:
            raise BoardSilent("No answer.")
        memory = {key: str(value) for key, value in self._info.items()}
        return dict(pair.split("=") for pair in INFO.split()) | memory


@pytest.fixture
def board(monkeypatch: pytest.MonkeyPatch) -> Callable[..., dict[str, Finding]]:
    """Look at a board whose chip, or firmware, says something; return the findings by check."""

    def look(chip: Chip | None = None, *, reset: str = "auto", **info: int) -> dict[str, Finding]:
        monkeypatch.setattr(Board, "open", lambda spec: Opened(spec, **info))
        monkeypatch.setattr(board_checks, "probe_chip", lambda port, reset, line: chip)
        spec = BoardSpec(Opened.port, reset=reset)
        findings = board_checks.board_findings(
            spec, "dut", layout=16 << 20, probe=chip is not None, network=False
        )
        return {finding.check: finding for finding in findings}

    return look


@pytest.mark.parametrize(
    ("chip", "words"),
    [
        (Chip("ESP32-C3", False), "is an ESP32-C3, not an ESP32-S3"),
        (Chip("ESP32-S3", True), "secure download mode"),
        (Chip("ESP32-S3", False, flash_size=16 << 20, psram_size=0), "has no PSRAM"),
        (Chip("ESP32-S3", False, flash_size=8 << 20, psram_size=8 << 20), "--flash-size 8MB"),
        (Chip("ESP32-S3", False, flash_size=4 << 20, psram_size=8 << 20), "at least 8MB"),
    ],
)
def test_a_chip_that_a_run_would_refuse_fails_and_nothing_more_is_asked(board, chip, words):
    findings = board(chip)
    finding = findings["dut chip"]
    assert (finding.state, finding.exit_code) == (State.FAIL, 10)
    assert words in finding.text
    assert "dut firmware" not in findings


def test_a_chip_that_fits_is_described_and_what_runs_on_it_does_not_matter(board):
    findings = board(Chip("ESP32-S3", False, "v0.2", "f4:12:fa:01:02:03", 16 << 20, 8 << 20))
    assert findings["dut chip"].state is State.OK
    assert findings["dut firmware"].state is State.NOTE


def test_a_board_that_may_not_be_reset_is_not_asked_although_told_to(board):
    findings = board(Chip("ESP32-C3", False), reset="none", flash=16 << 20, psram=8 << 20)
    assert findings["dut chip"].state is State.NOTE
    assert findings["dut firmware"].state is State.OK


@pytest.mark.parametrize(
    ("memory", "words"),
    [
        ({"flash": 16 << 20, "psram": 8 << 20}, None),
        ({"flash": 16 << 20, "psram": 0}, "has no PSRAM"),
        ({"flash": 8 << 20, "psram": 8 << 20}, "--flash-size 8MB"),
    ],
)
def test_the_memory_that_the_firmware_tells_of_must_do(board, memory, words):
    finding = board(**memory)["dut firmware"]
    assert (finding.state is State.FAIL) == (words is not None)
    assert (words or "16 MB flash, 8 MB PSRAM") in finding.text


def test_a_build_that_cannot_be_written_fails_and_a_real_board_needs_one(found, tmp_path):
    assert found(REAL, firmware=tmp_path)["build"].exit_code == 2
    unnamed = found(REAL)["build"]
    assert unnamed.state is State.NOTE
    assert "--firmware" in unnamed.text
    assert (
        "for virtual boards with 16 MB" in found(REAL, firmware=resource("firmware"))["build"].text
    )


def test_a_clock_before_this_program_was_written_is_wrong(monkeypatch):
    monkeypatch.setattr(time, "time", lambda: 1_000_000.0)
    finding = {each.check: each for each in host.host_findings()}["clock"]
    assert finding.state is State.FAIL
    assert finding.text.startswith("The clock says 1970-01-12, before this program was installed")


def test_a_lock_directory_that_cannot_be_made_is_named(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("in the way", encoding="utf-8")
    monkeypatch.setenv("HIL_LOCK_DIR", str(tmp_path / "file" / "locks"))
    finding = {each.check: each for each in host.host_findings()}["locks"]
    assert finding.state is State.FAIL
    assert str(tmp_path / "file") in finding.text


def test_other_ports_are_named_and_those_of_the_rig_are_not(monkeypatch, serial_port):
    monkeypatch.setattr(
        port_checks, "discover_ports", lambda: [serial_port("/dev/ttyUSB7"), serial_port("/dev/x")]
    )
    monkeypatch.setattr(port_checks, "_is_active", lambda service: True)
    monkeypatch.setattr(port_checks, "may_open", lambda port: True)
    findings = {each.check: each for each in port_checks.port_findings(["/dev/x"])}
    assert set(findings) == {"port /dev/ttyUSB7", "modems"}
    assert "not used by this rig" in findings["port /dev/ttyUSB7"].text
    assert findings["modems"].state is State.NOTE
    monkeypatch.setattr(port_checks, "may_open", lambda port: False)
    forbidden = port_checks.port_findings(())[0]
    assert forbidden.state is State.NOTE
    assert "There is no permission to open /dev/ttyUSB7" in forbidden.text


@pytest.fixture
def serial_port() -> Callable[[str], SerialPort]:
    """Return a port with a bridge behind it."""
    return lambda device: SerialPort(device, "CP210x bridge", False)


def test_the_exit_code_is_the_worst_of_the_findings(monkeypatch, capsys):
    def examined(*_: Any, **__: Any) -> list[Finding]:
        return [
            Finding("a", State.OK, "fine"),
            Finding("b", State.FAIL, "The input is odd.", 2),
            Finding("c", State.FAIL, "The cable is out.", 10),
        ]

    monkeypatch.setattr("hil.doctor.examine", examined)
    with pytest.raises(SystemExit) as end:
        main(["doctor"])
    assert end.value.code == 10
    shown = capsys.readouterr().out
    assert "FAIL  c" in shown
    assert "A run would not start: mend what is marked FAIL (2)." in shown
    with pytest.raises(SystemExit) as end:
        main(["doctor", "--json"])
    assert end.value.code == 10
    report = json.loads(capsys.readouterr().out)
    assert report["would_start"] is False
    assert [finding["state"] for finding in report["findings"]] == ["ok", "FAIL", "FAIL"]


def test_a_virtual_board_needs_nothing_but_the_lab(capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("HIL_BOARD", raising=False)
    monkeypatch.setenv("HIL_LOCK_DIR", os.fspath(tmp_path / "locks"))
    with pytest.raises(SystemExit) as end:
        main(["doctor", "--board", "virtual"])
    assert end.value.code == 0
    assert "A run would start." in capsys.readouterr().out


def test_a_program_that_reads_along_is_named(monkeypatch):
    monkeypatch.setattr(board_checks, "port_users", lambda port: ["screen (pid 7)"])
    (finding,) = board_checks.board_findings(
        BoardSpec("/dev/ttyACM0"), "dut", layout=0, probe=False, network=False
    )
    assert finding.state is State.FAIL
    assert finding.text == "/dev/ttyACM0 is open in screen (pid 7) as well; end it."


def test_an_interpreter_that_cannot_run_is_found_and_the_pythons_that_can_are_named(monkeypatch):
    def dead(*_: object) -> None:
        raise EngineDiedError("SIGILL")

    monkeypatch.setattr("hil.model.engine.apart.EngineApart", dead)
    finding = {each.check: each for each in host.host_findings()}["kernels"]
    assert (finding.state, finding.exit_code) == (State.FAIL, 10)
    assert "no TensorFlow Lite interpreter that runs (it crashes (SIGILL))" in finding.text
    assert "CPython 3.11 to 3.14 on Linux" in finding.text


def test_an_interpreter_that_is_not_there_is_found(monkeypatch):
    for name in ("tflite_runtime", "ai_edge_litert"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(HostError, match=r"no TensorFlow Lite interpreter .* install hil anew"):
        backend_name()
