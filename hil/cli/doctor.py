# SPDX-License-Identifier: MIT
"""``hil doctor``: would a run start?"""

import json
from dataclasses import asdict
from pathlib import Path

import click

from hil.cli.shared.chosen import ChosenRig
from hil.cli.shared.options import json_option, rig_options
from hil.cli.shared.saying import say, say_folded
from hil.host.activity import doing
from hil.links import LINKS, parse_links


@click.command()
@rig_options
@click.option(
    "--firmware", type=click.Path(path_type=Path), help="The build that the run would write."
)
@click.option("--via", metavar="LINKS", help="Links that the run would test; default: all.")
@click.option("--probe", is_flag=True, help="Ask the chips themselves, which resets them.")
@json_option
def doctor(
    rig: ChosenRig, firmware: Path | None, via: str | None, probe: bool, as_json: bool
) -> None:
    """Check what a run on this rig needs, and say how to mend what is missing.

    No board is reset unless --probe is given. The exit code is 0 only if a run would start, else
    the one with which it would end.
    """
    from hil.doctor import State, examine

    links = parse_links(via, "--via") if via else LINKS
    findings = []
    with doing("examining this computer and the rig"):
        for finding in examine(rig.find, firmware=firmware, via=links, probe=probe):
            findings.append(finding)
            if not as_json:
                say_folded(finding.text, f"{finding.state:<5} {finding.check:<18} ")
    code = max((finding.exit_code for finding in findings), default=0)
    failed = sum(finding.state is State.FAIL for finding in findings)
    if as_json:
        report = {"would_start": not failed, "findings": [asdict(each) for each in findings]}
        say(json.dumps(report))
    else:
        say(
            f"\nA run would not start: mend what is marked FAIL ({failed})."
            if failed
            else "\nA run would start."
        )
    click.get_current_context().exit(code)
