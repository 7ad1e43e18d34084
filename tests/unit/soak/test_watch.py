# SPDX-License-Identifier: MIT
"""What is held while a soak runs, and whether it is flat."""

import gc
import os
import subprocess
import sys
from collections.abc import Callable

import pytest

from hil.soak import watch as module
from hil.soak.census import descendants, of_process
from hil.soak.watch import Verdict, Watch

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")

Held = Callable[[int], dict[str, int]]


def watched(monkeypatch: pytest.MonkeyPatch, held: Held, looks: int = 40) -> dict[str, Verdict]:
    """Return the verdicts on what a process is said to hold at each step."""
    now = [0]
    monkeypatch.setattr(gc, "collect", lambda: 0)  # which takes long among all these tests
    monkeypatch.setattr(module, "of_process", lambda pid=None: held(now[0]))
    monkeypatch.setattr(module, "descendants", lambda: 1)
    watch = Watch(None)
    for number in range(1, looks + 1):
        now[0] = 50 * number
        watch.look(now[0], ("udp", "ble")[number // 5 % 2])
    return {verdict.name: verdict for verdict in watch.verdicts()}


def test_what_stays_is_flat(monkeypatch: pytest.MonkeyPatch) -> None:
    found = watched(monkeypatch, lambda _: {"memory": 50 << 20, "descriptors": 12})
    assert all(verdict.flat for verdict in found.values())
    assert set(found) == {"host memory", "host descriptors", "host processes"}


def test_a_descriptor_lost_now_and_then_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    found = watched(monkeypatch, lambda step: {"descriptors": 12 + step // 400})
    assert found["host descriptors"].flat is False
    assert found["host processes"].flat


def test_memory_that_grows_for_ever_is_found_and_a_cache_that_fills_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grows = watched(monkeypatch, lambda step: {"memory": (50 << 20) + 10_000 * step})
    assert grows["host memory"].flat is False
    assert grows["host memory"].rise == pytest.approx(10_000 * 1_500)
    for full in (400, 1_000):  # within the warm-up, and behind it
        fills = watched(
            monkeypatch, lambda step, full=full: {"memory": (50 << 20) + 40_000 * min(step, full)}
        )
        assert fills["host memory"].flat


def test_few_looks_say_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    found = watched(monkeypatch, lambda step: {"descriptors": step}, looks=8)
    assert found["host descriptors"].flat is None


def board(free: Callable[[int], int], boots: int = 20) -> Verdict:
    """Return the verdict on a board that has so much free after so many inferences of a boot."""
    watch, step = Watch(None), 0
    for boot in range(boots):
        for number in range(12):
            step += 1
            watch.board((boot, 1), step, {"heap_free": str(free(number)), "uptime_us": "1"})
    (verdict,) = watch.verdicts()
    return verdict


def test_a_boards_memory_is_compared_within_a_boot() -> None:
    assert board(lambda _: 100_000).flat
    leaks = board(lambda number: 100_000 - 16 * number)
    assert leaks.flat is False
    assert (leaks.name, leaks.rise) == ("board heap_free", pytest.approx(16))


def test_what_a_board_takes_when_a_link_is_first_used_is_no_leak() -> None:
    assert board(lambda number: 100_000 - 1_600 * (number > 1)).flat


def test_what_a_board_takes_and_gives_back_is_no_leak() -> None:
    assert board(lambda number: 100_000 - 40 * (number % 2)).flat


@on_linux
def test_a_process_that_is_started_is_counted_with_what_it_holds() -> None:
    before = descendants()
    assert before is not None
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert descendants() == before + 1
        held = of_process(child.pid)
        child.communicate(b"\n")
    assert held["memory"] > 1 << 20
    assert held["threads"] == 1
    assert held["descriptors"] >= 3
    assert descendants() == before
    assert of_process(child.pid) == {}


def test_an_open_file_is_counted() -> None:
    before = of_process()["descriptors"]
    reading, writing = os.pipe()
    try:
        assert of_process()["descriptors"] == before + 2
    finally:
        os.close(reading)
        os.close(writing)
