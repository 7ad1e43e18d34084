# SPDX-License-Identifier: MIT
"""``hil firmware``: build the firmware image."""

from pathlib import Path

import click

from hil import firmware_build


@click.group()
def firmware() -> None:
    """Build firmware."""


@firmware.command()
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    default=Path("firmware/virtual/build"),
    show_default=True,
    help="Directory that then looks like an ESP-IDF build directory.",
)
@click.option("--test", is_flag=True, help="A test build, with the verbs crash and hang.")
def build(out: Path, test: bool) -> None:
    """Build the virtual board's image from the sources of this checkout, reproducibly."""
    firmware_build.build(out, test=test)
    digest = firmware_build.source_digest(test=test)
    click.echo(f"{out}: firmware {firmware_build.version()}, sources {digest[:16]}")
