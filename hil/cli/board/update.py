# SPDX-License-Identifier: MIT
"""``hil update``: bring a board up to date through its console."""

import json
from dataclasses import asdict
from pathlib import Path

import click

from hil.cli.shared.chosen import choose_cut, find_board, load_firmware, load_model, say_who
from hil.cli.shared.options import board_option, json_option, role_option, wait_option
from hil.cli.shared.saying import say, say_folded
from hil.errors import BadInputError


@click.command()
@board_option
@wait_option
@click.option(
    "--firmware",
    type=click.Path(path_type=Path),
    help="Build directory of the firmware that the board shall run.",
)
@click.option(
    "--model",
    type=click.Path(path_type=Path),
    help="Model directory or .tflite file that the board shall run a part of.",
)
@click.option("--cut", help="Tensor, layer or operator to cut after; see 'hil split'.")
@role_option
@json_option
def update(
    board: str | None,
    wait: float,
    firmware: Path | None,
    model: Path | None,
    cut: str | None,
    role: str,
    as_json: bool,
) -> None:
    """Have a board's own firmware write a new application, a new model, or both.

    For boards that esptool cannot reach, behind a port without reset lines. The new ones go into
    the slots that are not in use and run on trial after a reboot; they are kept if they work. If
    not, the board goes back by itself to what it ran before. 'hil flash' is faster where it works.
    """
    from hil.device.device import Device
    from hil.device.update import update as update_board
    from hil.inference.part import ModelPart

    if firmware is None and model is None:
        raise BadInputError("Name what the board shall run: --firmware, --model, or both.")
    spec = find_board(board, wait)
    if spec.virtual:
        raise BadInputError(
            "A virtual board that hil starts has an empty flash, and no firmware that could "
            "update it; name one of a running 'hil sim' by its URL (--board), or use 'hil flash'."
        )
    build = load_firmware(firmware)
    part = None
    if model is not None:
        loaded = load_model(model)
        part = ModelPart.of(loaded, choose_cut(loaded, cut), role)
    with Device.open(spec, on_wait=say_who) as device:
        report = update_board(device, build, part)
    if as_json:
        say(json.dumps(asdict(report)))
        return
    for what, size in report.written.items():
        say(f"wrote {what}, {size} bytes")
    info = report.after
    holds = (
        f"the {info.role} of {info.name}{f' cut after {info.cut}' if info.cut else ''}"
        if info.slot == "ok"
        else "no model that it can open"
    )
    say_folded(
        f"{'virtual board' if info.simulated else 'board'} {info.mac} runs firmware "
        f"{info.firmware} from {info.app or 'its only partition'} with {holds}"
        f"{f' from {info.model_slot}' if info.model_slot else ''}, after {report.seconds:.1f} s"
    )
