# SPDX-License-Identifier: MIT
"""``hil soak``: inferences by the thousand with random faults, each one accounted for."""

import json
import logging
import random
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hil.cli.shared.chosen import ChosenContent, ChosenRig, Content, say_who
from hil.cli.shared.finite import Finite
from hil.cli.shared.options import content_options, json_option, range_option, rig_options
from hil.cli.shared.pictures import photos_at
from hil.cli.shared.saying import say, say_folded
from hil.errors import BadInputError
from hil.host.terminal import columns
from hil.links import LINKS, parse_links

if TYPE_CHECKING:
    from hil.firmware.build import FirmwareBuild
    from hil.rig.rig import Rig
    from hil.soak.bench import Setup
    from hil.soak.conduct import Result
    from hil.soak.plan import Choices

LARGEST_CUT = 20_000
"""Bytes of an activation that is drawn: larger ones would take most of the time."""

_SHRINK_MINUTES = 5.0
_SEEDS = 1_000_000
_INTERRUPTED = 130

_EXIT_CODES = """\b
Exit codes:
  0    every inference was right or ended as its fault promises, and what is held is flat
  1    one did not, or a board loses memory; the seed and how to replay it are printed
  2    the input cannot be used
  10   the rig failed, or what this host or its lab holds rises
  130  Ctrl-C has ended it; what was done until then is printed"""


@click.command(epilog=_EXIT_CODES)
@click.argument("photos", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--minutes",
    type=Finite(0, min_open=True),
    metavar="N",
    help="How long; with --inferences, whichever ends first.",
)
@click.option("--inferences", type=click.IntRange(1), metavar="N", help="How many.")
@click.option(
    "--seed",
    type=click.IntRange(0),
    metavar="S",
    help="What the sequence is drawn from; any, which is printed, if none is named.",
)
@click.option(
    "--faults",
    "rate",
    default="10%",
    show_default=True,
    metavar="SHARE",
    help="How many of the inferences have a fault; as 10% or 0.1.",
)
@click.option("--via", metavar="LINKS", help="Links to draw from, as udp,ble; default: all.")
@click.option("--steps", metavar="NUMBERS", help="Only these of the sequence, as in 1-40,52.")
@click.option(
    "--shrink",
    "shrink_minutes",
    type=Finite(0),
    default=_SHRINK_MINUTES,
    show_default=True,
    metavar="N",
    help="Minutes that the search for the shortest failing sequence may take; 0: none.",
)
@range_option
@rig_options
@content_options
@json_option
def soak(
    photos: tuple[Path, ...],
    minutes: float | None,
    inferences: int | None,
    seed: int | None,
    rate: str,
    via: str | None,
    steps: str | None,
    shrink_minutes: float,
    value_range: str | None,
    rig: ChosenRig,
    content: ChosenContent,
    as_json: bool,
) -> None:
    """Infer on random photos, cuts and links with random faults; account for every inference.

    PHOTOS are image files or directories of them; those that come with hil, if none are named. The
    sequence is drawn from the seed alone. Every inference must be right, bit for bit, or end in the
    error that its fault promises (docs/soak.md), and memory, descriptors, threads and processes
    must stay flat. What is otherwise ends the soak: the shortest sequence that still does so is
    looked for, and the command that replays it printed.
    """
    from hil.soak.conduct import Request, conduct
    from hil.soak.document import document
    from hil.soak.plan import parse_numbers
    from hil.soak.summary import headline, lines

    if minutes is None and inferences is None and steps is None:
        raise click.UsageError("Say how long by --minutes or --inferences.")
    numbers = parse_numbers(steps) if steps else ()
    seed = random.randrange(_SEEDS) if seed is None else seed
    setup, choices = _prepare(photos, via, _share(rate), value_range, rig, content)
    logging.getLogger().addHandler(logging.NullHandler())  # what faults do is no news here
    result = conduct(
        Request(
            setup,
            choices,
            seed,
            seconds=None if minutes is None else 60 * minutes,
            inferences=inferences,
            numbers=numbers,
            shrink_s=0.0 if numbers else 60 * shrink_minutes,
        )
    )
    if as_json:
        say(json.dumps(document(result, seed, setup.model.name)))
    else:
        say_folded(f"{_whose(result)}: {headline(result.soak, seed)}")
        say("\n".join(lines(result.soak, columns())))
    options = {"--seed": seed, "--faults": rate, "--via": via, "--range": value_range}
    error = result.error(seed, _again(photos, options, rig, content))
    if error is not None:
        raise error
    if result.soak.interrupted:
        sys.exit(_INTERRUPTED)


def _share(text: str) -> float:
    """Read the share of inferences that have a fault."""
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError:
        share = -1.0
    if not 0 <= share <= 1:  # which a NaN is not either
        raise BadInputError(f"--faults is {text!r}; give a share from 0% to 100%, as 10%.")
    return share


def _prepare(
    photos: tuple[Path, ...],
    via: str | None,
    rate: float,
    value_range: str | None,
    rig: ChosenRig,
    content: ChosenContent,
) -> "tuple[Setup, Choices]":
    """Read everything, before anything is done with a board; what the rig has is not known yet."""
    from hil.model.inputs.photos import load_photos
    from hil.resources import resource
    from hil.soak.bench import Setup
    from hil.soak.plan import Choices

    if rig.peer or rig.link:
        raise BadInputError(
            "In a soak the tail runs on this host, which impairs the links itself; leave --peer "
            "and --link out."
        )
    pictures = list(photos_at(photos)) if photos else list(load_photos(resource("photos")))
    loaded = content.load(value_range)
    cuts = [loaded.cut] if loaded.cut else [c for c in loaded.model.cuts if c.bytes <= LARGEST_CUT]
    names = tuple(cut.short_name for cut in cuts) or (loaded.model.default_cut.short_name,)
    choices = Choices(names, LINKS, len(pictures), rate)  # refuses too few photos
    found = rig.find()
    choices = replace(choices, links=_links(via, found))
    build = _firmware(loaded, found)
    return Setup(found, build, loaded.model, pictures, say_who, choices.links), choices


def _links(named: str | None, rig: "Rig") -> tuple[str, ...]:
    """Return those that are named, or all that the rig has; BLE of real boards must be named."""
    if named is not None:
        links = parse_links(named, "--via")
        for via in links:
            if (lack := rig.lacks_for(via)) is not None:
                raise BadInputError(f"--via names {via}, but {lack}.")
        return links
    found = [via for via in LINKS if rig.lacks_for(via) is None]
    return tuple(via for via in found if via != "ble" or rig.board.virtual)


def _firmware(content: Content, rig: "Rig") -> "FirmwareBuild | None":
    """Return what is named, else for virtual boards the test build, in which faults can be made."""
    from hil.firmware.build import default_firmware

    if content.build is not None or not (rig.board.virtual or "://" in rig.board.port):
        return content.build
    build = default_firmware()
    return build.test_build or build


def _whose(result: "Result") -> str:
    kind = "virtual board (simulated)" if result.simulated else "board"
    return f"{kind} {result.mac}, firmware {result.firmware}"


def _again(
    photos: tuple[Path, ...], options: dict[str, Any], rig: ChosenRig, content: ChosenContent
) -> str:
    """Return the command line of the same soak, but for how long and which steps."""
    options |= {"--board": rig.board, "--gateway": rig.gateway, "--hci": rig.hci}
    options |= {"--model": content.model, "--cut": content.cut, "--firmware": content.firmware}
    given = [
        word for name, value in options.items() if value is not None for word in (name, str(value))
    ]
    return shlex.join(["hil", "soak", *map(str, photos), *given])
