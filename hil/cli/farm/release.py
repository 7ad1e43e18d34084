# SPDX-License-Identifier: MIT
"""``hil boards release``: free what dead sessions of this host have left in labgrid."""

import json
from pathlib import Path

import click

from hil.cli.shared.options import json_option
from hil.cli.shared.saying import say
from hil.host.activity import doing


@click.command()
@click.argument("places", nargs=-1, metavar="[PLACE]...")
@json_option
def release(places: tuple[str, ...], as_json: bool) -> None:
    """Free what dead sessions of this host have left in labgrid: all of it, or some places.

    A session that is killed gives nothing back, and labgrid keeps its place and its reservation.
    The next session that wants such a place frees it as well. What a living session has stays its
    own, and so does what another host, another container or another tool has: 'labgrid-client -p
    PLACE release --kick' takes that away.
    """
    from hil.labgrid.address import coordinator_address
    from hil.labgrid.leftovers import release_leftovers
    from hil.labgrid.owner import shown_owner
    from hil.rig.file import RigFile

    address = coordinator_address(RigFile.find([Path.cwd()]).coordinator)
    with doing("asking labgrid"):
        freed = release_leftovers(address, places)
    if as_json:
        say(json.dumps([{"place": place, "holder": holder} for place, holder in freed]))
        return
    for place, holder in freed:
        say(f"freed {place}, which {shown_owner(holder)} had left")
    if not freed:
        say("no dead session of this host has left a place behind")
