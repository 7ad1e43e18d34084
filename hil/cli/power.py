# SPDX-License-Identifier: MIT
"""``hil power``: take the boards' power away and give it back."""

import click

from hil.cli.shared.chosen import ChosenRig, say_who
from hil.cli.shared.options import rig_options
from hil.cli.shared.saying import say
from hil.errors import BadInputError, HilError


@click.command()
@rig_options
@click.option(
    "--if-configured", is_flag=True, help="Leave out boards without a command, also if all are."
)
def power(rig: ChosenRig, if_configured: bool) -> None:
    """Power-cycle the rig's boards by the commands that hil.toml names (power_cycle).

    A board that somebody uses is waited for, as --wait says.
    """
    from hil.rig.power import power_cycle
    from hil.rig.providers.having import had, is_extension

    found = rig.find(needs_wifi=False, absent_ok=True)
    specs = [spec for spec, _ in found.specs()]
    commanded = [spec for spec in specs if spec.power_cycle or is_extension(spec.port)]
    if not commanded and not if_configured:
        raise BadInputError(
            "No board of this rig has a power_cycle command; add one to its [[boards]] in hil.toml."
        )
    errors = []
    for spec in commanded:
        try:
            with had(spec, say_who) as board:
                if board.power_cycle is None and if_configured:
                    continue  # its provider has no switch for it either
                power_cycle(board, say)
        except HilError as error:  # the other boards are to be had all the same
            errors.append(error)
        else:
            say(f"power-cycled {spec.name or spec.port}")
    if errors:
        for other in errors[1:]:
            errors[0].add_note(f"hil: {other}")
        raise errors[0]
