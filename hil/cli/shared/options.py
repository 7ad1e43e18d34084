# SPDX-License-Identifier: MIT
"""Options that several commands share; those that belong together reach a command as one value."""

import functools
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import click

from hil.cli.shared.chosen import ChosenContent, ChosenInputs, ChosenRig
from hil.cli.shared.finite import Finite
from hil.links import LINKS

Command = Callable[..., Any]

board_option = click.option(
    "--board",
    metavar="BOARD",
    help="virtual, usb (the dut of hil.toml, else the only one attached), a name in hil.toml, "
    "mac:ADDRESS, serial:NUMBER, PROVIDER:NAME, a device or a URL; default: HIL_BOARD, then "
    "hil.toml, then virtual.",
)
wait_option = click.option(
    "--wait",
    type=Finite(0),
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


_RIG = (
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
    click.option(
        "--auth",
        type=click.Choice(["on", "off"]),
        default="on",
        show_default=True,
        help="Whether links are authenticated, by a new key for each that is opened; off: anybody "
        "on the network may take part.",
    ),
    wait_option,
)

_CONTENT = (
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

range_option = click.option(
    "--range",
    "value_range",
    metavar="LOW,HIGH",
    help="Values that black and white stand for in photos, as in --range=-1,1; default: what the "
    "manifest, the model's metadata or the input's quantization says.",
)

_INPUTS = (
    click.option(
        "--input",
        "inputs",
        multiple=True,
        type=click.Path(path_type=Path),
        help="Input that is no photo: a .npy, .npz, .bin or .wav file, or a directory of them; may "
        "be given more than once.",
    ),
    range_option,
)


def rig_options(command: Command) -> Command:
    """Add what says which boards to use, and how the links of virtual ones behave: ``rig``."""
    return bundled(command, "rig", ChosenRig, _RIG)


def content_options(command: Command) -> Command:
    """Add what says which firmware and which part of which model: ``content``."""
    return bundled(command, "content", ChosenContent, _CONTENT)


def input_options(command: Command) -> Command:
    """Add what says which inputs that are no photos to use, and how to read photos: ``given``."""
    return bundled(command, "given", ChosenInputs, _INPUTS)


def bundled(
    command: Command, name: str, kind: type[Any], options: tuple[Callable[[Command], Command], ...]
) -> Command:
    """Give a command the values of some options as one argument."""

    @functools.wraps(command)
    def bundling(**values: Any) -> Any:
        own = {field.name: values.pop(field.name) for field in fields(kind)}
        return command(**values, **{name: kind(**own)})

    decorated: Command = bundling
    for option in reversed(options):
        decorated = option(decorated)
    return decorated
