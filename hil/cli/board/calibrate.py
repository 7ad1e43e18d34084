# SPDX-License-Identifier: MIT
"""``hil calibrate``: what each operator takes on one board."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hil.cli.shared.chosen import ChosenContent, find_board
from hil.cli.shared.connected import opened
from hil.cli.shared.options import board_option, content_options, json_option, wait_option
from hil.cli.shared.saying import say, say_folded
from hil.errors import BadInputError
from hil.host.columns import Column, lay_out
from hil.host.printable import printable
from hil.host.terminal import columns
from hil.shortage import shortage

if TYPE_CHECKING:
    from hil.planning.calibration import Calibration
    from hil.sim.clock.profile import Profile

_COLUMNS = (
    Column("operator", folds=True),
    Column("count", right=True, rank=1),
    Column("measured", right=True),
    Column("predicted", right=True),
    Column("ratio", right=True),
)


@click.command()
@board_option
@wait_option
@content_options
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File for the board's profile; default: profile-MAC.json here.",
)
@click.option(
    "--rounds",
    type=click.IntRange(1),
    default=5,
    show_default=True,
    help="Runs of the model; of each operator the median counts.",
)
@click.option(
    "--profile",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Earlier profile of the same board to compare with, in place of published figures.",
)
@click.option(
    "--html",
    "page",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write a page with predicted and measured times.",
)
@json_option
def calibrate(
    board: str | None,
    wait: float,
    content: ChosenContent,
    output: Path | None,
    rounds: int,
    profile: Path | None,
    page: Path | None,
    as_json: bool,
) -> None:
    """Measure what each operator of a model takes on a board, and store it as the board's profile.

    The whole model is put on the board and run there; the firmware times each operator. 'hil split
    --sweep --profile FILE' and 'hil sim --profile FILE' use the profile in place of published
    figures.
    """
    from hil.planning.calibration import calibration
    from hil.sim.clock.profile import Profile

    before = None if profile is None else Profile.load(profile)
    if content.cut is not None:
        raise click.UsageError("The whole model is measured; leave --cut out.")
    measured, found = _measure(board, wait, content, rounds, before, str(profile))
    compared = calibration(found, measured, before)
    path = output or Path(f"profile-{measured.mac.replace(':', '')}.json")
    _write(path, json.dumps(measured.tree(), indent=1) + "\n")
    if page is not None:
        from hil.report.calibration import calibration_page

        _write(page, calibration_page(compared))
    if as_json:
        say(json.dumps({"file": str(path), **measured.tree()}))
        return
    _print(compared)
    say_folded(f"{path} holds the profile")


def _measure(
    named: str | None,
    wait: float,
    content: ChosenContent,
    rounds: int,
    before: "Profile | None",
    name: str,
) -> "tuple[Profile, bytes]":
    """Return the profile, and the model that was measured."""
    from hil.board.profiling import profile_of
    from hil.model.prove import random_inputs
    from hil.rig.rig import Rig

    loaded = content.load()
    spec = find_board(named, wait)
    with opened(Rig(spec)) as boards:
        board = boards.board
        board.flash(loaded.build, loaded.model, None, "full")
        if before is not None:
            before.require_board(board.info.mac, name)
        (x,) = random_inputs(loaded.model.inputs, 1)
        return profile_of(board, x, rounds), loaded.model.int8


def _print(compared: "Calibration") -> None:
    """Print a table by kind of operator, and what it adds up to."""
    profile = compared.profile
    word = ", simulated" if profile.simulated else ""
    say_folded(f"{profile.model} on the board {profile.mac}{word}, {profile.kernels} kernels")
    rows = [
        (
            printable(each.kind),
            str(each.count),
            f"{each.measured_us / 1000:,.2f} ms",
            f"{each.predicted_us / 1000:,.2f} ms",
            f"{each.ratio:.2f}",
        )
        for each in (*compared.kinds, compared.total)
    ]
    say("\n".join(lay_out(_COLUMNS, rows, columns()).lines))
    say_folded(f"predicted {compared.source}")


def _write(path: Path, text: str) -> None:
    from hil.host.files.reading import encode
    from hil.host.files.whole_file import write_whole

    try:
        write_whole(encode(text), path)
    except OSError as error:
        if (told := shortage(error)) is not None:
            raise told from error
        raise BadInputError(
            f"{path} cannot be written ({error.strerror}); name another file."
        ) from error
