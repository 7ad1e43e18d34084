# SPDX-License-Identifier: MIT
"""``hil test``: the shipped suite on the board in use."""

import os
import sys
from pathlib import Path

import click

SETTINGS = {"ignore_unknown_options": True, "allow_interspersed_args": False}


@click.command(
    context_settings=SETTINGS,
    epilog="Exit codes are pytest's: 0 passed, 1 failed, 4 input that cannot be used, 10 the rig "
    "failed (docs/architecture.md).",
)
@click.argument("arguments", nargs=-1, type=click.UNPROCESSED, metavar="[PYTEST ARGUMENTS]...")
def test(arguments: tuple[str, ...]) -> None:
    """Run the shipped suite on the board in use, from any directory.

    What follows goes to pytest: --hil-board, --hil-model, -k, -x and so on, which
    `pytest --help` lists. The pytest.ini and conftest.py of this directory have no say;
    its hil.toml has.
    """
    # In this process, pytest could not rewrite the assertions of what is imported already; -P: what
    # lies in this directory under the name of a module is none of them.
    command = [sys.executable, "-P", "-m", "pytest"]
    ours = ["--pyargs", "hil.suite", "-m", "hil", f"--rootdir={Path.cwd()}"]
    # A checkout's own pytest.ini lies above the suite; what it adds needs what a user may not have.
    own = ["-o", "addopts=--strict-markers --import-mode=importlib"]
    os.execv(sys.executable, [*command, *ours, *own, *arguments])
