# SPDX-License-Identifier: MIT
"""Virtual boards that misbehave as real ones do, at their serial ports."""

import shlex
import subprocess
import time
from collections.abc import Iterator

import pytest
import serial

from hil.cli import main
from hil.errors import BadInputError, PortMissingError
from hil.serialport.open import open_port
from hil.sim.chip.boot import BootError, boot_chain
from hil.sim.chip.chip import esp32s3, virtual_mac
from hil.sim.chip.image import parse_image
from hil.sim.chip.nor import NorFlash
from hil.sim.chip.reset import ResetReason
from hil.sim.faults import foreign, power
from hil.sim.faults.faults import Faults
from hil.sim.loader.rom import SYNC_REQUEST
from hil.sim.process import Lab

HELLO = b"I (1) echo: ready\r\n"  # what the application of conftest.py says last when it starts
PATIENCE_S = 20.0


def read_until(port: serial.SerialBase, ending: bytes) -> bytes:
    port.timeout = PATIENCE_S
    data: bytes = port.read_until(ending)
    assert data.endswith(ending), data
    return data


def read_to_the_end(port: serial.SerialBase) -> None:
    port.timeout = PATIENCE_S
    while port.read(1):
        pass


def reset(port: serial.SerialBase, *, download: bool = False) -> None:
    port.dtr = False
    port.rts = True
    port.dtr = download
    port.rts = False


def reset_and_lose(port: serial.SerialBase, *, download: bool = False) -> None:
    with pytest.raises(serial.SerialException, match="closed by the server"):  # noqa: PT012
        reset(port, download=download)  # the end may overtake the answer
        read_to_the_end(port)


def reopen(url: str) -> serial.SerialBase:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            return open_port(url)
        except PortMissingError:
            assert time.monotonic() < deadline
            time.sleep(0.01)


def test_a_port_that_has_vanished_cannot_be_opened(start_board) -> None:
    running = start_board(faults=Faults(vanish_s=60))
    with open_port(running.board.url) as port:
        reset_and_lose(port)
    with pytest.raises(PortMissingError):
        open_port(running.board.url)


def test_a_vanishing_port_returns_with_the_board_in_the_mode_it_was_reset_into(
    start_board,
) -> None:
    running = start_board(faults=Faults(vanish_s=0.05))
    for download in (True, False):
        with open_port(running.board.url) as port:
            reset_and_lose(port, download=download)
        with reopen(running.board.url) as port:
            assert running.board.in_download_mode is download
            port.write(SYNC_REQUEST)
            read_until(port, b"\xc0" if download else SYNC_REQUEST)


def test_an_application_started_by_the_lines_is_not_heard_until_the_board_is_plugged_in_again(
    start_board,
) -> None:
    running = start_board(faults=Faults(dead_console=True))
    with open_port(running.board.url) as port:
        read_until(port, HELLO)
        reset(port)
        read_until(port, HELLO)  # which is the bootloader's part here
        running.wait_for_boots(2)
        port.write(b"anyone?")
        reset(port, download=True)
        port.write(SYNC_REQUEST)
        port.timeout = 0.1
        assert port.read(100) == b""
        running.power_cycle()
    with open_port(running.board.url) as port:
        assert b"rst:0x1 (POWERON)" in read_until(port, HELLO)
        port.write(b"here")
        read_until(port, b"here")


def test_plugging_in_again_disconnects_the_client_and_starts_the_board(running) -> None:
    with open_port(running.board.url) as port:
        reset(port, download=True)
        running.power_cycle()
        with pytest.raises(serial.SerialException, match="closed by the server"):
            read_to_the_end(port)
    running.wait_for_boots(2)
    assert running.reasons[-1] is ResetReason.POWERON
    assert not running.board.in_download_mode


def test_a_line_at_a_wrong_rate_is_garbled_and_the_loader_finds_the_right_one(start_board) -> None:
    running = start_board(faults=Faults(drop_above_baud=460_800))
    with open_port(running.board.url, baudrate=230_400) as port:
        port.write(b"ping")
        port.timeout = PATIENCE_S
        assert b"ping" not in port.read(4)
        reset(port, download=True)
        port.write(SYNC_REQUEST)
        read_until(port, b"\x07\x07\x12\x20" + 4 * b"\0" + b"\xc0")


def test_the_foreign_image_is_one_that_the_bootloader_takes_for_an_application() -> None:
    flash, lines = NorFlash(), []
    foreign.install(flash)
    with pytest.raises(BootError):
        boot_chain(flash, lines.append)
    assert "I (70) app_init: Project name:     hello_world" in lines
    assert foreign.is_installed(flash)
    flash.erase(0x10000, 4096)
    assert not foreign.is_installed(flash)
    assert parse_image(flash.read(0, 4096)).length < 4096


def test_without_psram_no_efuse_says_that_there_is_any() -> None:
    block1_word4 = 0x6000_7044 + 16
    with_it, without = esp32s3(virtual_mac(1)), esp32s3(virtual_mac(1), psram=False)
    assert with_it.registers[block1_word4] >> 3 & 3 == 1
    assert without.registers[block1_word4] == 0
    assert (with_it.psram_size, without.psram_size) == (8 << 20, 0)


@pytest.fixture(scope="module")
def faulty_lab() -> Iterator[Lab]:
    with Lab.start(boards=2, faults=["1:foreign", "2:slow-boot=0.1", "2:chip=esp32c3"]) as lab:
        yield lab


def test_foreign_firmware_logs_by_the_second_and_slow_boards_boot_after_a_while(
    faulty_lab: Lab,
) -> None:
    with open_port(faulty_lab.boards[0].url) as port:
        heard = read_until(port, b"I (80) hello_world: Hello world!\r\n")
        assert b"hil-sim" not in heard
        assert read_until(port, b"Hello world!\r\n").startswith(b"I (10")
    assert faulty_lab.boards[1].chip == "esp32c3"
    with open_port(faulty_lab.boards[1].url) as port:
        read_until(port, b"invalid header: 0xffffffff\r\n")


def test_the_command_that_a_lab_names_plugs_a_board_in_again(faulty_lab: Lab) -> None:
    board = faulty_lab.boards[1]
    with open_port(board.url) as port:
        subprocess.run(shlex.split(board.power_cycle), check=True, timeout=PATIENCE_S)
        with pytest.raises(serial.SerialException, match="closed by the server"):
            read_to_the_end(port)
    with open_port(board.url) as port:
        assert b"POWERON" in read_until(port, b"invalid header: 0xffffffff\r\n")


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["nowhere"], 2, "Say which board"),
        (["127.0.0.1:1", "1"], 10, "cannot be reached"),
        (["{lab}", "3"], 10, "did not re-plug board 3: the lab has nothing to 'cycle 3'."),
    ],
)
def test_a_power_cycle_that_fails_says_so_in_one_sentence(
    faulty_lab: Lab,
    arguments: list[str],
    code: int,
    sentence: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    address = shlex.split(faulty_lab.boards[0].power_cycle)[-2]
    assert power.main([each.format(lab=address) for each in arguments]) == code
    complaint = capsys.readouterr().err
    assert sentence in complaint
    assert complaint.count("\n") == 1


def test_an_unknown_fault_is_refused_before_anything_starts(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(BadInputError, match="There is no fault 'tired'"):
        Lab.start(faults=["tired"])
    with pytest.raises(SystemExit) as ended:
        main(["sim", "--fault", "tired"])
    assert ended.value.code == 2
    assert "There is no fault 'tired'; known are vanish=SECONDS" in capsys.readouterr().err
