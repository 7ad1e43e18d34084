# SPDX-License-Identifier: MIT
"""Options that several commands share, and what their defaults are."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from hil.firmware import FirmwareBuild
    from hil.model.model import Model
    from hil.model.split import Cut
    from hil.rig import BoardSpec

Command = Callable[..., Any]

board_option = click.option(
    "--board",
    metavar="BOARD",
    help="virtual, usb (the only one attached), a device or a URL; "
    "default: HIL_BOARD, then hil.toml, then virtual.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")


def model_options(command: Command) -> Command:
    """Add what says which firmware and which part of which model."""
    for option in reversed(
        (
            click.option(
                "--model",
                type=click.Path(path_type=Path),
                help="Model directory or .tflite file; default: the one that comes with hil.",
            ),
            click.option("--cut", help="Tensor, layer or operator to cut after; see 'hil split'."),
            click.option(
                "--firmware",
                type=click.Path(path_type=Path),
                help="Build directory of the firmware; default: the virtual board's.",
            ),
        )
    ):
        command = option(command)
    return command


def find_board(named: str | None) -> "BoardSpec":
    """Return the board that is meant, mentioning on standard error those that are left alone."""
    from hil.ports import discover_ports
    from hil.rig import Rig

    spec = Rig.find(named, directories=[Path.cwd()]).board
    if spec.virtual and named is None:
        for port in discover_ports():
            click.echo(
                f"hil: {port.device} ({port.description}) is left alone; "
                f"use it with --board {port.device}",
                err=True,
            )
    return spec


def load_model(path: Path | None) -> "Model":
    """Load a model; without a path the one that comes with hil."""
    from hil.errors import InfrastructureError
    from hil.model.model import Model
    from hil.resources import resource

    if path is None:
        try:
            path = resource("models/dogs19")
        except InfrastructureError:  # a wheel has only the small one
            path = resource("models/tiny")
    return Model.load(path)


def choose_cut(model: "Model", named: str | None) -> "Cut | None":
    """Return the cut that is named, before anything is done with a board; None: the default."""
    from hil.model.split import find_cut

    return None if named is None else find_cut(model.cuts, named)


def load_firmware(path: Path | None) -> "FirmwareBuild | None":
    """Load a firmware build; ``None`` stands for the default."""
    from hil.firmware import FirmwareBuild

    return None if path is None else FirmwareBuild.load(path)
