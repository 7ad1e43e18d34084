# SPDX-License-Identifier: MIT
"""``hil boards heal``: take a board back, once the acceptance suite has passed on it."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from hil.cli.farm.sick import find_board, require_store
from hil.cli.shared.saying import say
from hil.errors import InfrastructureError, ProductFailure

if TYPE_CHECKING:
    from hil.health.limits import HealthLimits
    from hil.health.store import Store

_SUITE = "hil.suite.test_acceptance"
_FAILED = 1
_USAGE = 4
_INTERRUPTED = (2, 129, 143)
"""What pytest ends with where it was stopped."""


@click.command()
@click.argument("name")
@click.option("--via", metavar="LINKS", help="Links to try, such as tcp,udp; default: all.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("hil-heal"),
    show_default=True,
    metavar="DIR",
    help="Directory for results and logs of the acceptance suite.",
)
def heal(name: str, via: str | None, out: Path) -> None:
    """Take the board NAME back that was set aside, if the acceptance suite passes on it.

    The suite is run on it now (hil/suite/test_acceptance.py): resets, power, links that come and
    go, the console, memory. It has to pass, and to pass without what would make a session a bad
    one, such as retries. Otherwise the board stays set aside.
    """
    from hil.health.entry import Healed, now
    from hil.health.history import set_aside
    from hil.host.files.shared_file import user_name
    from hil.rig.file import RigFile
    from hil.rig.quarantine import keys

    store = require_store()
    limits = RigFile.find([Path.cwd()]).health
    board = find_board(name)
    aside = [key for key in keys(store, board) if set_aside(store.read(key))]
    if not aside:
        say(f"{board.title} is not set aside.")
        return
    with tempfile.TemporaryDirectory(prefix="hil-heal-") as scratch:
        status = _run(name, via, out, {**os.environ, "HIL_STATE_DIR": scratch})
        found = _faults(_scratch(scratch), limits)
    _require_passed(board.title, status, out)
    if found:
        raise ProductFailure(
            f"{board.title} stays set aside: the acceptance suite has passed, but not without "
            f"{'; '.join(found)}; its results are in {out}."
        )
    for key in aside:
        store.add(key, Healed(now(), user_name(os.getuid())))
    say(f"{board.title} is taken back.")


def _run(name: str, via: str | None, out: Path, environment: Mapping[str, str]) -> int:
    """Run the acceptance suite in a process of its own; return its exit status.

    What it says of the board's health goes into a store of its own, in which nothing is known of
    the board: so it is given to it.
    """
    command = [
        *(sys.executable, "-P", "-m", "pytest", "--pyargs", _SUITE, "-m", "hil"),
        *("-p", "no:cacheprovider", f"--rootdir={Path.cwd()}"),
        *("-o", "addopts=--strict-markers --import-mode=importlib"),
        *(f"--hil-board={name}", f"--hil-log-dir={out.absolute()}"),
        *([f"--hil-via={via}"] if via else []),
    ]
    env = {key: value for key, value in environment.items() if key != "PYTEST_ADDOPTS"}
    with subprocess.Popen(command, env=env) as process:
        try:
            return process.wait()
        except KeyboardInterrupt:
            process.terminate()  # it ends in order, with the board given back
            process.wait()
            raise


def _scratch(directory: str) -> "Store":
    from hil.health.store import Store

    return Store(Path(directory))


def _faults(store: "Store", limits: "HealthLimits") -> list[str]:
    """Return what would make the session in a store a bad one."""
    from hil.health.assessment import too_much

    sessions = [last for key in store.boards() if (last := store.last_session(key)) is not None]
    return [fault for _, session in sessions for fault in too_much(session.signs, limits)]


def _require_passed(title: str, status: int, out: Path) -> None:
    """Raise why a board stays set aside where the acceptance suite has not passed.

    Raises:
        ProductFailure: a test has failed.
        InfrastructureError: it did not come to its end, or nothing was tested.
        Exit: it was stopped, or given what it cannot use, and has said so itself.
    """
    if status in _INTERRUPTED:
        raise KeyboardInterrupt
    if status == _USAGE:
        click.get_current_context().exit(2)
    told = f"{title} stays set aside: the acceptance suite"
    results = f"its results are in {out}."
    if status == _FAILED:
        raise ProductFailure(f"{told} has failed on it; {results}")
    if status:
        raise InfrastructureError(f"{told} did not come to its end (exit code {status}); {results}")
    from hil.results.reading import read_document

    tests = read_document(out / "results.json")["tests"]
    if not any(each["outcome"] == "passed" for each in tests):
        raise InfrastructureError(f"{told} has tested nothing; {results}")
