# SPDX-License-Identifier: MIT
"""The console against a port in memory."""

import os
import termios
import threading
import time
import tty
from pathlib import Path

import pytest
import serial
from fake_port import FakePort

from hil.console.console import Console
from hil.crash.backtrace import Frame as BacktraceFrame
from hil.errors import (
    BadInputError,
    BoardPanic,
    BoardRefused,
    BoardSilent,
    BootFailure,
    ConsoleError,
    LabError,
    LineMissing,
    PlainFirmware,
)
from hil.protocol.console.chunk import Chunk, ChunkType
from hil.protocol.console.line import crc16
from hil.serialport.reset import UartReset
from hil.symptoms import Misbehaviour

LONG = 5.0


def checked(text: str) -> bytes:
    return f"{text} *{crc16(text.encode()):04x}\r\n".encode()


@pytest.fixture
def port():
    return FakePort()


@pytest.fixture
def console(port, monkeypatch):
    monkeypatch.setattr("hil.console.input._QUIET_S", 0.05)
    with Console(port, "test") as console:
        yield console


def answer_with(port: FakePort, *lines: bytes) -> None:
    """Answer the next request with lines in which N stands for its number."""

    def reply(data: bytes) -> None:
        number = data.split()[0].lstrip(b"\0#").decode()
        for line in lines:
            text = line.decode().replace("#N", f"#{number}")
            port.feed(checked(text))

    port.on_write = reply


def test_a_request_returns_the_values_of_its_answer(port, console):
    answer_with(port, b'#N ok name="a b" proto=1')
    assert console.request("info", timeout=LONG) == {"name": "a b", "proto": "1"}


def test_answers_to_other_requests_are_ignored(port, console):
    answer_with(port, b"#99999 ok proto=9", b"#N ok proto=1")
    assert console.request("info", timeout=LONG) == {"proto": "1"}


def test_a_refusal_carries_its_code_and_sentence(port, console):
    answer_with(port, b'#N err code=no_model msg="The model slot is empty."')
    with pytest.raises(BoardRefused, match="slot is empty") as caught:
        console.request("infer", timeout=LONG)
    assert caught.value.code == "no_model"


def test_a_line_with_a_wrong_crc_is_no_answer(port, console):
    port.on_write = lambda data: port.feed(b"#100 ok proto=1 *0000\r\n")
    with pytest.raises(Misbehaviour, match=r"with CRC 0000 where [0-9a-f]{4} is right"):
        console.request("info", timeout=0.2)


def test_a_line_that_was_cut_is_no_answer(port, console):
    port.on_write = lambda data: port.feed(b"#100 ok proto=1 fw=0.\r\n")
    with pytest.raises(Misbehaviour, match="with no CRC, or not whole"):
        console.request("info", timeout=0.2)


@pytest.mark.parametrize(
    ("came", "words"),
    [
        ("#0 ok proto=1", "request 100 was answered as id 0;"),
        ("#0 err code=busy", "request 100 was answered as id 0;"),
        ("ok proto=1", "request 100 was answered without a number;"),
    ],
)
def test_an_answer_under_another_number_is_said_to_be_one(port, console, came, words):
    port.on_write = lambda data: port.feed(checked(came))
    with pytest.raises(Misbehaviour, match=words) as caught:
        console.request("info", timeout=LONG)
    assert caught.value.symptom == "request-id-truncated"


@pytest.mark.parametrize("came", ["#7 err code=crc", "err code=syntax"])
def test_a_request_that_was_misheard_is_not_answered_wrongly(port, console, came):
    port.on_write = lambda data: port.feed(checked(came))
    with pytest.raises(BoardSilent):
        console.request("info", timeout=0.2)


def test_what_answers_a_line_that_a_person_typed_answers_no_request_wrongly(port, console):
    console.type_line("info")
    port.on_write = lambda data: port.feed(checked("ok proto=1"))
    with pytest.raises(BoardSilent):
        console.request("info", timeout=0.2)


def test_an_answer_that_comes_late_answers_no_request_wrongly(port, console):
    port.on_write = lambda data: None
    with pytest.raises(BoardSilent):
        console.request("info", timeout=0.1)
    port.on_write = lambda data: port.feed(checked("#100 ok proto=1"))
    with pytest.raises(BoardSilent):
        console.request("info", timeout=0.2)


def test_a_right_answer_behind_a_wrong_one_is_taken(port, console):
    port.on_write = lambda data: port.feed(checked("#0 ok proto=2") + checked("#100 ok proto=1"))
    assert console.request("info", timeout=LONG) == {"proto": "1"}


