# SPDX-License-Identifier: MIT
"""Updates through the console: what works is kept, what does not is left again."""

import hashlib
import json
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil.board.board import Board
from hil.board.network import join
from hil.cli import main
from hil.console.info import BoardInfo
from hil.console.memory import BoardMemory
from hil.console.transfer import write_update
from hil.device.device import Device
from hil.device.update import update
from hil.errors import BadInputError, BoardRefused, BootFailure
from hil.firmware.build import FirmwareBuild, default_firmware
from hil.firmware.virtual import STACK_BYTES
from hil.inference.part import ModelPart
from hil.model.model import Model
from hil.resources import resource
from hil.sim.process import Lab
from hil.sim.radio.wifi import LAB_ACCESS_POINT

BASE = ("ota_0", "model_0", "none")
TEST_BUILD = Path(__file__).resolve().parents[2] / "firmware" / "virtual" / "prebuilt-test"


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    with Lab.start() as lab:
        yield lab


@pytest.fixture(scope="module")
def opened(lab: Lab, model: Model) -> Iterator[Device]:
    with Board.open(lab=lab) as device:
        device.flash(None, model)
        yield device


def is_changed(device: Device) -> bool:
    """Whether the board runs anything but what the fixture flashes, or is about to."""
    info = device.refresh()
    return (*runs(info), info.role, info.test_build) != (*BASE, "head", False)


@pytest.fixture
def device(opened: Device, model: Model) -> Device:
    """The board as a flasher leaves it, whatever the test before has done."""
    if is_changed(opened):
        opened.flash(None, model)
    assert not is_changed(opened)
    return opened


@pytest.fixture(scope="module")
def test_build() -> FirmwareBuild:
    return FirmwareBuild.load(TEST_BUILD)


def runs(info: BoardInfo) -> tuple[str, str, str]:
    return info.app, info.model_slot, info.trial


def crash(device: Device, *_: object) -> None:
    device.console.request("crash")
    device.console.wait_event("never", 5)


def app_of(build: FirmwareBuild) -> bytes:
    return build.files[-1].data


def test_an_update_of_both_is_tried_confirmed_and_stays(
    device: Device, model: Model, test_build: FirmwareBuild
) -> None:
    shown = []
    report = update(device, test_build, ModelPart.of(model, None, "full"), shown.append)
    assert runs(report.before) == BASE
    assert runs(report.after) == ("ota_1", "model_1", "none")
    assert (report.after.test_build, report.after.role) == (True, "full")
    assert {each.role for each in shown} == {"app", "model"}
    assert shown[-1].done == shown[-1].total == report.written["model"]
    device.reset()
    assert runs(device.info) == ("ota_1", "model_1", "none")
    update(device, default_firmware(), ModelPart.of(model, None, "head"))
    device.reset()
    assert runs(device.info) == BASE
    assert (device.info.test_build, device.info.role) == (False, "head")


def test_what_a_flasher_finds_in_place_is_what_runs_after_it(device: Device, model: Model) -> None:
    update(device, None, ModelPart.of(model, None, "full"))
    assert runs(device.info) == ("ota_0", "model_1", "none")
    report = device.flash(None, model)
    assert runs(device.info) == BASE
    assert device.info.role == "head"
    # It had never been touched, but for its magic.
    assert "model" in {region.role for region in report.written}


def test_a_model_that_waits_to_be_tried_is_dropped_by_a_reset_from_outside(
    device: Device, model: Model
) -> None:
    slot = ModelPart.of(model, None, "full").slot_file(1 << 20)
    write_update(device.console, "model", slot)
    device.reset()
    assert runs(device.info) == BASE


def test_what_is_not_confirmed_is_left_at_the_next_boot(
    device: Device, model: Model, test_build: FirmwareBuild
) -> None:
    write_update(device.console, "app", app_of(test_build))
    write_update(device.console, "model", ModelPart.of(model, None, "full").slot_file(1 << 20))
    assert device.console.request("stats")["rx_bad_chunk"] == "0"
    assert runs(device.reboot()) == ("ota_1", "model_1", "both")
    with pytest.raises(BoardRefused, match="confirm it, or go back by reboot"):
        write_update(device.console, "app", app_of(test_build))
    assert runs(device.reboot()) == BASE
    assert not device.info.test_build


