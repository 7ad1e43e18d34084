# SPDX-License-Identifier: MIT
"""``hil flash``: bring a board up to date."""

import json
from dataclasses import asdict

import click

from hil.cli.shared.chosen import ChosenContent, find_board, say_who
from hil.cli.shared.options import (
    board_option,
    content_options,
    json_option,
    role_option,
    wait_option,
)
from hil.cli.shared.saying import say, say_folded


@click.command()
@board_option
@wait_option
@content_options
@role_option
@json_option
def flash(
    board: str | None,
    wait: float,
    content: ChosenContent,
    role: str,
    as_json: bool,
) -> None:
    """Write firmware and model to a board, as far as they differ from what it holds.

    What differs is found by MD5 on the board. Then the board is started, and checked to run what
    was written. The board's own state (nvs, and otadata where it agrees) is kept. What the rig
    spoils is tried once more, and again after a power cycle if hil.toml has a command for that;
    the reasons are shown. Firmware that does not speak hil's console is written without a model.
    """
    from hil.board.board import Board

    spec = find_board(board, wait)
    loaded = content.load()
    plain = loaded.build if loaded.build is not None and loaded.build.plain else None
    with Board.open(spec, on_wait=say_who) as opened:
        model = None if plain else loaded.model
        report = opened.flash(loaded.build, model, loaded.cut, role)
        info = None if plain else opened.info
    if as_json:
        say(json.dumps({"flash": asdict(report), "info": asdict(info) if info else None}))
        return
    for note in report.notes:
        say_folded(note, "note: ")
    for region in report.written:
        say(f"wrote {region.role} at 0x{region.offset:x}, {region.size} bytes")
    for region in report.skipped:
        say(f"kept  {region.role} at 0x{region.offset:x}, {region.size} bytes")
    kind = "virtual board" if report.virtual else "board"
    if info is None:
        assert plain is not None
        say_folded(
            f"{kind} {report.mac} runs {plain.app.project} {plain.app.version}, which does not "
            f"speak hil's console, after {report.seconds:.1f} s"
        )
        return
    say_folded(
        f"{kind} {info.mac} runs firmware {info.firmware} with the {info.role} of {info.name} "
        f"{f'cut after {info.cut}, ' if info.cut else ''}"
        f"{info.arena_used} of {info.arena} bytes of arena, after {report.seconds:.1f} s"
    )