def test_an_event_of_another_id_is_said_to_be_one(port, console):
    port.feed(checked("! infer id=4464 state=ok"))
    with pytest.raises(Misbehaviour, match="the end of id 70000, got that of id 4464"):
        console.wait_event("infer", LONG, id=70_000)


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


def test_events_are_matched_by_value_and_taken_once(port, console):
    port.feed(checked("! infer id=1 state=ok") + checked("! infer id=2 state=ok"))
    assert console.wait_event("infer", LONG, id=2)["id"] == "2"
    assert console.wait_event("infer", LONG)["id"] == "1"
    with pytest.raises(BoardSilent, match="event 'infer'"):
        console.wait_event("infer", 0.1)


def test_forgotten_events_do_not_count(port, console):
    port.feed(checked("! link via=tcp state=up") + checked("! other"))
    console.wait_event("other", LONG)
    console.forget("link")
    with pytest.raises(BoardSilent):
        console.wait_event("link", 0.1)


def test_a_damaged_chunk_is_dropped_and_a_sound_one_taken(port, console):
    sound = Chunk(ChunkType.READ, 1024, b"\0data")
    damaged = bytearray(sound.pack())
    damaged[4] ^= 0x55
    port.feed(bytes(damaged) + sound.pack())
    assert console.take_chunk(LONG) == sound


PANICS = [
    "Guru Meditation Error: Core  0 panic'ed (LoadProhibited). Exception was unhandled.",
    "abort() was called at PC 0x42008ab3 on core 0",
    "assert failed: app_main main.c:42 (ptr != NULL)",
    "Guru Meditation Error: Core  1 panic'ed (Interrupt wdt timeout on CPU1).",
    "\x1b[0;31mE (5313) task_wdt: Task watchdog got triggered. The following tasks did not reset",
    "***ERROR*** A stack overflow in task inference has been detected.",
]


@pytest.mark.parametrize("line", PANICS)
def test_a_panic_ends_a_wait_at_once_and_quotes_the_log(port, console, line):
    timer = threading.Timer(
        0.05, port.feed, [f"{line}\r\nBacktrace: 0x40375b5d\r\nRebooting...\r\n".encode()]
    )
    timer.start()
    started = time.monotonic()
    with pytest.raises(BoardPanic) as caught:
        console.wait_event("infer", 60.0)
    assert time.monotonic() - started < 30.0
    assert "Backtrace: 0x40375b5d" in caught.value.__notes__[0]


def test_a_panic_outlives_the_reset_that_follows_it(port, console):
    answer_with(port, b"#N ok proto=1")
    console.request("info", timeout=LONG)
    port.feed(PANICS[0].encode() + b"\r\nrst:0xc (RTC_SW_CPU_RST),boot:0x8\r\n")
    with pytest.raises(BoardPanic, match="LoadProhibited"):
        console.wait_event("infer", LONG)


def test_a_start_that_nobody_asked_for_is_a_panic(port, console):
    answer_with(port, b"#N ok proto=1")
    console.request("info", timeout=LONG)
    port.feed(b"ESP-ROM:esp32s3-20210327\r\nrst:0x10 (RTCWDT_RTC_RST),boot:0x8\r\n")
    with pytest.raises(BoardPanic, match=r"reset itself.*RTCWDT_RTC_RST"):
        console.wait_event("infer", LONG)


def test_a_reset_forgets_the_panic_before_it_and_allows_the_start(port, console):
    port.feed(PANICS[1].encode() + b"\r\n")
    with pytest.raises(BoardPanic):
        console.wait_event("infer", LONG)
    console.reset()
    port.feed(b"rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)\r\n")
    answer_with(port, b"#N ok proto=1")
    assert console.request("info", timeout=LONG) == {"proto": "1"}
    assert ("rts", True) in port.lines
    assert port.lines[-1] == ("rts", False)


def test_a_panic_while_booting_is_found_behind_the_start(port, console):
    console.reset()
    port.feed(b"rst:0x1 (POWERON),boot:0x8\r\n" + PANICS[2].encode() + b"\r\nRebooting...\r\n")
    port.feed(b"rst:0xc (RTC_SW_CPU_RST),boot:0x8\r\n")
    with pytest.raises(BoardPanic, match="assert failed"):
        console.request("info", timeout=LONG)


BOOT_FAILURES = [
    "invalid header: 0xffffffff",
    "E (50) boot: No bootable app partitions in the partition table",
    "E (30) boot: Failed to verify partition table",
    "E (72) hil-sim: 'blink' is Xtensa code for a real chip",
    "waiting for download",
]


