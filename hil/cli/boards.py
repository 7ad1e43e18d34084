# SPDX-License-Identifier: MIT
"""``hil boards``: what there is to choose from."""

import itertools
import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from hil.cli.farm.heal import heal
from hil.cli.farm.quarantine import quarantine
from hil.cli.farm.release import release
from hil.cli.farm.sick import ListedHealth, lines
from hil.cli.shared.chosen import say_who
from hil.cli.shared.options import json_option, wait_option
from hil.cli.shared.saying import say, say_folded
from hil.errors import BadInputError
from hil.host.activity import doing

if TYPE_CHECKING:
    from hil.rig.listing import ListedBoard

_COLUMN = 20


@click.group(invoke_without_command=True)
@click.option("--probe", is_flag=True, help="Ask the chips what they are, which resets them.")
@click.option(
    "--labgrid",
    is_flag=True,
    help="List the places of the labgrid coordinator that hil.toml or LG_COORDINATOR names.",
)
@wait_option
@json_option
@click.pass_context
def boards(context: click.Context, probe: bool, labgrid: bool, wait: float, as_json: bool) -> None:
    """List the ports that an ESP32-S3 may be behind, the boards of hil.toml, and the virtual one.

    Those that providers of other packages offer are listed as well.

    Without --probe nothing is opened, so nothing is reset: whether a bridge has an ESP32-S3 behind
    it is then not known. A board that another run holds is asked only if it becomes free within
    --wait.
    """
    from hil.rig.file import RigFile
    from hil.rig.listing import list_boards, list_places

    if context.invoked_subcommand is not None:
        _refuse_own_options(context)
        return
    if labgrid and probe:
        raise BadInputError("Places of labgrid cannot be probed: leave out --probe or --labgrid.")
    listed = []
    file = RigFile.find([Path.cwd()])
    health = ListedHealth(file)
    found = (
        list_places(file)
        if labgrid
        else list_boards(file, probe=probe, wait_s=wait, on_wait=say_who)
    )
    others = () if labgrid else health.others()
    with doing("looking for boards"):
        for board, told in itertools.chain(((b, health.of(b)) for b in found), others):
            if as_json:
                listed.append({**_as_json(board), "health": told})
            else:
                _print(board.port or "-", [*_lines(board), *lines(told)])
    if as_json:
        say(json.dumps(listed))
    elif not labgrid:
        _print("virtual", ["a simulated ESP32-S3, always there"])


for command in (heal, quarantine, release):
    boards.add_command(command)


def _refuse_own_options(context: click.Context) -> None:
    """Raise UsageError where an option of the list stands before a command that has its own."""
    for parameter in context.command.params:
        if context.get_parameter_source(parameter.name or "") is ParameterSource.COMMANDLINE:
            context.fail(
                f"{parameter.opts[0]} before {context.invoked_subcommand!r} says nothing to it; "
                "write its options behind it."
            )


def _print(name: str, lines: list[str]) -> None:
    if len(name) > _COLUMN:  # a long URL has its line to itself
        say(name)
        name = ""
    for first, line in zip([name, *[""] * len(lines)], lines, strict=False):
        say_folded(line, f"{first:<{_COLUMN}} ")


def _lines(board: "ListedBoard") -> list[str]:
    lines = []
    if board.entry is not None:
        roles = ", ".join(board.entry.roles)
        lines.append(f"{board.entry.name} {f'({roles})' if roles else ''}".strip())
    if (usb := board.usb) is not None:
        number = f", serial number {usb.serial_number}" if usb.serial_number else ""
        lines.append(f"{usb.description}, {usb.vid:04x}:{usb.pid:04x}{number}")
        if usb.by_id is not None:
            lines.append(usb.by_id)
    elif board.tags:
        lines.append(", ".join(f"{key}={value}" for key, value in sorted(board.tags.items())))
    elif board.provider is not None:
        lines.append("offered by {} of {}".format(*board.provider))
    elif board.port is not None:
        lines.append("in the network")
    if board.chip is not None:
        lines.append(str(board.chip))
    if board.holder is not None:
        lines.append(f"held by {board.holder}")
    if board.taken_by:
        lines.append(f"held by {board.taken_by}")
    elif board.tags and board.problem is None:
        lines.append("free")
    if board.problem is not None:
        lines.append(board.problem)
    return [line for line in lines if line]


def _as_json(board: "ListedBoard") -> dict[str, Any]:
    usb = asdict(board.usb) if board.usb else {}
    usb.pop("device", None)
    entry = board.entry
    return {
        "port": board.port,
        **usb,
        "mac": board.mac,
        "name": (entry.name or None) if entry else None,
        "roles": list(entry.roles) if entry else [],
        "holder": asdict(board.holder) if board.holder else None,
        "chip": asdict(board.chip) if board.chip else None,
        "problem": board.problem,
        "provider": board.provider[0] if board.provider else None,
        "taken_by": board.taken_by or None,
        "tags": dict(board.tags),
    }
