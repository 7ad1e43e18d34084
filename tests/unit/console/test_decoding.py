# SPDX-License-Identifier: MIT
"""A panic is told with its functions, and whatever comes with it does not hold that up."""

import threading
import time
from pathlib import Path

import pytest
from console_lines import LONG, answer_with, checked, panic

from hil.crash.backtrace import Frame as BacktraceFrame
from hil.errors import (
    BoardPanic,
)


class FakeDecoder:
    """Names every address."""

    path = Path("app.elf")

    def decode(self, addresses, digest):
        return [BacktraceFrame(each, f"f_{each:x}", "/src/a.c", 1) for each in addresses]


@pytest.mark.parametrize("ending", [b"Rebooting...\r\n", b"CPU halted.\r\n", b""])
def test_a_panic_is_told_with_its_functions_however_it_ends(port, console, ending):
    console._faults._decoder = FakeDecoder()
    port.feed(panic(0x42001000, 0x42002000) + ending)
    with pytest.raises(BoardPanic) as caught:
        console.wait_event("infer", LONG)
    assert "in f_42001000 (a.c:1), called from f_42002000 (a.c:1)" in str(caught.value)
    assert "\n" not in str(caught.value)
    assert "#1  0x42002000 f_42002000 at /src/a.c:1" in caught.value.__notes__[0]


def test_a_panic_while_nobody_waits_is_told_at_the_next_request_with_its_start(port, console):
    console._faults._decoder = FakeDecoder()
    console.health.answered()
    port.feed(panic(0x42001000) + b"Rebooting...\r\n")
    port.feed(b"rst:0xc (RTC_SW_CPU_RST),boot:0x8\r\nI (1) main: up\r\n")
    for _ in range(2):  # until it is reset, and the backtrace is logged once
        with pytest.raises(BoardPanic, match=r"f_42001000.*rst:0xc \(RTC_SW_CPU_RST\)"):
            console.request("info", timeout=LONG)
    assert [line.text for line in console.log].count("hil: Backtrace (by app.elf):") == 1


def test_a_board_that_answers_at_once_after_a_panic_does_not_hide_it(port, console):
    console.health.answered()
    port.feed(panic(0x42001000) + b"Rebooting...\r\nrst:0xc (RTC_SW_CPU_RST),boot:0x8\r\n")
    deadline = time.monotonic() + LONG
    while not console.health.boots:
        assert time.monotonic() < deadline
        time.sleep(0.001)

    def answer(data: bytes) -> None:
        port.feed(checked(f"{data.split()[0].decode().lstrip(chr(0))} ok proto=1"))
        deadline = time.monotonic() + LONG  # the answer is there before anybody waits for it
        while not console._inbox._answers:
            assert time.monotonic() < deadline
            time.sleep(0.001)

    port.on_write = answer
    with pytest.raises(BoardPanic):
        console.request("info", timeout=LONG)


def test_a_panic_that_takes_the_port_with_it_in_mid_line_is_the_boards(port, console):
    console.health.answered()
    port.feed(b"I (5) main: up\r\nGuru Meditation Error: Core  0 panic'ed (LoadProh")
    port.unplug()
    with pytest.raises(BoardPanic, match=r"panic'ed \(LoadProh"):
        console.wait_event("infer", LONG)
    assert console.log[-1].words.endswith("(LoadProh")


def test_without_an_elf_file_the_addresses_are_told_and_what_is_missing(port, console):
    port.feed(panic(0x42001000) + b"Rebooting...\r\n")
    with pytest.raises(BoardPanic) as caught:
        console.wait_event("infer", LONG)
    assert "no ELF file is known" in caught.value.__notes__[0]
    assert "0x42001000" in caught.value.__notes__[0]


def test_an_elf_file_that_cannot_be_read_does_not_hide_the_panic(port, console, tmp_path):
    console.elf = tmp_path / "gone.elf"
    port.feed(panic(0x42001000) + b"Rebooting...\r\n")
    with pytest.raises(BoardPanic, match="LoadProhibited") as caught:
        console.wait_event("infer", LONG)
    assert "gone.elf cannot be read" in caught.value.__notes__[0]


def test_decoding_that_does_not_end_is_left(port, console, monkeypatch):
    monkeypatch.setattr("hil.console.fault._DECODING_S", 0.05)
    released = threading.Event()

    class Stuck(FakeDecoder):
        def decode(self, addresses, digest):
            released.wait(LONG)
            return []

    console._faults._decoder = Stuck()
    port.feed(panic(0x42001000) + b"CPU halted.\r\n")
    with pytest.raises(BoardPanic) as caught:
        console.wait_event("infer", LONG)
    released.set()
    assert "not decoded within" in caught.value.__notes__[0]


def test_lines_of_other_tasks_do_not_hold_a_panic_up(port, console):
    port.feed(panic(0x42001000))
    stop = threading.Event()

    def chatter() -> None:
        while not stop.wait(0.01):
            port.feed(b"I (5) wifi: still here\r\n")

    thread = threading.Thread(target=chatter)
    thread.start()
    try:
        with pytest.raises(BoardPanic, match="LoadProhibited"):
            console.wait_event("infer", LONG)
        assert not console.health.complete
    finally:
        stop.set()
        thread.join()


def test_after_a_panic_at_a_raised_rate_the_rom_is_listened_to_at_its_own(port, console):
    answer_with(port, b"#N ok rate=921600")
    console.set_baud(921_600)
    port.feed(panic(0x42001000) + b"Rebooting...\r\n")
    with pytest.raises(BoardPanic):
        console.wait_event("infer", LONG)
    assert port.baudrate == 115_200


def test_a_panic_behind_a_stray_zero_byte_is_heard_at_once(port, console, monkeypatch):
    monkeypatch.setattr("hil.console.incoming.reader._FRAME_PAUSE_S", 60.0)
    port.feed(b"\0" + panic(0x42001000) + b"Rebooting...\r\n")
    with pytest.raises(BoardPanic, match="LoadProhibited"):
        console.wait_event("infer", LONG)
