# SPDX-License-Identifier: MIT
"""``hil boards``: what there is to choose from."""

import json
from dataclasses import asdict

import click

from hil.cli.options import json_option


@click.command()
@json_option
def boards(as_json: bool) -> None:
    """List the serial ports that an ESP32-S3 may be behind, and the virtual board.

    Nothing is opened, so nothing is reset: whether a bridge has an ESP32-S3 behind it only
    flashing finds out.
    """
    from hil.ports import discover_ports

    ports = discover_ports()
    if as_json:
        click.echo(json.dumps([asdict(port) for port in ports]))
        return
    for port in ports:
        click.echo(f"{port.device:<20} {port.description}")
    click.echo(f"{'virtual':<20} a simulated ESP32-S3, always there")
