# SPDX-License-Identifier: MIT
"""``hil boards quarantine``: set a board aside by hand."""

import os

import click

from hil.cli.farm.sick import find_board, require_store
from hil.cli.shared.saying import say
from hil.errors import BadInputError
from hil.host.shortened import shortened


@click.command()
@click.argument("name")
@click.option("--why", required=True, metavar="TEXT", help="What is wrong with it.")
def quarantine(name: str, why: str) -> None:
    """Set the board NAME aside: nobody is given it until 'hil boards heal' has taken it back.

    It is named as by --board, and need not be attached.
    """
    from hil.health.entry import LONGEST, Quarantined, now
    from hil.host.files.shared_file import user_name
    from hil.rig.quarantine import keys

    told = " ".join(why.split())
    if not told:
        raise BadInputError("--why is empty; say what is wrong with the board.")
    store = require_store()
    board = find_board(name)
    by = user_name(os.getuid())
    entry = Quarantined(now(), shortened(told, LONGEST), by, board.named)
    store.add(keys(store, board)[0], entry)
    say(f"{board.title} is set aside; 'hil boards heal {board.named}' takes it back.")
