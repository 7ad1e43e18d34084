# SPDX-License-Identifier: MIT
"""The options of ``hil split --sweep`` and ``--devices``."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from hil.links import LINKS, parse_links

DEFAULT_ROUNDS = 3


@dataclass(frozen=True)
class Asked:
    """What was asked for.

    Attributes:
        sweep: whether for all cuts.
        devices: boards of a chain; None: no chain is asked for.
        pipeline: whether the chain is to be best for throughput.
        via: links, as text; ``all`` or with commas between them.
        against: the cut to compare with, by name; None: the model's default.
        tail_here: whether tails are to run on this computer.
        rounds: inferences per cut and link on a board.
        page: file for the page; None: no page.
        profile: file of ``hil calibrate``; None: published figures.
    """

    sweep: bool
    devices: int | None
    pipeline: bool
    via: str
    against: str | None
    tail_here: bool
    rounds: int
    page: Path | None
    profile: Path | None

    @property
    def links(self) -> tuple[str, ...]:
        """The links that are meant; raises BadInputError."""
        return LINKS if self.via == "all" else parse_links(self.via, "--via")

    def check(self) -> None:
        """Refuse options that say nothing without others.

        Raises:
            click.UsageError: as its sentence says.
        """
        if self.pipeline and self.devices is None:
            raise click.UsageError("--pipeline is about a chain: give --devices too.")
        if self.sweep and self.devices is not None:
            raise click.UsageError("Give either --sweep or --devices.")
        if self.page is not None and not self.sweep:
            raise click.UsageError("--html is the page of --sweep: give that too.")


_OPTIONS = (
    click.option("--sweep", is_flag=True, help="Show what every legal cut costs, and the best."),
    click.option(
        "--devices",
        type=click.IntRange(1, 64),
        metavar="N",
        help="Divide the model over N boards and the edge server, as well as it can be.",
    ),
    click.option(
        "--pipeline",
        is_flag=True,
        help="With --devices: make the slowest stage as fast as it can be, not one inference.",
    ),
    click.option(
        "--via",
        default="all",
        show_default=True,
        metavar="LINKS",
        help="With --sweep and --devices: links with commas between them, or all.",
    ),
    click.option(
        "--against",
        metavar="NAME_OR_INDEX",
        help="With --sweep: the cut to compare with; default: the model's default cut.",
    ),
    click.option(
        "--tail-here",
        is_flag=True,
        help="With --sweep and --devices: time each tail on this computer, in place of the stated "
        "constant.",
    ),
    click.option(
        "--rounds",
        type=click.IntRange(1),
        default=DEFAULT_ROUNDS,
        show_default=True,
        help="With --sweep --board: inferences per cut and link, of which the median counts.",
    ),
    click.option(
        "--profile",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="With --sweep and --devices: what operators take on a board, from 'hil calibrate', in "
        "place of published figures.",
    ),
    click.option(
        "--html",
        "page",
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="With --sweep: write an interactive page, one file that needs no network.",
    ),
)


def cut_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options; they reach the command as one value, ``asked``."""
    from hil.cli.shared.options import bundled

    return bundled(command, "asked", Asked, _OPTIONS)
