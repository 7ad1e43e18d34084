# SPDX-License-Identifier: MIT
"""Selective repeat on lossy links: ``python benchmarks/arq_loss.py``.

Two virtual boards, head and tail, over UDP and over ESP-NOW, with loss each way, doubling and
reordering. The head echoes messages of the size of the original system's activation. None may be
lost, wrong or delivered twice, and what is sent again of the payload, there and back, may be at
most 1.3 p/(1-p) of it plus one fragment per message. Exit code 1 if that does not hold.
"""

import functools
import math
import statistics
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import click
import numpy as np
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from hil.board.board import Board
from hil.errors import BoardRefused
from hil.model.model import Model
from hil.protocol import BODY_OVERHEAD, HEADER_SIZE
from hil.resources import resource
from hil.sim.process import Lab
from hil.sim.radio.presets import ACTIVATION_BYTES, PRESETS

LINKS = ("udp", "espnow")
DUPLICATE = REORDER = 0.05
EXCESS = 1.3

WIDTH = 110


@dataclass(frozen=True)
class Outcome:
    """What became of the messages of one run.

    Attributes:
        via: the link. loss: probability each way.
        messages: how many were asked. fragments: of each, either way.
        lost: without an answer. wrong: answered otherwise than asked.
        extra: messages that the tail was handed beyond those asked.
        resent_there: fragments that the head sent again. resent_back: the tail.
        median_us: of the round trips, by the head's clock.
    """

    via: str
    loss: float
    messages: int
    fragments: int
    lost: int
    wrong: int
    extra: int
    resent_there: int
    resent_back: int
    median_us: int

    @property
    def limit(self) -> int:
        """Most fragments that may be sent again each way."""
        share = EXCESS * self.loss / (1 - self.loss)
        return math.floor(self.messages * (share * self.fragments + 1))

    @property
    def ok(self) -> bool:
        """Whether the run is within all limits."""
        return not (self.lost or self.wrong or self.extra) and (
            max(self.resent_there, self.resent_back) <= self.limit
        )


@contextmanager
def pair(loss: float, seed: int) -> Iterator[tuple[Board, Board]]:
    """Start two virtual boards, head and tail of the tiny model, whose links lose packets.

    Args:
        loss: probability that a packet is lost, each way.
        seed: of the links.
    """
    model = Model.load(resource("models/tiny"))
    bad = {"loss": loss, "duplicate": DUPLICATE, "reorder": REORDER}
    with (
        Lab.start(boards=2, link=dict.fromkeys(LINKS, bad), seed=seed) as lab,
        Board.open(lab=lab) as head,
        Board.open(lab=lab, index=1) as tail,
    ):
        head.flash(None, model)
        tail.flash(None, model, role="tail")
        yield head, tail


def echo(
    head: Board,
    tail: Board,
    via: str,
    messages: int,
    *,
    loss: float,
    seed: int = 1,
    done: Callable[[], None] = lambda: None,
) -> Outcome:
    """Let the head echo messages, each with a content of its own.

    Args:
        head: of :func:`pair`.
        tail: likewise.
        via: one of :data:`LINKS`.
        messages: how many.
        loss: as the pair was started with.
        seed: of what is sent.
        done: called after each message.
    """
    generator = np.random.default_rng(seed)
    image = head.part.model.input
    head.connect(tail, via)
    before = _counters(tail)
    there, wrong, times = 0, 0, []
    for _ in range(messages):
        head.store(generator.integers(0, 256, image.shape, np.uint8))
        try:
            trip = head.rtt(ACTIVATION_BYTES, via)
        except BoardRefused:
            wrong += 1
        else:
            there += trip.wire.resent if trip.wire else 0
            times += [] if trip.us is None else [trip.us]
        done()
    after = _counters(tail)
    step = PRESETS[via].packet_bytes - HEADER_SIZE
    return Outcome(
        via=via,
        loss=loss,
        messages=messages,
        fragments=-(-(ACTIVATION_BYTES + BODY_OVERHEAD) // step),
        lost=messages - wrong - len(times),
        wrong=wrong,
        extra=after["rx_messages"] - before["rx_messages"] - messages,
        resent_there=there,
        resent_back=after["resent"] - before["resent"],
        median_us=int(statistics.median(times)) if times else 0,
    )


def _counters(board: Board) -> dict[str, int]:
    stats = board.console.request("stats")
    return {key: int(value) for key, value in stats.items() if value.isdecimal()}


def _table(outcomes: list[Outcome]) -> Table:
    names = ("link", "loss", "messages", "lost", "wrong", "extra", "frames")
    names += ("resent", "back", "limit", "p50", "")
    table = Table(*names, title=f"Echoes of {ACTIVATION_BYTES} bytes, simulated")
    for o in outcomes:
        sent = o.messages * o.fragments
        shares = (f"{count / sent:.2%}" for count in (o.resent_there, o.resent_back, o.limit))
        counts = (o.messages, o.lost, o.wrong, o.extra, o.fragments)
        verdict = "ok" if o.ok else "MISSED"
        table.add_row(
            *(o.via, f"{o.loss:.0%}", *map(str, counts), *shares),
            *(f"{o.median_us / 1000:.0f} ms", verdict),
        )
    return table


@click.command()
@click.option("--messages", type=click.IntRange(1), default=1000, show_default=True)
@click.option("--via", type=click.Choice(LINKS), multiple=True, help="Default: both.")
@click.option(
    "--loss", type=click.FloatRange(0, 0.9), multiple=True, help="Default: 0, 0.05 and 0.2."
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True)
def main(messages: int, via: tuple[str, ...], loss: tuple[float, ...], seed: int) -> None:
    """Count what lossy links cost."""
    outcomes = []
    with Progress(console=Console(stderr=True), transient=True) as progress:
        for share in loss or (0.0, 0.05, 0.2):
            with pair(share, seed) as boards:
                for link in via or LINKS:
                    task = progress.add_task(f"{link}, {share:.0%} lost", total=messages)
                    advance = functools.partial(progress.advance, task)
                    outcomes.append(
                        echo(*boards, link, messages, loss=share, seed=seed, done=advance)
                    )
    Console(width=WIDTH).print(_table(outcomes))
    sys.exit(not all(outcome.ok for outcome in outcomes))


if __name__ == "__main__":
    main()
