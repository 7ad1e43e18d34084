# SPDX-License-Identifier: MIT
"""The lab process: it announces its boards, and it never outlives the one who started it."""

import asyncio
import json
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from hil.errors import BadInputError, LabError
from hil.sim.clock.clock import SimClock
from hil.sim.lab import Lab as RunningLab
from hil.sim.lab import LabOptions
from hil.sim.process import Lab

PATIENCE_S = 20.0


@contextmanager
def hil_sim(*options: str) -> Iterator[tuple["subprocess.Popen[str]", dict[str, object]]]:
    command = [sys.executable, "-m", "hil", "sim", "--json", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def test_a_lab_has_as_many_boards_as_asked_for_each_with_its_own_mac_and_port() -> None:
    with Lab.start(boards=3) as lab:
        assert len({board.mac for board in lab.boards}) == 3
        assert len({board.url for board in lab.boards}) == 3
        assert all(board.url.startswith("rfc2217://127.0.0.1:") for board in lab.boards)


def test_a_closed_lab_is_gone_and_closing_it_again_does_nothing() -> None:
    lab = Lab.start()
    lab.close()
    lab.close()
    assert lab.process.returncode == 0
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address(lab.boards[0].url), timeout=PATIENCE_S)


def test_a_lab_that_was_killed_is_reported_as_a_lab_error() -> None:
    with Lab.start() as lab:
        lab.process.kill()
        lab.process.wait()
        with pytest.raises(LabError, match="has died"):
            lab.check()


def test_a_lab_dies_with_the_process_that_started_it_however_that_ends() -> None:
    script = (
        "import os, signal; from hil.sim.process import Lab; lab = Lab.start(); "
        "print(lab.process.pid, flush=True); os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=False
    )
    assert done.returncode == -signal.SIGKILL
    assert gone(int(done.stdout))


def test_the_ports_of_a_lab_are_open_on_loopback_only() -> None:
    with Lab.start() as lab:
        _, port = address(lab.boards[0].url)
        table = Path("/proc/net/tcp").read_text().splitlines()
        listening = [line.split()[1] for line in table if line.split()[3] == "0A"]
        ours = [entry for entry in listening if entry.endswith(f":{port:04X}")]
        assert ours == [f"0100007F:{port:04X}"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_hil_sim_prints_its_ports_and_ends_by_a_signal(number: signal.Signals) -> None:
    with hil_sim("--boards", "2") as (process, ends):
        assert isinstance(ends["boards"], list)
        assert len(ends["boards"]) == 2
        process.send_signal(number)
        assert process.wait(PATIENCE_S) == 0


def test_a_lab_announces_the_seed_of_the_link_file_or_its_own(tmp_path: Path) -> None:
    path = tmp_path / "link.toml"
    path.write_text("[udp]\nloss = 0.1\n")
    with hil_sim("--seed", "5", "--link", str(path)) as (_, ends):
        assert ends["seed"] == 5
    path.write_text("seed = 9\n")
    with hil_sim("--seed", "5", "--link", str(path)) as (_, ends):
        assert ends["seed"] == 9


def test_hil_sim_shows_what_a_link_file_makes_of_its_links(tmp_path: Path) -> None:
    path = tmp_path / "link.toml"
    path.write_text("[udp]\nlatency_us = 0\n")
    command = [sys.executable, "-m", "hil", "sim", "--link", str(path), "--seed", "5"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        lines = [process.stdout.readline() for _ in range(5)]
        process.terminate()
    assert lines[0].startswith("02:48:49:4c:00:01  esp32s3  rfc2217://127.0.0.1:")
    assert lines[3].split() == ["udp", "4", "5,564", "1.49", "ms"]
    assert lines[4] == "simulated, seed 5; Ctrl-C ends\n"


def test_an_unbootable_flash_prints_the_roms_words_to_whoever_attaches() -> None:
    with Lab.start() as lab:
        with socket.create_connection(address(lab.boards[0].socket), timeout=PATIENCE_S) as raw:
            seen = b""
            while b"invalid header: 0xffffffff" not in seen:
                seen += raw.recv(4096)
        assert b"rst:0x1 (POWERON),boot:0x8 (SPI_FAST_FLASH_BOOT)" in seen


@asynccontextmanager
async def owing(patience_s: float) -> AsyncIterator[SimClock]:
    """The clock of a running lab whose host never answers."""
    lab = RunningLab(LabOptions(boards=0, patience_s=patience_s))
    lab._clock.owe("an answer")
    running = asyncio.create_task(lab.run())
    async with asyncio.timeout(PATIENCE_S):
        yield lab._clock
    running.cancel()


def test_a_console_is_heard_although_the_host_owes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hil.sim.lab.COURTESY_S", 0.05)

    async def run() -> None:
        async with owing(2 * PATIENCE_S) as clock:
            heard = asyncio.Event()
            clock.at_rest(heard.set)
            await heard.wait()
            assert clock.waits_for_host

    asyncio.run(run())


def test_patience_ends_in_one_line_and_time_goes_on_however_much_is_asked_meanwhile(
    capfd: pytest.CaptureFixture[str],
) -> None:
    async def run() -> None:
        async with owing(0.2) as clock:
            later = asyncio.Event()
            clock.at(1, later.set)
            while not later.is_set():
                clock.at_rest(lambda: None)
                await asyncio.sleep(0.01)

    asyncio.run(run())
    assert "the host has owed 1 answer(s) for 0.2 s; simulated time" in capfd.readouterr().err


def test_without_wasmtime_virtual_boards_are_refused_in_one_sentence(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(BadInputError, match=r"esp32-split-hil\[sim\]"):
        Lab.start()


def address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    assert parts.hostname is not None
    assert parts.port is not None
    return parts.hostname, parts.port


def gone(pid: int) -> bool:
    """Wait for a process that is not our child to end."""
    try:
        descriptor = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    try:
        ready, _, _ = select.select([descriptor], [], [], PATIENCE_S)
    finally:
        os.close(descriptor)
    return bool(ready)


@pytest.mark.skipif(sys.platform != "linux", reason="as Linux shows its processes")
def test_nothing_of_the_starters_environment_is_in_the_lab_that_it_does_not_need(monkeypatch):
    monkeypatch.setenv("RIG_WIFI_PASSWORD", "Zq7-wXv3_Kd9")
    with Lab.start() as lab:
        process = Path("/proc") / str(lab.process.pid)
        shown = b"".join((process / name).read_bytes() for name in ("environ", "cmdline"))
    assert b"hil.sim.lab" in shown
    assert b"Zq7-wXv3_Kd9" not in shown
