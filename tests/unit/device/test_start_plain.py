# SPDX-License-Identifier: MIT
"""Starting a board that cannot be asked: what its words and its silence are taken for."""

import threading

import pytest
from fake_port import FakePort

from hil.console.console import Console
from hil.device import start
from hil.device import start_plain as module
from hil.errors import BoardPanic, BootFailure, PortMissingError, ResetError
from hil.serialport.reset import UartReset

GREETING = b"ESP-ROM:esp32s3-20210327\r\nrst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)\r\n"
LOADED = GREETING + b"entry 0x403c98d0\r\nI (24) boot: ESP-IDF v5.5 2nd stage bootloader\r\n"
START_UP = LOADED + b"I (70) app_init: Project name:     hello_world\r\n"
MAIN = START_UP + b"I (90) main_task: Calling app_main()\r\n"
WHEN_RESET = UartReset(0)
QUIET_S = 0.2


class Line:
    """A port that is replaced when it has vanished, in the place of a BoardPort."""

    name = "/dev/ttyTEST"

    def __init__(self, *ports):
        self._ports = list(ports)
        self.console = Console(self._ports.pop(0), self.name)
        self.console.health.plain = "hello_world"

    def reset(self, how):
        self.console.reset(how)

    def reopen(self):
        self.console.close()
        if not self._ports:
            raise PortMissingError("The port has not come back.")
        self.console.attach(self._ports.pop(0), self.name)


class Talker(FakePort):
    """A board that says something when EN is released."""

    def __init__(self, said, *, unplugged=False):
        self._said = said
        self._unplugged = unplugged
        super().__init__()

    def __setattr__(self, name, value):
        super().__setattr__(name, value)
        if (name, value) == ("rts", False):
            self.feed(self._said)
            if self._unplugged:
                self.unplug()


@pytest.fixture
def line(monkeypatch):
    monkeypatch.setattr(module, "QUIET_S", QUIET_S)
    monkeypatch.setattr(start, "MUTE_PATIENCE_S", QUIET_S)
    lines = []

    def make(*ports):
        lines.append(Line(*ports))
        return lines[-1]

    yield make
    for each in lines:
        each.console.close()


@pytest.mark.parametrize(
    "said", [MAIN, LOADED + b"Hello\r\n", START_UP + b"I (91) wifi: no AP\r\n", LOADED]
)
def test_firmware_that_says_something_of_its_own_or_nothing_at_all_is_up(line, said):
    board = line(Talker(said))
    module.start_plain(board, WHEN_RESET)
    board.console._port.feed(b"rst:0x9 (RTCWDT_SYS_RST),boot:0x8\r\n")
    with pytest.raises(BoardPanic, match="RTC watchdog"):  # it was up, and has reset itself
        board.console.expect("never", timeout=5)


def test_what_it_said_as_it_started_can_still_be_expected(line):
    board = line(Talker(MAIN + b"I (95) hello: 2 cores\r\n"))
    module.start_plain(board, WHEN_RESET)
    assert board.console.expect(r"(\d) cores", timeout=5)[1] == "2"


def test_not_even_a_greeting_is_the_rigs_fault(line):
    with pytest.raises(ResetError, match="not even its ROM's greeting"):
        module.start_plain(line(Talker(b"")), WHEN_RESET)


def test_download_mode_is_the_rigs_fault(line):
    said = b"rst:0x1 (POWERON),boot:0x0 (DOWNLOAD(USB/UART0))\r\nwaiting for download\r\n"
    with pytest.raises(ResetError, match="GPIO0"):
        module.start_plain(line(Talker(said)), WHEN_RESET)


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (GREETING + b"invalid header: 0xffffffff\r\n", BootFailure),
        (
            START_UP + b"abort() was called at PC 0x4200b3a1 on core 0\r\nRebooting...\r\n",
            BoardPanic,
        ),
        (LOADED * 4, BootFailure),
    ],
)
def test_what_does_not_come_up_is_the_firmwares_fault(line, said, error):
    with pytest.raises(error):
        module.start_plain(line(Talker(said)), WHEN_RESET)


def test_what_crashes_right_after_its_first_words_has_not_come_up(line):
    port = Talker(MAIN)
    board = line(port)

    def crash(said):
        if "app_main" in said.text:
            threading.Timer(0.1, port.feed, [b"abort() was called at PC 0x4200b3a1\r\n"]).start()

    board.console.listen(crash)
    with pytest.raises(BoardPanic):
        module.start_plain(board, WHEN_RESET)


def test_a_port_that_vanishes_while_the_board_boots_is_waited_for(line):
    module.start_plain(line(Talker(GREETING, unplugged=True), Talker(MAIN)), WHEN_RESET)


def test_a_port_that_never_comes_back_is_the_rigs_fault(line):
    with pytest.raises(PortMissingError):
        module.start_plain(line(Talker(GREETING, unplugged=True)), WHEN_RESET)
