# SPDX-License-Identifier: MIT
"""The port under the console: bytes, rates, the log, its loss."""

import os
import termios
import threading
import tty

import pytest
import serial
from console_lines import LONG, answer_with, checked

from hil.console.console import Console
from hil.errors import (
    BoardPanic,
    BoardSilent,
    ConsoleError,
    LabError,
)
from hil.protocol.console.chunk import Chunk, ChunkType
from hil.serialport.reset import UartReset


def test_utf8_split_between_reads_and_garbage_survive(port, console):
    line = checked('! wifi state=down msg="caf\u00e9"')
    port.feed(b"\xff\xfe garbage \x80\r\n" + line[:25])
    console.wait_line(lambda text: "garbage" in text, LONG)
    for byte in line[25:]:
        port.feed(bytes([byte]))
    assert console.wait_event("wifi", LONG)["msg"] == "caf\u00e9"


def test_a_stray_zero_byte_does_not_deafen_the_console(port, console):
    port.feed(b"\0")
    answer_with(port, b"#N ok proto=1")
    assert console.request("info", timeout=LONG) == {"proto": "1"}


def test_silence_after_garbled_output_at_a_raised_rate_is_a_reset(port, console):
    answer_with(port, b"#N ok rate=921600")
    console.set_baud(921_600)
    assert port.baudrate == 921_600
    port.on_write = lambda data: port.feed(b"\xf8\x80\xfe garbled \x80\n")
    with pytest.raises(BoardPanic, match="garbled output at 921600 baud"):
        console.request("info", timeout=0.2)


def test_a_reset_goes_back_to_the_rate_of_every_boot(port, console):
    answer_with(port, b"#N ok rate=921600")
    console.set_baud(921_600)
    console.reset()
    assert port.baudrate == 115_200


def test_a_port_that_disappears_ends_a_wait_at_once(port, console):
    threading.Timer(0.05, port.unplug).start()
    with pytest.raises(ConsoleError, match="device disappeared"):
        console.wait_event("infer", 60.0)
    with pytest.raises(ConsoleError):
        console.request("info")


def test_a_dead_lab_is_named_as_the_reason_of_a_broken_connection(port):
    def explain() -> None:
        raise LabError("The lab died.")

    with Console(port, "test", explain=explain) as console:
        port.unplug()
        with pytest.raises(LabError, match="lab died"):
            console.request("info")


def test_passwords_stay_out_of_the_log(port, console):
    answer_with(port, b"#N ok")
    console.request("wifi", timeout=LONG, ssid="net", password="secret")
    assert "secret" not in "".join(line.text for line in console.log)


def test_listeners_hear_what_comes_and_goes_until_they_stop(port, console):
    heard = []
    stop = console.listen(lambda line: heard.append(line.text))
    port.feed(b"I (1) main: hello\r\n")
    console.wait_line(lambda text: "nothing" in text, 0.1)
    stop()
    port.feed(b"I (2) main: unheard\r\n")
    console.wait_line(lambda text: "nothing" in text, 0.1)
    assert "I (1) main: hello" in heard
    assert "I (2) main: unheard" not in heard


def test_closing_lets_go_of_the_port_and_ends_the_thread(port):
    console = Console(port, "test")
    console.close()
    console.close()
    assert port.closed
    assert "console test" not in [thread.name for thread in threading.enumerate()]


def test_a_board_that_takes_nothing_is_silent(port, console):
    def full(data):
        raise serial.SerialTimeoutException("Write timeout")

    port.on_write = full
    with pytest.raises(BoardSilent, match="takes nothing that is sent to it"):
        console.request("info")


def test_writing_to_a_device_that_takes_nothing_ends(monkeypatch):
    monkeypatch.setattr("hil.serialport.open.WRITE_PATIENCE_S", 0.05)
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    try:
        with Console.open(os.ttyname(theirs)) as console, pytest.raises(BoardSilent):
            console.send_chunks([Chunk(ChunkType.IMAGE, 0, bytes(1024))] * 100)
    finally:
        os.close(ours)
        os.close(theirs)


def test_a_password_that_is_typed_is_not_in_the_log(port, console):
    written = []
    port.on_write = written.append
    console.type_line('wifi password="a \\" b" ssid=net')
    console.type_line("wifi ssid=net password=secret")
    assert [line.words for line in console.log] == [
        "wifi password=... ssid=net",
        "wifi ssid=net password=...",
    ]
    assert b"secret" in written[1]


def test_bytes_go_out_as_they_are_and_leave_nothing_in_the_log(port, console):
    written = []
    port.on_write = written.append
    console.send_bytes(b"\x00\x05\x01\xff half a frame")
    assert written == [b"\x00\x05\x01\xff half a frame"]
    assert list(console.log) == []


@pytest.mark.parametrize("failure", [termios.error(5, "Input/output error"), OSError(5, "EIO")])
def test_a_port_that_vanishes_under_a_reset_is_a_broken_connection(port, console, failure):
    class Vanishing(UartReset):
        def release(self, port):
            raise failure

    with pytest.raises(ConsoleError, match=r"Input/output error|EIO"):
        console.reset(Vanishing(0.0))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_listener_that_fails_ends_waits_instead_of_leaving_them_alone(port, console):
    def broken(line) -> None:
        raise LookupError("a mistake in a listener")

    console.listen(broken)
    port.feed(b"a line\r\n")
    with pytest.raises(ConsoleError, match="a mistake in a listener"):
        console.wait_event("infer", LONG)


@pytest.mark.parametrize(("rate", "writes"), [(115_200, 2), (9_600, 16), (921_600, 1)])
def test_chunks_go_out_by_what_the_line_carries_in_a_second(port, console, rate, writes):
    written = []
    port.on_write = written.append
    port.baudrate = rate
    chunks = [Chunk(ChunkType.IMAGE, 1024 * number, bytes(1024)) for number in range(16)]

    console.send_chunks(chunks)

    assert len(written) == writes
    assert b"".join(written) == b"".join(chunk.pack() for chunk in chunks)