@pytest.mark.parametrize("line", BOOT_FAILURES)
def test_a_board_that_does_not_boot_is_told_from_a_silent_one(port, console, line):
    console.reset()
    port.feed(b"rst:0x1 (POWERON),boot:0x8\r\n" + line.encode() + b"\r\n")
    with pytest.raises(BootFailure):
        console.request("info", timeout=LONG)


def test_loader_output_before_the_start_is_no_failure(port, console):
    port.feed(b"rst:0x1 (POWERON),boot:0x0 (DOWNLOAD(USB/UART0))\r\nwaiting for download\r\n")
    port.feed(b"rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)\r\n")
    answer_with(port, b"#N ok proto=1")
    console.wait_line(lambda text: False, 0.2)
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


def test_a_report_shows_a_panic_from_its_beginning_however_much_follows(port, console):
    port.feed(b"before\r\n" + PANICS[0].encode() + b"\r\nBacktrace: 0x40375b5d\r\nRebooting...\r\n")
    port.feed(b"I (1) boot: and so on\r\n" * 200 + b"! done *" + b"0000\r\n")
    console.health.answered()
    with pytest.raises(BoardPanic) as caught:
        console.wait_event("infer", LONG)
    quoted = caught.value.__notes__[0]
    assert "before" in quoted
    assert "Backtrace" in quoted


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


def panic(*addresses: int) -> bytes:
    """A panic of one core, as panic.c prints it."""
    stack = "".join(f" 0x{each:08x}:0x3fc9b2f0" for each in addresses)
    return f"\r\n{PANICS[0]}\r\n\r\n\r\nBacktrace:{stack}\r\n\r\n\r\n\r\n".encode()


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
    while not console.health.boots and time.monotonic() < deadline:
        time.sleep(0.001)

    def answer(data: bytes) -> None:
        port.feed(checked(f"{data.split()[0].decode().lstrip(chr(0))} ok proto=1"))
        deadline = time.monotonic() + LONG  # the answer is there before anybody waits for it
        while not console._inbox._answers and time.monotonic() < deadline:
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


def test_answers_to_such_bytes_contradict_nothing_until_a_request_is_answered(port, console):
    console.send_bytes(b"#7 help\r\n#8 help\r\n")
    answers = [b"".join(checked(f"#{number} ok") for number in (7, 8)) + checked("#100 ok")]
    port.on_write = lambda data: port.feed(answers.pop() if answers else checked("#9 ok"))
    assert console.request("stats") == {}
    with pytest.raises(Misbehaviour, match="request 101 was answered as id 9;"):
        console.request("stats", timeout=LONG)


@pytest.mark.parametrize("failure", [termios.error(5, "Input/output error"), OSError(5, "EIO")])
def test_a_port_that_vanishes_under_a_reset_is_a_broken_connection(port, console, failure):
    class Vanishing(UartReset):
        def release(self, port):
            raise failure

    with pytest.raises(ConsoleError, match=r"Input/output error|EIO"):
        console.reset(Vanishing(0.0))


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
    monkeypatch.setattr("hil.console.reader._FRAME_PAUSE_S", 60.0)
    port.feed(b"\0" + panic(0x42001000) + b"Rebooting...\r\n")
    with pytest.raises(BoardPanic, match="LoadProhibited"):
        console.wait_event("infer", LONG)


def test_a_boot_loop_ends_a_wait_and_names_its_reason(port, console):
    console.reset()
    port.feed(b"rst:0x10 (RTCWDT_RTC_RST),boot:0x8\r\nmode:DIO, clock div:1\r\n" * 4)
    with pytest.raises(BootFailure, match=r"again and again.*4 starts.*RTCWDT_RTC_RST.*watchdog"):
        console.request("info", timeout=LONG)


def test_what_was_amiss_at_the_start_is_told_of_a_silent_board(port, console):
    console.reset()
    port.feed(b"E (203) octal_psram: PSRAM chip is not connected, or wrong PSRAM line mode\r\n")
    with pytest.raises(BoardSilent, match=r"having said 'E \(203\) octal_psram"):
        console.request("info", timeout=0.2)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_listener_that_fails_ends_waits_instead_of_leaving_them_alone(port, console):
    def broken(line) -> None:
        raise LookupError("a mistake in a listener")

    console.listen(broken)
    port.feed(b"a line\r\n")
    with pytest.raises(ConsoleError, match="a mistake in a listener"):
        console.wait_event("infer", LONG)


