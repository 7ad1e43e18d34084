# SPDX-License-Identifier: MIT
"""``hil sim``: virtual boards, started by hand."""

import asyncio
import json
from pathlib import Path

import click

from hil.lab import HCI_VARIABLE, require_simulation


@click.command()
@click.option("--boards", default=1, show_default=True, type=click.IntRange(1, 64), metavar="N")
@click.option(
    "--chip",
    default="esp32s3",
    show_default=True,
    type=click.Choice(["esp32s3", "esp32"]),
    help="esp32 is there to see it refused.",
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
@click.option("--json", "as_json", is_flag=True, help="Print the endpoints as one line of JSON.")
def sim(boards: int, chip: str, link: Path | None, seed: int, as_json: bool) -> None:
    """Start virtual ESP32-S3 boards and print their ports.

    They behave as boards on a serial port do: esptool, pyserial's miniterm and hil work on them.
    Their flash is erased; 'hil flash --board URL' fills it. Ctrl-C or SIGTERM ends them.
    """
    require_simulation()
    from hil.sim.lab import LabOptions, serve
    from hil.sim.link_file import LinkFile, read_link_file
    from hil.sim.presets import table

    shaping = read_link_file(link) if link else None
    shaped = LinkFile.of(shaping or {}).parameters

    def announce(ends: dict[str, object]) -> None:
        if as_json:
            click.echo(json.dumps(ends))
        else:
            parts = (_boards(ends), table(shaped) if shaped else "", _end(ends), _radio(ends))
            click.echo("\n".join(filter(None, parts)))

    options = LabOptions(boards=boards, chip=chip, seed=seed, link=shaping)
    asyncio.run(serve(options, announce))


def _boards(ends: dict[str, object]) -> str:
    boards = ends["boards"]
    assert isinstance(boards, list)
    return "\n".join(f"{b['mac']}  {b['chip']}  {b['url']}  {b['socket']}" for b in boards)


def _radio(ends: dict[str, object]) -> str:
    return f"BLE for other programs: {HCI_VARIABLE}={ends['hci']}" if ends.get("hci") else ""


def _end(ends: dict[str, object]) -> str:
    return f"simulated, seed {ends['seed']}; Ctrl-C ends"
