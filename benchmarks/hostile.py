# SPDX-License-Identifier: MIT
"""Strangers against the harness: ``python benchmarks/hostile.py``.

A virtual board infers over one link after the other amid hostile frames, and as often in peace. The
frames are forged, replayed and mutated by who has overheard all but the key. Over TCP and UDP a
process sends them as fast as it can, until a million have gone, under the others' addresses as well
where this system lets it; over ESP-NOW and BLE a stranger is in the lab's air, who speaks so often
before each frame of others. Every inference has to be right and none may fail, the simulated
figures have to be those of the quiet run to the microsecond, and the edge server's process, which
is this one, may grow by 64 MB. Then the host's time for an inference, with 5,000 hostile frames a
second and without, in turns. Exit code 1 if any of that does not hold.
"""

import json
import math
import statistics
import time
from typing import Any

import click
from attacked import PHOTOS, Bench, Outcome, bench
from floods import can_spoof

from hil.board.board import Board
from hil.model.model import Model
from hil.resources import resource

MEMORY_LIMIT_MB = 64
LATENCY_LIMIT = 1.5

_BLOCK = 25

_AIR: dict[str, tuple[str, bool, int]] = {
    "espnow": ("espnow", True, 50),
    "ble": ("ble", True, 50),
    "ble to this host": ("ble", False, 10),
    "espnow by a gateway": ("espnow", False, 10),
}
"""Over which link, whether to another board, and how many hostile frames come before each. A
gateway may be 16 records ahead of its host: of more at once some are lost, honest ones among
them."""


def on_the_network(model: Model, via: str, frames: int, inferences: int) -> dict[str, Any]:
    """Measure over TCP or UDP."""
    with bench(model) as (on, _):
        tap = on.connect(via)
        with on.stranger(via, tap) as (number, _, _, sent):

            def enough() -> bool:
                number.value += 1
                return bool(sent.value >= frames)

            hit = on.infer(inferences, enough)
            hit.frames = sent.value
        counters = on.edge.counters
    with bench(model) as (on, _):
        on.connect(via)
        quiet = on.infer(len(hit.figures))
    return _figures(via, quiet, hit) | {"foreign at the edge": counters.get("rx_foreign", 0)}


def in_the_air(model: Model, name: str, frames: int, inferences: int) -> dict[str, Any]:
    """Measure over ESP-NOW or BLE; hostile frames are counted by who has dropped them."""
    via, to_board, before = _AIR[name]
    outcomes: list[Outcome] = []
    more = 0
    for strangers in (before, 0):
        with bench(model, 2, strangers) as (on, (head, second)):
            gateway = second if via == "espnow" and not to_board else None
            on.connect(via, second if to_board else None, gateway)
            boards = [head, second] if to_board else [head]
            outcome = on.infer(inferences)
            heard = _foreign(on, boards)
            if strangers and to_board:
                more = math.ceil(frames * inferences / max(heard, 1) / PHOTOS) * PHOTOS
            if more:
                outcome = on.infer(more)
            outcome.frames = _foreign(on, boards)
            outcomes.append(outcome)
    hit, quiet = outcomes
    return _figures(name, quiet, hit)


def _foreign(on: Bench, boards: list[Board]) -> int:
    counts = [int(board.console.request("stats").get("rx_foreign", 0)) for board in boards]
    return sum(counts) + on.edge.counters.get("rx_foreign", 0)


def latency(model: Model, via: str, rate: float, inferences: int) -> dict[str, Any]:
    """Measure the host's time for an inference, in turns with and without a stranger."""
    times: tuple[list[float], list[float]] = [], []
    with bench(model) as (on, _):
        tap = on.connect(via)
        with on.stranger(via, tap, rate) as (_, _, paused, sent):
            before, seconds = sent.value, 0.0
            while len(times[1]) < inferences:
                paused.set()
                times[0].extend(on.infer(_BLOCK).host_ms)
                paused.clear()
                start = sent.value
                while sent.value == start:
                    time.sleep(0.001)
                attacked = on.infer(_BLOCK)
                times[1].extend(attacked.host_ms)
                seconds += attacked.seconds
            frames = sent.value - before
    alone, hit = map(statistics.median, times)
    return {
        "via": via,
        "frames a second": round(frames / seconds),
        "host_ms alone": round(alone, 2),
        "host_ms": round(hit, 2),
        "ratio": round(hit / alone, 2),
    }


def _figures(name: str, quiet: Outcome, hit: Outcome) -> dict[str, Any]:
    return {
        "via": name,
        "hostile frames": hit.frames,
        "a second": round(hit.frames / hit.seconds),
        "inferences": len(hit.figures),
        "wrong": hit.wrong + quiet.wrong,
        "failed": len(hit.failed) + len(quiet.failed),
        "moved": hit.moved(quiet),
        "memory_mb": round(hit.memory_mb, 1),
        "failures": (quiet.failed + hit.failed)[:3],
    }


def _is_well(figures: dict[str, Any]) -> bool:
    disturbed = figures["wrong"] or figures["failed"] or figures["moved"]
    return not disturbed and figures["memory_mb"] <= MEMORY_LIMIT_MB


@click.command()
@click.option("--via", default="tcp,udp,espnow,ble", show_default=True)
@click.option("--frames", default=1_000_000, show_default=True, help="Hostile ones, on each link.")
@click.option("--rate", default=5_000.0, show_default=True, help="For the host's time.")
@click.option("--inferences", default=80, show_default=True, help="At least so many.")
def main(via: str, frames: int, rate: float, inferences: int) -> None:
    """Measure with the tiny model."""
    model = Model.load(resource("models/tiny"))
    well = True
    click.echo(json.dumps({"sends under others' addresses": can_spoof()}))
    inferences = -(-inferences // PHOTOS) * PHOTOS
    for link in via.split(","):
        if link in ("tcp", "udp"):
            figures = on_the_network(model, link, frames, inferences)
            click.echo(json.dumps(figures))
            times = latency(model, link, rate, inferences)
            click.echo(json.dumps(times))
            well &= _is_well(figures) and times["ratio"] <= LATENCY_LIMIT
            continue
        for name in [name for name, (kind, _, _) in _AIR.items() if kind == link]:
            figures = in_the_air(model, name, frames, inferences)
            click.echo(json.dumps(figures))
            well &= _is_well(figures)
    raise SystemExit(not well)


if __name__ == "__main__":
    main()
