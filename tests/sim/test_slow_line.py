# SPDX-License-Identifier: MIT
"""Boards at the other end of a long line, or of one whose resets are wired in their own way."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from queue import SimpleQueue

import pytest

from hil.errors import FlashingError
from hil.flash.flash import FlashFile, flash
from hil.rig.probe import probe_chip
from hil.serialport.line import Line
from hil.sim.faults.faults import Faults

MODEL_SLOT = 0x620000
DEVKIT = "D0|R1|W0.1|D1|R0|W0.5|D0"


class LongLine:
    """Forwards a TCP port of this host, one way taking so many seconds.

    Attributes:
        port: the new port.
    """

    def __init__(self, port: int, way_s: float) -> None:
        self._target = port
        self._way_s = way_s
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._server.getsockname()[1]
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._do(self._serve)

    def close(self) -> None:
        for end in (self._server, *self._ends):
            with suppress(OSError):  # not connected any more
                end.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for end in (self._server, *self._ends):
            end.close()

    def _do(self, work: Callable[..., None], *arguments: object) -> None:
        self._threads.append(threading.Thread(target=work, args=arguments))
        self._threads[-1].start()

    def _serve(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:  # closed
                return
            far = socket.create_connection(("127.0.0.1", self._target))
            self._ends += [near, far]
            for one, other in ((near, far), (far, near)):
                under_way: SimpleQueue[tuple[float, bytes]] = SimpleQueue()
                self._do(self._take, one, under_way)
                self._do(self._give, other, under_way)

    def _take(self, source: socket.socket, under_way: "SimpleQueue[tuple[float, bytes]]") -> None:
        data = b"-"
        while data:
            try:
                data = source.recv(65536)
            except OSError:
                data = b""
            under_way.put((time.monotonic() + self._way_s, data))

    def _give(self, target: socket.socket, under_way: "SimpleQueue[tuple[float, bytes]]") -> None:
        data = b"-"
        while data:
            due, data = under_way.get()
            time.sleep(max(0.0, due - time.monotonic()))  # the line itself
            with suppress(OSError):  # the other end has gone first
                target.sendall(data) if data else target.shutdown(socket.SHUT_RDWR)


def test_a_board_is_flashed_at_a_round_trip_of_300_ms(lab):
    file = FlashFile(MODEL_SLOT, bytes(range(256)) * 16, "model")
    port = int(lab.boards[0].url.rpartition(":")[2])
    with closing(LongLine(port, 0.15)) as far:
        url = f"rfc2217://127.0.0.1:{far.port}"
        report = flash(url, [file], simulated_image=False)
        assert [region.role for region in report.written] == ["model"]
        assert report.mac == lab.boards[0].mac


def test_the_sequences_of_a_line_are_those_that_reset_its_board(running):
    assert probe_chip(running.board.url, line=Line(DEVKIT, "R1|W0.1|R0")).virtual
    running.wait_for_boots(2)
    with pytest.raises(FlashingError, match="boots its application"):
        probe_chip(running.board.url, line=Line("D0|R1|W0.1|R0"))


def test_esptools_settings_in_the_working_directory_do_not_count(
    start_board, tmp_path, monkeypatch
):
    (tmp_path / "esptool.cfg").write_text("[esptool]\ncustom_reset_sequence = D0|R1|W0.1|R0\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ESPTOOL_CFGFILE", str(tmp_path / "esptool.cfg"))
    assert probe_chip(start_board().board.url).virtual
    with pytest.raises(FlashingError, match=r"esptool\.cfg in this directory is not read"):
        probe_chip(start_board(faults=Faults(wrong_boot_modes=99)).board.url)