def test_an_application_that_panics_on_trial_is_left(
    device: Device, test_build: FirmwareBuild, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hil.device.update._judge", crash)
    with pytest.raises(BootFailure, match=r"panicked.*runs what it ran before.*from ota_0\.$"):
        update(device, test_build, None)
    assert runs(device.info) == BASE


def test_a_model_that_cannot_be_opened_is_left(
    device: Device, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = ModelPart.of(model, None, "full")
    content = bytearray(part.slot_file(1 << 20))
    content[4096:4104] = bytes(8)  # no flatbuffer any more, but digest and CRC are right
    content[16:48] = hashlib.sha256(content[4096:]).digest()
    content[4092:4096] = zlib.crc32(content[:4092]).to_bytes(4, "little")
    monkeypatch.setattr(ModelPart, "slot_file", lambda *_: bytes(content))
    with pytest.raises(BadInputError, match=r"does not accept the full of tiny.*before"):
        update(device, None, part)
    assert runs(device.info) == BASE
    assert device.info.slot == "ok"


def test_what_is_no_application_is_refused_and_changes_nothing(
    device: Device, test_build: FirmwareBuild
) -> None:
    for content in (b"no image", app_of(test_build)[:4000]):
        with pytest.raises(BoardRefused) as refusal:
            write_update(device.console, "app", content)
        assert refusal.value.code == "update_invalid"
    assert runs(device.reboot()) == BASE


def test_what_is_larger_than_the_partition_is_bad_input(
    device: Device, model: Model, monkeypatch: pytest.MonkeyPatch
) -> None:
    part = ModelPart.of(model, None, "head")
    monkeypatch.setattr(ModelPart, "slot_file", lambda *_: bytes(4 << 20))
    with pytest.raises(BadInputError, match=r"larger than the partition.*runs what it ran before"):
        update(device, None, part)


def test_the_board_remembers_the_access_point_that_it_joined(device: Device) -> None:
    with pytest.raises(BadInputError, match="remembers no access point: put"):
        join(device.console, None)
    device.console.request("wifi", ssid=LAB_ACCESS_POINT.ssid, password=LAB_ACCESS_POINT.password)
    address = device.console.wait_event("wifi", 5)["ip"]
    device.reset()
    assert join(device.console, None) == address


def test_the_board_tells_its_memory(device: Device) -> None:
    assert (device.info.psram, device.info.flash) == (8 << 20, 16 << 20)
    memory = BoardMemory.parse(device.console.request("stats"))
    assert memory.psram is not None
    assert 0 < memory.psram.least <= memory.psram.free < device.info.psram
    assert (memory.heap, memory.dma) == (None, None)  # this machine has no such heap


def test_the_boards_stack_reserve_is_most_of_its_stack_and_never_grows(device: Device) -> None:
    def reserve() -> int:
        return BoardMemory.parse(device.console.request("stats")).stacks["core"]

    untouched = reserve()
    assert STACK_BYTES * 3 // 4 < untouched < STACK_BYTES
    with pytest.raises(BoardRefused):  # its sentence is made on the stack
        device.console.request("wifi", ssid="s" * 300)
    assert reserve() <= untouched


def hil(*arguments: object) -> int:
    with pytest.raises(SystemExit) as end:
        main([str(argument) for argument in arguments])
    assert isinstance(end.value.code, int)
    return end.value.code


def test_hil_update_updates_a_running_board(
    device: Device,
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "300")
    with device.lend_port() as port:
        options = ["--board", port, "--model", resource("models/tiny"), "--role", "full"]
        assert hil("update", *options, "--json") == 0
        document = json.loads(capsys.readouterr().out)
        assert hil("update", *options) == 0
    assert document["after"]["role"] == "full"
    assert list(document["written"]) == ["model"]
    assert "runs firmware 0.1.0 from ota_0 with the full of tiny" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "Name what the board shall run: --firmware, --model, or both."),
        (["--firmware", TEST_BUILD, "--board", "virtual"], "use 'hil flash'"),
    ],
)
def test_hil_update_says_what_is_missing(
    options: list[object], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert hil("update", *options) == 2
    assert sentence in capsys.readouterr().err
