# SPDX-License-Identifier: MIT
"""The chip's own event task, links and TCP and UDP (firmware/main), as a program on this machine.

Its sockets, eventfd and select() are Linux's instead of lwIP's, its tasks threads; Wi-Fi and the
other radios are stand-ins (firmware/test/posix). Nothing here says how the chip's drivers behave.
"""

import queue
import re
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hil.edge.background import EdgeServer
from hil.inference.part import ModelPart
from hil.model.model import Model

from .conftest import (
    FIRMWARE,
    INCLUDES,
    TESTS,
    compile_halves,
    compile_with,
    core_sources,
    find_compiler,
)

PATIENCE_S = 20.0
CHIP = [FIRMWARE / "main" / name for name in ("clock.c", "loop.c", "links.c", "tcp.c", "udp.c")]


class Board:
    """One running program and the lines that it prints."""

    def __init__(self, program: Path, part: ModelPart, directory: Path) -> None:
        slot = directory / f"{part.role}.slot"
        slot.write_bytes(part.slot_file(1 << 20))
        crossing = part.split.cut.bytes if part.split else 0
        sizes = (48 * 48 * 3, crossing) if part.role == "head" else (crossing, 10)
        self.process = subprocess.Popen(
            [program, slot, *map(str, sizes)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.heard: list[str] = []
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        self.wait("role")

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)

    def say(self, line: str, until: str = "^ok") -> str:
        """Type a line and return the first line after it that matches."""
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.wait(until)

    def wait(self, until: str) -> str:
        """Return the next line that matches."""
        while True:
            line = self._lines.get(timeout=PATIENCE_S)
            self.heard.append(line)
            if re.search(until, line):
                return line

    def wait_until_heard(self, line: str) -> None:
        """Return when a line has come, before now or later: what follows it is up to the test."""
        if line not in self.heard:
            self.wait(f"^{re.escape(line)}$")

    def close(self) -> None:
        """End it, and see that it did not end before."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.close()
        assert self.process.wait(PATIENCE_S) == 0
        self._reader.join(PATIENCE_S)
        self.process.stdout.close()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    compiler = find_compiler()
    directory = tmp_path_factory.mktemp("posix")
    posix = TESTS / "posix"
    includes = [f"-I{posix / 'include'}", f"-I{FIRMWARE / 'main'}", *INCLUDES]
    files = [
        *core_sources(),
        *CHIP,
        *sorted(posix.glob("*.c")),
        TESTS / "fake_flash.c",
        TESTS / "sha256.c",
    ]
    options = [compiler, "-std=gnu11", "-Wall", "-Wextra", "-Werror", *includes]
    compile_halves(options, [str(file) for file in files], directory)
    objects = [file.name for file in directory.glob("*.o")]
    wrap = "-Wl,--wrap=esp_log_timestamp"  # as firmware/main/CMakeLists.txt does
    compile_with(compiler, *objects, "-pthread", wrap, "-o", "board", cwd=directory)
    return directory / "board"


@pytest.fixture(scope="module")
def tiny() -> Model:
    return Model.load(FIRMWARE.parent / "models" / "tiny")


@pytest.fixture(scope="module")
def edge(tiny: Model) -> Iterator[EdgeServer]:
    tail = ModelPart.of(tiny, None, "tail")
    with EdgeServer(tail.flatbuffer, tail.model_id) as server:
        yield server


@pytest.fixture
def head(program: Path, tiny: Model, tmp_path: Path) -> Iterator[Board]:
    board = Board(program, ModelPart.of(tiny, None, "head"), tmp_path)
    yield board
    board.close()


@pytest.fixture
def tail(program: Path, tiny: Model, tmp_path: Path) -> Iterator[Board]:
    board = Board(program, ModelPart.of(tiny, None, "tail"), tmp_path)
    yield board
    board.close()


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def join(board: Board, port: int) -> None:
    board.say("wifi ssid=any", "! wifi state=up ip=127.0.0.1")
    board.say(f"edge host=127.0.0.1 port={port}")


@pytest.mark.parametrize("via", ["tcp", "udp"])
def test_a_head_exchanges_messages_with_the_edge_server(
    head: Board, edge: EdgeServer, via: str
) -> None:
    join(head, edge.address[1])
    head.say(f"link via={via} state=up", "! link .*state=up")
    for size in (0, 5000, 100_000):
        assert "state=ok" in head.say(f"rtt via={via} size={size}", "! rtt|err")


def test_joining_what_is_joined_says_up_again_and_costs_no_link(
    head: Board, edge: EdgeServer
) -> None:
    join(head, edge.address[1])
    head.say("link via=tcp state=up", "! link .*state=up")
    assert "ip=127.0.0.1" in head.say("wifi ssid=any", "! wifi state=up")
    assert "state=ok" in head.say("rtt via=tcp size=100", "! rtt|err")


def test_no_link_over_ip_is_opened_before_wifi_is_joined(head: Board) -> None:
    head.say("edge host=127.0.0.1 port=9")
    assert "code=wifi" in head.say("link via=udp state=up", "^ok|^err")


def test_a_name_in_place_of_an_address_is_refused(head: Board) -> None:
    join(head, 9)
    head.say("edge host=edge.example port=9")
    event = head.say("link via=tcp state=up", "! link")
    assert "edge_unreachable" in event
    assert "IPv4 address" in event


def test_where_nobody_listens_the_edge_server_is_unreachable(head: Board) -> None:
    join(head, free_port())
    assert "edge_unreachable" in head.say("link via=tcp state=up", "! link")


def test_the_end_of_the_server_is_the_end_of_the_link(head: Board) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        join(head, server.getsockname()[1])
        head.say("link via=tcp state=up")
        connection, _ = server.accept()
        connection.close()
    assert "edge_lost" in head.wait("! link .*state=down")


def meet(head: Board, tail: Board, via: str) -> int:
    """Bring the link between two boards up and return the tail's port."""
    port = free_port()
    for board in (head, tail):
        join(board, port)
    tail.say(f"link via={via} state=up")
    # The tail may not be listening yet: opening is tried again, as the host would.
    while "state=down" in head.say(f"link via={via} state=up", "! link"):
        pass
    return port


@pytest.mark.parametrize("via", ["tcp", "udp"])
def test_a_head_comes_and_goes_at_a_tail(head: Board, tail: Board, via: str) -> None:
    meet(head, tail, via)
    for _ in range(3):
        assert "state=ok" in head.say(f"rtt via={via} size=5000", "! rtt|err")
        head.say(f"link via={via} state=down", "! link .*state=down")
        assert "state=up" in head.say(f"link via={via} state=up", "! link")


def test_a_head_that_has_gone_is_no_reason_to_refuse_the_next(head: Board, tail: Board) -> None:
    port = meet(head, tail, "tcp")
    tail.process.send_signal(signal.SIGSTOP)
    head.say("link via=tcp state=down", "! link")
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as other:
        other.sendall(bytes(4))  # no frame is that short
        tail.process.send_signal(signal.SIGCONT)
        assert "code=protocol" in tail.wait("! link .*state=down code=protocol")


def test_a_tail_over_tcp_serves_one_head_at_a_time(head: Board, tail: Board) -> None:
    port = meet(head, tail, "tcp")
    with socket.create_connection(("127.0.0.1", port), PATIENCE_S) as other:
        other.settimeout(PATIENCE_S)
        assert other.recv(1) == b""
    assert "state=ok" in head.say("rtt via=tcp size=100", "! rtt|err")


def test_what_a_closed_link_still_has_to_say_is_dropped(head: Board) -> None:
    head.say("link via=ble state=up")
    head.wait_until_heard("started\n")
    head.say("link via=ble state=down", "! link")
    head.say("link via=ble state=up")
    head.wait_until_heard("stopped\n")  # the first of them, which has told of a loss
    assert "code=link_down" in head.say("link via=ble state=down", "! link")


def test_a_link_is_opened_when_the_radio_of_the_one_before_has_stopped(
    head: Board, edge: EdgeServer
) -> None:
    join(head, edge.address[1])
    head.say("link via=ble state=up")
    head.wait_until_heard("started\n")
    head.say("link via=ble state=down", "! link")
    head.say("link via=udp state=up")
    head.wait("! link via=udp state=up")
    assert "stopped\n" in head.heard


def test_esp_now_gives_its_radio_away_to_join_an_access_point(head: Board) -> None:
    head.say("peer mac=02:00:00:4c:00:01 channel=6")
    head.say("link via=espnow state=up")
    event = head.say("wifi ssid=any", "! link")
    assert "via=espnow state=down code=radio" in event
    head.wait("! wifi state=up")
