# SPDX-License-Identifier: MIT
"""Starting a board: what its silence, its words and its port's absence are taken for."""

import time

import pytest
from fake_board import INFO
from fake_port import FakePort

from hil.console.console import Console
from hil.device import start as module
from hil.device.start import check_firmware, check_mac, start
from hil.errors import (
    BadInputError,
    BoardSilent,
    BootFailure,
    ConsoleError,
    PortMissingError,
    ResetError,
    WrongChipError,
)
from hil.firmware.app import AppInfo
from hil.protocol.console.line import crc16
from hil.serialport.reset import UartReset

GREETING = b"ESP-ROM:esp32s3-20210327\r\nrst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)\r\n"
DOWNLOAD = b"rst:0x1 (POWERON),boot:0x0 (DOWNLOAD(USB/UART0))\r\nwaiting for download\r\n"
LOG = b"I (50) splitnode: version 0.1.0\r\n"
WHEN_RESET = UartReset(0)


class Line:
    """A port that is replaced when it has vanished, in the place of a BoardPort."""

    name = "/dev/ttyTEST"
    round_trip_s = 0.0

    def __init__(self, *ports):
        self._ports = list(ports)
        self.console = Console(self._ports.pop(0), self.name)

    def reset(self, how):
        self.console.reset(how)

    def reopen(self):
        self.console.close()
        if not self._ports:
            raise PortMissingError("The port has not come back.")
        self.console.attach(self._ports.pop(0), self.name)


def board(said, answers=True):
    """Return the port of a board that says something when EN is released."""

    class Port(FakePort):
        def __setattr__(self, name, value):
            super().__setattr__(name, value)
            if (name, value) == ("rts", False):
                self.feed(said)

    def answer(request):
        info = " ".join(f"{key}={value}" for key, value in INFO.items())
        text = f"{request.split()[0].decode().lstrip(chr(0))} ok {info}"
        port.feed(f"{text} *{crc16(text.encode()):04x}\r\n".encode())

    port = Port(answer if answers else lambda request: None)
    return port


@pytest.fixture
def line(monkeypatch):
    monkeypatch.setattr(module, "_ATTEMPT_S", 0.05)
    monkeypatch.setattr(module, "MUTE_PATIENCE_S", 0.2)
    monkeypatch.setattr(module, "BOOT_PATIENCE_S", 0.4)
    lines = []

    def make(*ports):
        lines.append(Line(*ports))
        return lines[-1]

    yield make
    for each in lines:
        each.console.close()


def test_a_board_that_answers_is_up(line):
    assert start(line(board(GREETING + LOG)), WHEN_RESET).mac == INFO["mac"]


def test_a_board_that_has_been_power_cycled_is_not_reset_as_well(line):
    port = board(b"")
    assert start(line(port), None).mac == INFO["mac"]
    assert port.lines == []


def test_not_even_a_greeting_is_the_rigs_fault(line):
    with pytest.raises(ResetError, match="not even its ROM's greeting"):
        start(line(board(b"", answers=False)), WHEN_RESET)


def test_silence_behind_the_greeting_is_the_firmwares(line):
    with pytest.raises(BoardSilent, match=r"does not answer within 0\.4 s of a reset"):
        start(line(board(GREETING, answers=False)), WHEN_RESET)


def test_an_application_that_calls_itself_something_else_is_not_hils(line):
    other = b"I (70) app_init: Project name:     hello_world\r\n"
    with pytest.raises(BadInputError, match="runs 'hello_world', which is not hil's firmware"):
        start(line(board(GREETING + other, answers=False)), WHEN_RESET)
    own = b"I (70) app_init: Project name:     splitnode\r\n"
    with pytest.raises(BoardSilent) as caught:
        start(line(board(GREETING + own, answers=False)), WHEN_RESET)
    assert "Project name:     splitnode" in "".join(caught.value.__notes__)


def test_download_mode_is_the_rigs_fault(line):
    with pytest.raises(ResetError, match="GPIO0"):
        start(line(board(DOWNLOAD, answers=False)), WHEN_RESET)


def test_an_image_that_does_not_boot_is_the_firmwares(line):
    with pytest.raises(BootFailure, match="invalid header"):
        start(line(board(GREETING + b"invalid header: 0xffffffff\r\n")), WHEN_RESET)


def test_a_port_that_vanishes_while_the_board_boots_is_waited_for(line):
    vanishing = board(GREETING)
    vanishing.on_write = lambda request: vanishing.unplug()
    both = line(vanishing, board(b""))
    assert start(both, WHEN_RESET).mac == INFO["mac"]


def test_a_port_that_never_comes_back_is_the_rigs_fault(line):
    vanishing = board(GREETING)
    vanishing.on_write = lambda request: vanishing.unplug()
    with pytest.raises(PortMissingError):
        start(line(vanishing), WHEN_RESET)


def test_a_port_that_keeps_vanishing_ends_the_wait(line):
    def unplugged():
        port = FakePort()
        port.unplug()
        return port

    restless = line(unplugged())
    restless.reopen = lambda: restless.console.attach(unplugged(), Line.name)
    with pytest.raises(ConsoleError):
        start(restless, None)


def test_the_last_words_of_the_life_before_do_not_hasten_the_question(line, monkeypatch):
    asked = []
    monkeypatch.setattr(module, "_ATTEMPT_S", 0.3)
    old = board(LOG)  # without a start of the chip before it
    answer = old.on_write
    old.on_write = lambda request: (asked.append(time.monotonic()), answer(request))
    began = time.monotonic()
    start(line(old), WHEN_RESET)
    assert asked[0] - began >= 0.3


def test_a_board_that_was_plugged_in_elsewhere_is_told_from_the_one_that_is_meant():
    info = type("Info", (), {"mac": "F4:12:FA:00:00:01"})
    check_mac(info, None)
    check_mac(info, "f4:12:fa:00:00:01")
    with pytest.raises(WrongChipError, match=r"f4:12:fa:00:00:01, not f4:12:fa:00:00:02; plug"):
        check_mac(info, "f4:12:fa:00:00:02")


def test_the_application_is_known_by_version_and_digest():
    info = type("Info", (), {"firmware": "0.1.0", "source_digest": "0123456789abcdef"})
    digest = "0123456789abcdef" + 48 * "0"
    check_firmware(info, AppInfo("splitnode", "0.1.0", digest, False, ""))
    for app in (
        AppInfo("splitnode", "0.2.0", digest, False, ""),
        AppInfo("splitnode", "0.1.0", "f" * 64, False, ""),
    ):
        with pytest.raises(BootFailure, match="instead of"):
            check_firmware(info, app)
