# SPDX-License-Identifier: MIT
"""The firmware on the virtual board: it boots, answers, dies and comes back as a chip does."""

import re
import resource
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from hil.console_line import format_request
from hil.firmware import FirmwareBuild
from hil.flash import flash
from hil.lab import Lab
from hil.sim.wifi import JOIN_US

PATIENCE_S = 20.0
IMAGES = Path(__file__).resolve().parents[2] / "firmware" / "virtual"


class Raw:
    """The serial port as a raw socket, which takes bytes in whatever pieces it is given."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.seen = b""
        self._read = 0

    def until(self, pattern: bytes) -> bytes:
        """Return the next match of `pattern`, and go on behind it the next time."""
        while not (match := re.compile(pattern).search(self.seen, self._read)):
            data = self._socket.recv(65536)
            assert data, "the board hung up"
            self.seen += data
        self._read = match.end()
        return match.group()

    def say(self, line: str, pattern: bytes, pieces: int = 1) -> bytes:
        data = line.encode() + b"\r\n"
        step = -(-len(data) // pieces)
        for start in range(0, len(data), step):
            self._socket.sendall(data[start : start + step])
        return self.until(pattern)

    def close(self) -> None:
        self._socket.close()


@contextmanager
def board(image: str) -> Iterator[Raw]:
    """A virtual board with an empty model slot and one of the prebuilt images."""
    build = FirmwareBuild.load(IMAGES / image)
    with Lab.start() as lab:
        flash(lab.boards[0].url, build.files, simulated_image=True)
        with closing(Raw(int(lab.boards[0].url.rpartition(":")[2]))) as raw:
            yield raw


@pytest.fixture(scope="module")
def console() -> Iterator[Raw]:
    """A board with a test build, which the tests take as the one before has left it."""
    with board("prebuilt-test") as raw:
        yield raw


def test_the_board_boots_what_was_flashed_and_answers(console: Raw) -> None:
    line = console.say("info", rb"ok fw=[^\n]*")
    assert b"simulated=1" in line
    assert b"test=1" in line
    assert b"slot=empty" in line
    assert b"mac=02:48:49:4c:00:01" in line


def test_a_crash_prints_a_panic_with_named_frames_and_restarts(console: Raw) -> None:
    console.say("crash", rb"Guru Meditation Error: Core  0 panic'ed \(LoadProhibited\)")
    console.until(rb"in port_crash")
    console.until(rb"Rebooting\.\.\.")
    console.until(rb"rst:0xc \(RTC_SW_CPU_RST\)")
    assert b"reset=RTC_SW_CPU_RST" in console.say("info", rb"ok fw=[^\n]*")


def test_a_hang_ends_in_the_task_watchdog_after_its_device_time(console: Raw) -> None:
    line = console.say("hang", rb"E \((\d+)\) task_wdt: Task watchdog got triggered")
    uptime_ms = int(line[3 : line.index(b")")])
    assert 10_000 <= uptime_ms <= 10_100
    console.until(rb"rst:0xc \(RTC_SW_CPU_RST\)")
    console.say("info", rb"ok fw=")


def test_reboot_restarts_the_firmware(console: Raw) -> None:
    console.say("reboot", rb"rst:0xc \(RTC_SW_CPU_RST\)")
    console.say("info", rb"ok fw=")


def test_a_reset_gives_the_memory_of_the_boot_before_back() -> None:
    """Each processor reserves 4 GB of addresses."""
    build = FirmwareBuild.load(IMAGES / "prebuilt")
    with Lab.start() as lab:
        flash(lab.boards[0].url, build.files, simulated_image=True)
        with closing(Raw(int(lab.boards[0].url.rpartition(":")[2]))) as raw:
            raw.say("info", rb"ok fw=")
            before = address_space(lab.process.pid)
            for _ in range(5):
                raw.say("reboot", rb"rst:0xc \(RTC_SW_CPU_RST\)")
                raw.say("info", rb"ok fw=")
            assert address_space(lab.process.pid) < before + (1 << 32)


def address_space(pid: int) -> int:
    """Return how many bytes of addresses a process has reserved."""
    pages = Path(f"/proc/{pid}/statm").read_text().split()[0]
    return int(pages) * resource.getpagesize()


def test_an_access_point_with_another_password_is_refused_after_a_while(console: Raw) -> None:
    line = console.say("wifi ssid=hil-lab password=wrong-one", rb"! wifi state=[^\n]*")
    assert b"state=down" in line
    assert b"refused the password" in line


def test_what_is_joined_already_is_not_joined_anew(console: Raw) -> None:
    def join_us() -> int:
        before = uptime_us()
        assert b"state=up" in console.say(
            "wifi ssid=hil-lab password=not-a-secret", rb"! wifi state=[^\n]*"
        )
        return uptime_us() - before

    def uptime_us() -> int:
        return int(console.say("stats", rb"uptime_us=\d+").removeprefix(b"uptime_us="))

    assert join_us() > JOIN_US
    assert join_us() < JOIN_US // 10


def session(pieces: int) -> bytes:
    with board("prebuilt") as raw:
        for number, (verb, arguments) in enumerate(
            [
                ("info", {}),
                ("wifi", {"ssid": "hil-lab", "password": "not-a-secret"}),
                ("edge", {"host": "127.0.0.1", "port": 9}),
                ("image", {"size": 10, "crc": "00000000"}),
                ("stats", {}),
            ]
        ):
            line = format_request(number, verb, **arguments).strip()
            raw.say(line, rf"#{number} (ok|err)[^\n]*\n".encode(), pieces)
        return raw.seen[raw.seen.index(b"#0") :]


def test_simulated_figures_do_not_depend_on_how_the_hosts_bytes_are_cut_up() -> None:
    assert session(1) == session(7)