def test_a_panic_that_takes_its_port_along_is_still_a_panic(port, console):
    port.feed(panic(0x42001000) + b"Rebooting...\r\n")
    with pytest.raises(BoardPanic):
        console.wait_event("infer", LONG)
    port.unplug()
    console._reader._thread.join(LONG)
    assert not console.connected
    with pytest.raises(BoardPanic, match="LoadProhibited"):
        console.request("info", timeout=LONG)


def test_a_panic_ends_the_waits_of_all_threads(port, console):
    caught = []

    def wait() -> None:
        try:
            console.wait_event("infer", LONG)
        except BoardPanic as error:
            caught.append(str(error))

    threads = [threading.Thread(target=wait) for _ in range(3)]
    for thread in threads:
        thread.start()
    port.feed(panic(0x42001000) + b"CPU halted.\r\n")
    for thread in threads:
        thread.join(LONG)
    assert len(caught) == 3
    assert len(set(caught)) == 1


def test_expect_returns_the_groups_of_the_first_line_that_matches(port, console):
    port.feed(b"I (12) wifi: scanning\r\nI (340) wifi: got ip 192.168.4.2\r\nready\r\n")
    match = console.expect(r"got ip (?P<ip>[0-9.]+)", timeout=LONG)
    assert match["ip"] == "192.168.4.2"
    assert console.expect("rea(dy)", timeout=LONG)[1] == "dy"


def test_expect_counts_lines_from_behind_the_last_match_on(port, console):
    port.feed(b"tick 1\r\ntick 2\r\n")
    assert [console.expect(r"tick (\d)", timeout=LONG)[1] for _ in range(2)] == ["1", "2"]
    threading.Timer(0.05, port.feed, [b"tick 3\r\n"]).start()
    assert console.expect(r"tick (\d)", timeout=LONG)[1] == "3"


def test_expect_without_a_match_quotes_the_last_lines(port, console):
    port.feed(b"something else\r\n")
    console.wait_line(lambda line: "else" in line, 0.05)
    with pytest.raises(BoardSilent, match=r"a line with 'ready' within 0\.05 s") as caught:
        console.expect("ready", timeout=0.05)
    assert "something else" in "".join(caught.value.__notes__)
    assert console.expect("something", timeout=LONG)  # what did not match is still there


def test_what_is_not_said_is_told_apart_from_a_board_that_is_silent(console):
    with pytest.raises(LineMissing):
        console.expect("ready", timeout=0.01)
    with pytest.raises(BoardSilent) as caught:
        console.request("info", timeout=0.01)
    assert not isinstance(caught.value, LineMissing)


def test_expect_sees_lines_without_their_colours(port, console):
    port.feed(b"\x1b[0;32mI (81) hello: 2 cores\x1b[0m\r\n")
    assert console.expect(r"^I \(81\) hello: (\d) cores$", timeout=LONG)[1] == "2"


def test_firmware_that_does_not_speak_the_console_is_asked_nothing(port, console):
    written = []
    port.on_write = written.append
    console.health.plain = "hello_world"
    with pytest.raises(PlainFirmware, match=r"'hello_world'.*which the request 'info' needs"):
        console.request("info")
    assert written == []


def test_expect_refuses_bytes_which_pexpect_takes(console):
    with pytest.raises(BadInputError, match="for text"):
        console.expect(b"ready", timeout=LONG)


def test_expect_refuses_what_is_no_pattern(console):
    with pytest.raises(BadInputError, match=r"'\(' is no regular expression"):
        console.expect("(", timeout=LONG)


def test_expect_does_not_find_what_a_board_said_before_its_reset(port, console):
    port.feed(b"ready\r\n")
    console.expect("rea", timeout=LONG)
    port.feed(b"ready\r\nmark\r\n")
    console.wait_line(lambda line: "mark" in line, 0.05)
    console.expect_boot()
    with pytest.raises(BoardSilent):
        console.expect("ready", timeout=0.05)


def test_expect_ends_with_a_panic(port, console):
    port.feed(b"Guru Meditation Error: Core  0 panic'ed (LoadProhibited).\r\n")
    with pytest.raises(BoardPanic):
        console.expect("ready", timeout=LONG)


@pytest.mark.parametrize(("rate", "writes"), [(115_200, 2), (9_600, 16), (921_600, 1)])
def test_chunks_go_out_by_what_the_line_carries_in_a_second(port, console, rate, writes):
    written = []
    port.on_write = written.append
    port.baudrate = rate
    chunks = [Chunk(ChunkType.IMAGE, 1024 * number, bytes(1024)) for number in range(16)]

    console.send_chunks(chunks)

    assert len(written) == writes
    assert b"".join(written) == b"".join(chunk.pack() for chunk in chunks)
