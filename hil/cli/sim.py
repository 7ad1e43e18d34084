# SPDX-License-Identifier: MIT
"""``hil sim``: virtual boards, started by hand."""

import asyncio
import json
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hil.cli.shared.saying import say
from hil.host.activity import doing
from hil.host.columns import Column, lay_out
from hil.host.terminal import columns
from hil.rig.hci import HCI_VARIABLE
from hil.sim.process import require_simulation

if TYPE_CHECKING:
    from hil.sim.radio.presets import Prediction

_BOARDS = (Column("MAC"), Column("chip", rank=1), Column("URL"), Column("socket", rank=2))
_LINKS = (
    Column("link"),
    Column("frames", right=True),
    Column("bytes", right=True),
    Column("transfer", right=True),
)


@click.command()
@click.option("--boards", default=1, show_default=True, type=click.IntRange(1, 64), metavar="N")
@click.option(
    "--chip",
    default="esp32s3",
    show_default=True,
    type=click.Choice(["esp32s3", "esp32", "esp32c3"]),
    help="The others are there to see them refused.",
)
@click.option(
    "--fault",
    "faults",
    multiple=True,
    metavar="[N:]NAME[=VALUE]",
    help="What is wrong with the boards, or with the Nth, or what befalls them at a point, as in "
    "panic@invoke; docs/faults.md lists the faults.",
)
@click.option(
    "--link",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="TOML file that shapes the links: rate, delay, loss and the like; docs/lossy.toml is one.",
)
@click.option(
    "--seed",
    default=1,
    show_default=True,
    type=click.IntRange(0),
    metavar="N",
    help="Of everything random; one in the file comes first.",
)
@click.option(
    "--profile",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="What operators take on a board, from 'hil calibrate', in place of published figures.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the endpoints as one line of JSON.")
def sim(
    boards: int,
    chip: str,
    faults: tuple[str, ...],
    link: Path | None,
    seed: int,
    profile: Path | None,
    as_json: bool,
) -> None:
    """Start virtual ESP32-S3 boards and print their ports.

    They behave as boards on a serial port do: esptool, pyserial's miniterm and hil work on them.
    Their flash is erased; 'hil flash --board URL' fills it. Ctrl-C or SIGTERM ends them.
    """
    require_simulation()
    from hil.sim.clock.profile import Profile
    from hil.sim.faults.faults import parse_faults
    from hil.sim.lab import LabOptions, serve
    from hil.sim.radio.link_file import LinkFile, read_link_file
    from hil.sim.radio.presets import predictions

    parse_faults(faults, boards, chip)
    shaping = read_link_file(link) if link else None
    shaped = LinkFile.of(shaping or {}).parameters

    starting = ExitStack()

    def announce(ends: dict[str, object]) -> None:
        starting.close()
        if as_json:
            say(json.dumps(ends))
        else:
            links = _links(predictions(shaped)) if shaped else ""
            parts = (_boards(ends), links, _end(ends), _power(ends), _radio(ends))
            say("\n".join(filter(None, parts)))

    measured = Profile.load(profile).tree() if profile else None
    options = LabOptions(
        boards=boards, chip=chip, seed=seed, link=shaping, faults=faults, profile=measured
    )
    with starting:
        starting.enter_context(doing("starting virtual boards"))
        asyncio.run(serve(options, announce))


def _boards(ends: dict[str, object]) -> str:
    boards = ends["boards"]
    assert isinstance(boards, list)
    rows = [(b["mac"], b["chip"], b["url"], b["socket"]) for b in boards]
    return "\n".join(lay_out(_BOARDS, rows, columns(), heading=False).lines)


def _links(predictions: "list[Prediction]") -> str:
    from hil.sim.radio.presets import ACTIVATION_BYTES

    rows = [
        (each.via, f"{each.frames}", f"{each.wire_bytes:,}", f"{each.transfer_us / 1000:.2f} ms")
        for each in predictions
    ]
    title = f"an activation of {ACTIVATION_BYTES:,} bytes over these links, simulated:"
    return "\n".join([title, *lay_out(_LINKS, rows, columns(), indent=2).lines])


def _power(ends: dict[str, object]) -> str:
    boards = ends["boards"]
    assert isinstance(boards, list)
    return "\n".join(f"re-plug {b['mac']}: {b['power_cycle']}" for b in boards)


def _radio(ends: dict[str, object]) -> str:
    return f"BLE for other programs: {HCI_VARIABLE}={ends['hci']}" if ends.get("hci") else ""


def _end(ends: dict[str, object]) -> str:
    return f"simulated, seed {ends['seed']}; Ctrl-C ends"
