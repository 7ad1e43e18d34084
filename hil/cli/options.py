# SPDX-License-Identifier: MIT
"""Options that several commands share, and what their defaults are."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from hil.links import LINKS

if TYPE_CHECKING:
    from hil.board_lock import Holder
    from hil.firmware import FirmwareBuild
    from hil.model.model import Model
    from hil.model.split import Cut
    from hil.rig import BoardSpec, Rig

Command = Callable[..., Any]

board_option = click.option(
    "--board",
    metavar="BOARD",
    help="virtual, usb (the dut of hil.toml, else the only one attached), a name in hil.toml, "
    "mac:ADDRESS, serial:NUMBER, a device or a URL; default: HIL_BOARD, then hil.toml, then "
    "virtual.",
)
wait_option = click.option(
    "--wait",
    type=click.FloatRange(0),
    default=0.0,
    show_default=True,
    metavar="SECONDS",
    help="How long to wait for a board that another run holds.",
)
via_option = click.option(
    "--via", type=click.Choice(LINKS), default="tcp", show_default=True, help="The link to use."
)
role_option = click.option(
    "--role",
    type=click.Choice(["head", "tail", "full"]),
    default="head",
    show_default=True,
    help="The part of the model that the board runs.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one line of JSON.")


def rig_options(command: Command) -> Command:
    """Add what says which boards to use, and how the links of virtual ones behave."""
    for option in reversed(
        (
            board_option,
            click.option(
                "--peer",
                metavar="BOARD",
                help="Second board, to run the tail: as --board, virtual beside a virtual board; "
                "default: hil.toml, then none.",
            ),
            click.option(
                "--gateway",
                metavar="BOARD",
                help="Second board, to carry ESP-NOW to this host; default: hil.toml, then the "
                "peer, then virtual beside a virtual board.",
            ),
            click.option(
                "--link",
                type=click.Path(path_type=Path),
                metavar="FILE",
                help="TOML file that shapes the links of virtual boards, as for 'hil sim'.",
            ),
            click.option(
                "--hci",
                metavar="RADIO",
                help="What reaches virtual boards over BLE: bluez (this computer's own adapter, as "
                "for real boards) or the radio of another program's lab; default: HIL_HCI, then "
                "the lab's own.",
            ),
        )
    ):
        command = option(command)
    return command


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
                help="Build directory of the firmware, or a published .zip of one; default: the "
                "virtual board's.",
            ),
        )
    ):
        command = option(command)
    return command


def find_rig(
    board: str | None,
    peer: str | None = None,
    gateway: str | None = None,
    link: Path | None = None,
    wait: float = 0.0,
    hci: str | None = None,
    *,
    needs_wifi: bool = True,
    absent_ok: bool = False,
) -> "Rig":
    """Return the boards that are meant, mentioning on standard error those that are left alone.

    Args:
        board: what the option ``--board`` says; the next five likewise.
        peer: likewise.
        gateway: likewise.
        link: likewise.
        wait: likewise, in seconds.
        hci: likewise.
        needs_wifi: see :meth:`hil.rig.Rig.find`; it also says what this raises.
        absent_ok: likewise.
    """
    from hil.rig import Rig

    rig = Rig.find(
        board,
        peer=peer,
        gateway=gateway,
        link=link,
        hci=hci,
        directories=[Path.cwd()],
        wait_s=wait,
        on_wait=say_who,
        needs_wifi=needs_wifi,
        absent_ok=absent_ok,
    )
    _mention_others(board, rig.board)
    return rig


def find_board(named: str | None, wait: float = 0.0) -> "BoardSpec":
    """Return the one board that is meant, to be flashed or looked at; see :func:`find_rig`."""
    from hil.rig import find_board

    board = find_board(named, directories=[Path.cwd()], wait_s=wait, on_wait=say_who)
    _mention_others(named, board)
    return board


def _mention_others(named: str | None, board: "BoardSpec") -> None:
    """Say which ports are left alone where a virtual board was taken without being named."""
    from hil.ports import discover_ports

    if board.virtual and named is None:
        for port in discover_ports():
            click.echo(
                f"hil: {port.device} ({port.description}) is left alone; "
                f"use it with --board {port.device}",
                err=True,
            )


def say_who(holder: "Holder") -> None:
    """Say on standard error whose board is being waited for."""
    click.echo(f"hil: waiting for the board of {holder}", err=True)


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
