# SPDX-License-Identifier: MIT
"""``hil rtt``: round trips over a link, by the board's own clock."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from hil.cli.shared.chosen import ChosenContent, ChosenRig
from hil.cli.shared.connected import connected, describe, trusted
from hil.cli.shared.options import content_options, json_option, rig_options, via_option
from hil.cli.shared.saying import say, say_folded
from hil.errors import EdgeError, MessageLost
from hil.host.activity import doing
from hil.links import SMALL_ECHO_BYTES
from hil.symptoms import sentence

if TYPE_CHECKING:
    from collections.abc import Callable

    from hil.board.board import Board
    from hil.inference.inference import RoundTrip

_SHOWN = ("p50", "p95", "max")


@click.command()
@rig_options
@content_options
@via_option
@click.option(
    "--size",
    type=click.IntRange(0),
    metavar="N",
    help="Bytes to send and have back; default: a small message, and one of the activation's size.",
)
@click.option(
    "--count", type=click.IntRange(1), default=20, show_default=True, help="Round trips per size."
)
@json_option
def rtt(
    rig: ChosenRig,
    content: ChosenContent,
    via: str,
    size: int | None,
    count: int,
    as_json: bool,
) -> None:
    """Measure round trips between a board and what runs its tail.

    What differs on the board is flashed first. A message without an answer is counted as lost.
    p95 needs 20 round trips. Exits with 1 if none was answered, with
    10 if a link file may be why.
    """
    found = rig.find()
    loaded = content.load()
    with connected(found, loaded, via) as (opened, _):
        used = opened.part.cut
        assert used is not None
        sizes = [size] if size is not None else [SMALL_ECHO_BYTES, used.bytes]
        with doing("round trips", len(sizes) * count) as step:
            summaries = [
                _summary(each, _measure(opened, each, count, step.advance)) for each in sizes
            ]
        if as_json:
            document = {
                "board": asdict(opened.info),
                "via": via,
                "authenticated": trusted(opened) == "authenticated",
                "tail": "peer" if found.peer else "edge",
                "simulated": opened.simulated,
                "round_trips": summaries,
            }
            say(json.dumps(document))
        else:
            say_folded(describe(opened))
            for each in summaries:
                _print(f"{via}, {trusted(opened)}", each, opened.simulated)
    if all(each["lost"] == count for each in summaries):
        text = sentence(
            "unanswered",
            link=via,
            stage="round trips",
            expected=f"answers to {count} echoes",
            got="none",
        )
        raise EdgeError(text) if found.shaping else MessageLost("edge_timeout", text)


def _measure(
    board: "Board", size: int, count: int, advance: "Callable[[], None]"
) -> "list[RoundTrip | None]":
    from hil.board.measuring import Measuring

    measuring, trips = Measuring(board), []
    for _ in range(count):
        trips.append(measuring.rtt(size))
        advance()
    return trips


def _summary(size: int, trips: "Sequence[RoundTrip | None]") -> dict[str, Any]:
    """Return what a number of round trips of one size, None if lost, add up to."""
    from hil.budgets.spread import spread

    answered = [trip for trip in trips if trip is not None]
    times = [trip.us for trip in answered if trip.us is not None]
    wires = [trip.wire for trip in answered if trip.wire is not None]
    statistics = spread(times) if times else {}
    wire_bytes = sum(wire.bytes for wire in wires)
    return {
        "size": size,
        "count": len(trips),
        "lost": len(trips) - len(times),
        **{f"{name}_us": statistics.get(name) for name in _SHOWN},
        "frames": sum(wire.frames for wire in wires),
        "resent": sum(wire.resent for wire in wires),
        "wire_bytes": wire_bytes,
        "payload_to_wire": round(size * len(wires) / wire_bytes, 4) if wire_bytes else None,
        "us": [None if trip is None else trip.us for trip in trips],
    }


def _print(via: str, summary: dict[str, Any], simulated: bool) -> None:
    times = ", ".join(f"{name} {_milliseconds(summary[f'{name}_us'])}" for name in _SHOWN)
    say_folded(f"{via}, {summary['size']:,} bytes there and back, {summary['count']} times:")
    say_folded(f"{times}{' (simulated)' if simulated else ''}", "  ")
    say_folded(
        f"lost {summary['lost']}, fragments resent {summary['resent']}, "
        f"payload {_percent(summary['payload_to_wire'])} of the bytes sent",
        "  ",
    )


def _milliseconds(value: int | None) -> str:
    return "n/a" if value is None else f"{value / 1000:.3f} ms"


def _percent(share: float | None) -> str:
    return "n/a" if share is None else f"{share:.1%}"
