# SPDX-License-Identifier: MIT
"""What an update says of a board that fails it in one way or another."""

from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace

import pytest
from fake_board import INFO
from plain_build import make_plain

from hil.console.info import BoardInfo
from hil.device.update import update
from hil.errors import (
    BadInputError,
    BoardRefused,
    BoardSilent,
    BootFailure,
    ConsoleError,
    PlainFirmware,
)
from hil.firmware.build import FirmwareBuild

OLD = BoardInfo.parse({**INFO, "src": "0" * 16})
BUILD = SimpleNamespace(
    simulated=False,
    require_console=lambda what: None,
    directory="build",
    files=[SimpleNamespace(data=b"\xe9app")],
    app=SimpleNamespace(version="0.1.0", source_digest="f" * 64, simulated=False),
)


class ScriptedDevice:
    """Boots as it is told: each start takes the next of ``boots``, which may be an error."""

    def __init__(self, monkeypatch, *boots):
        self._boots = [OLD, *boots]
        self.info = OLD
        self.confirmed = []
        self.written = []
        self.console = self
        self.noticing_interruption = nullcontext
        monkeypatch.setattr("hil.device.update.write_update", self._write)

    def _write(self, _console, what, data, progress):
        self.written.append((what, data))
        progress(len(data))

    def reset(self):
        boot = self._boots.pop(0)
        if isinstance(boot, Exception):
            raise boot
        self.info = boot

    def reboot(self):
        self.reset()
        return self.info

    def refresh(self):
        return self.info

    def request(self, verb, **arguments):
        assert verb == "update"
        self.confirmed.append(arguments["what"])


def on_trial(**changes):
    return replace(OLD, **{"app": "ota_1", "trial": "app", "source_digest": "f" * 16, **changes})


def test_an_application_that_works_is_confirmed(monkeypatch):
    device = ScriptedDevice(monkeypatch, on_trial())
    report = update(device, BUILD, None)
    assert device.written == [("app", b"\xe9app")]
    assert device.confirmed == ["app"]
    assert report.written == {"app": 4}


def test_what_runs_on_trial_already_is_left_first(monkeypatch):
    device = ScriptedDevice(monkeypatch, on_trial())
    device._boots.insert(0, replace(OLD, app="ota_1", trial="app"))
    update(device, BUILD, None)
    assert device.confirmed == ["app"]


@pytest.mark.parametrize(
    ("boot", "sentence"),
    [
        (OLD, "the new application did not stay up"),
        (on_trial(firmware="9.9"), "runs firmware 9.9"),
        (on_trial(slot="arena"), r"cannot use the board's model \(arena\)"),
        (BoardSilent("It says nothing."), "It says nothing"),
    ],
)
def test_an_application_that_does_not_work_is_left(monkeypatch, boot, sentence):
    device = ScriptedDevice(monkeypatch, boot, OLD)
    with pytest.raises(BootFailure, match=rf"{sentence}.*runs what it ran before.*from ota_0\.$"):
        update(device, BUILD, None)
    assert device.confirmed == []


def test_a_board_that_does_not_come_back_is_told(monkeypatch):
    device = ScriptedDevice(monkeypatch, BoardSilent("Mute."), BoardSilent("Still mute."))
    with pytest.raises(BootFailure, match=r"\(Mute\), and then: Still mute\.$"):
        update(device, BUILD, None)


def test_a_board_that_runs_something_else_afterwards_is_told(monkeypatch):
    device = ScriptedDevice(monkeypatch, BoardSilent("Mute."), replace(OLD, app="ota_1"))
    with pytest.raises(BootFailure, match=r"now runs firmware 0\.1\.0 from ota_1"):
        update(device, BUILD, None)


def test_a_cable_that_is_pulled_stays_an_infrastructure_error(monkeypatch):
    device = ScriptedDevice(monkeypatch, ConsoleError("Gone."))
    with pytest.raises(ConsoleError) as error:
        update(device, BUILD, None)
    assert error.value.__notes__ == ["What was not confirmed is left at the board's next start."]


@pytest.mark.parametrize(
    ("code", "kind"), [("unsupported", BadInputError), ("storage", BootFailure)]
)
def test_a_refusal_names_what_was_refused(monkeypatch, code, kind):
    device = ScriptedDevice(monkeypatch, OLD)

    def refuse(*_):
        raise BoardRefused(code, "No.")

    monkeypatch.setattr("hil.device.update.write_update", refuse)
    with pytest.raises(kind, match=r"does not take an application of 4 bytes: No\); the board"):
        update(device, BUILD, None)


def test_a_board_is_not_updated_to_firmware_without_that_console(monkeypatch, tmp_path):
    device = ScriptedDevice(monkeypatch)
    with pytest.raises(PlainFirmware, match="a board cannot be updated to it"):
        update(device, FirmwareBuild.load(make_plain(tmp_path)), None)
    assert device.written == []


@pytest.mark.parametrize("simulated", [False, True])
def test_firmware_for_another_kind_of_board_is_bad_input(monkeypatch, simulated):
    device = ScriptedDevice(monkeypatch)
    device._boots = [replace(OLD, simulated=not simulated)]
    with pytest.raises(BadInputError, match="name another build"):
        update(device, SimpleNamespace(**{**vars(BUILD), "simulated": simulated}), None)
    assert device.written == []
