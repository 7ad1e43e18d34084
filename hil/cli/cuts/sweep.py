# SPDX-License-Identifier: MIT
"""What ``hil split --sweep`` and ``--devices`` do."""

import json
from typing import TYPE_CHECKING

from hil.cli.cuts.options import Asked
from hil.cli.shared.chosen import ChosenRig
from hil.cli.shared.saying import say, say_folded
from hil.computer import require_boards
from hil.errors import BadInputError
from hil.host.activity import doing
from hil.host.terminal import columns
from hil.model.model import Model
from hil.model.split import find_cut
from hil.planning.predict import Tail, predict, require_cuts

if TYPE_CHECKING:
    from hil.planning.sweep import Sweep
    from hil.rig.rig import Rig
    from hil.sim.clock.profile import Profile
    from hil.sim.radio.link import LinkParameters


def run_sweep(model: Model, asked: Asked, rig: ChosenRig, *, as_json: bool) -> None:
    """Show what every cut costs; raises HilError."""
    require_cuts(model)
    found = _found(model, asked, rig)
    if asked.page is not None:
        from hil.cli.cuts.page import write_page

        write_page(found, asked.page)
        say(f"{asked.page} holds the page", err=True)
    if as_json:
        from hil.cli.cuts.tree import sweep_tree

        say(json.dumps(sweep_tree(found)))
    else:
        from hil.cli.cuts.table import sweep_lines

        say("\n".join(sweep_lines(found, columns())))


def _found(model: Model, asked: Asked, rig: ChosenRig) -> "Sweep":
    baseline = None if asked.against is None else find_cut(model.cuts, asked.against)
    links = asked.links
    if rig.board is not None:
        require_boards()
        from hil.cli.cuts.measure import measure

        if asked.tail_here:
            raise BadInputError("With --board the board tells the tail's time; drop --tail-here.")
        if rig.peer is not None:
            raise BadInputError("With --board the tail is on this host; drop --peer.")
        if asked.profile is not None:
            raise BadInputError("With --board the board's own times count; drop --profile.")
        boards = rig.find()
        if asked.via == "all":
            links = tuple(via for via in links if _has(boards, via))
        with doing("looking at every cut", len(model.cuts)) as step:
            return measure(boards, model, links, baseline, asked.rounds, step.advance)
    with doing("looking at every cut", len(model.cuts)) as step:
        return predict(
            model,
            links,
            baseline=baseline,
            shaping=_shaping(rig),
            tail=_tail(asked, rig),
            profile=_profile(asked),
            done=step.advance,
        )


def _has(rig: "Rig", via: str) -> bool:
    """Tell whether a rig has what a link needs; say what it lacks if not."""
    lack = rig.lacks_for(via)
    if lack is not None:
        say(f"hil: {via} is left out: {lack}", err=True)
    return lack is None


def run_chain(model: Model, asked: Asked, rig: ChosenRig, *, as_json: bool) -> None:
    """Show the best chain over each link, and what other ways find; raises HilError."""
    from hil.cli.cuts.table import chain_lines
    from hil.cli.cuts.tree import chain_tree
    from hil.planning.chain import Objective, best_chain
    from hil.planning.limits import Limits
    from hil.planning.rivals import RIVALS
    from hil.planning.stages import StageCosts

    assert asked.devices is not None
    if rig.board is not None:
        raise BadInputError("--devices is worked out without a board; drop --board.")
    require_cuts(model)
    shaping, objective = _shaping(rig), Objective.PIPELINE if asked.pipeline else Objective.LATENCY
    profile = _profile(asked)
    with doing("looking at every cut", len(model.cuts)) as step:
        sweep = predict(
            model,
            asked.links,
            shaping=shaping,
            tail=_tail(asked, rig),
            profile=profile,
            done=step.advance,
        )
    trees, lines = [], []
    for via in asked.links:
        costs = StageCosts(model, sweep, via, Limits(), shaping, profile)
        best = best_chain(costs, asked.devices, objective, costs.confirm)
        chains = {"optimal": best}
        chains |= {name: way(costs, asked.devices, objective) for name, way in RIVALS.items()}
        trees.append(chain_tree(sweep, costs, via, objective, chains))
        lines += [via, *chain_lines(sweep, costs, objective, chains, columns()), ""]
    if as_json:
        say(
            json.dumps(
                {
                    "schema": "hil-chain-1",
                    "model": model.name,
                    "simulated": True,
                    "tail": sweep.tail,
                    "links": trees,
                }
            )
        )
        return
    say("\n".join(lines))
    say_folded(f"all times predicted, simulated; tail: {sweep.tail}", rest="  ")


def _tail(asked: Asked, rig: ChosenRig) -> Tail:
    """Return who is to run the tail; raises BadInputError."""
    if rig.peer is not None and (asked.tail_here or asked.devices is not None):
        raise BadInputError("With --peer the second board runs the tail; drop --peer.")
    if rig.peer is not None:
        return Tail.PEER
    return Tail.HERE if asked.tail_here else Tail.STATED


def _profile(asked: Asked) -> "Profile | None":
    """Return the profile that is named; raises BadInputError."""
    from hil.sim.clock.profile import Profile

    return None if asked.profile is None else Profile.load(asked.profile)


def _shaping(rig: ChosenRig) -> "dict[str, LinkParameters]":
    """Return the parameters of the links that a file shapes; raises BadInputError."""
    from hil.sim.radio.link_file import LinkFile, read_link_file

    return LinkFile.of(read_link_file(rig.link)).parameters if rig.link else {}
