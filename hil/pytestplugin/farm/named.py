# SPDX-License-Identifier: MIT
"""Which boards a process is to test: as the command line says, or as it is lent them."""

import json
import os
from collections.abc import Callable
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from hil.errors import BadInputError
from hil.pytestplugin.farm.words import LOT

if TYPE_CHECKING:
    from hil.rig.providers.interface import Lender
    from hil.rig.several.lending import Loan

BOARD, PER_WORKER = "hil_board", "hil_boards_per_worker"

LENDER: pytest.StashKey["Callable[[str], Lender]"] = pytest.StashKey()
"""In a worker: returns whom to ask about the board at a port that it is lent."""

_OPTION = "--hil-board"
_VARIABLE = "HIL_BOARD"
_MOST = 2


def named_boards(config: pytest.Config) -> list[str]:
    """Return what --hil-board names, or else ``HIL_BOARD``, or else the ini file.

    What the command line itself says counts before ``addopts``.
    """
    given: list[str] = config.getoption(BOARD) or []
    arguments = [str(each) for each in config.invocation_params.args]
    own = [
        value if word == _OPTION else value.removeprefix(f"{_OPTION}=")
        for word, value in pairwise(["", *arguments])
        if word == _OPTION or value.startswith(f"{_OPTION}=")
    ]
    found = own or given
    if found:
        return found
    one: str | None = os.environ.get(_VARIABLE) or config.getini(BOARD)
    return [one] if one else []


def named_board(config: pytest.Config) -> str | None:
    """Return the board that this process is to test, if one is named.

    Raises:
        BadInputError: several are, and there are no workers to test them.
    """
    names = named_boards(config)
    distributes = config.getoption("dist", "no") != "no" or hasattr(config, "workerinput")
    if len(names) > 1 and not distributes:
        raise BadInputError(
            f"{_OPTION} names {len(names)} boards ({', '.join(names)}), and a session without "
            f"workers tests one; say -n {len(names)}, or name one."
        )
    return names[0] if names else None


def boards_per_worker(config: pytest.Config) -> int | None:
    """Return --hil-boards-per-worker; None where nobody has said so.

    Raises:
        BadInputError: it is neither 1 nor 2.
    """
    text = config.getoption(PER_WORKER) or config.getini(PER_WORKER)
    if not text:
        return None
    if text not in map(str, range(1, _MOST + 1)):
        raise BadInputError(
            f"--hil-boards-per-worker is {text!r}; give 1, or 2 for tests that need a peer."
        )
    return int(text)


def loan_of(config: pytest.Config) -> "Loan | None":
    """Return the boards that this worker is lent; None where it takes its own."""
    lot = getattr(config, "workerinput", {}).get(LOT)
    if lot is None:
        return None
    from hil.rig.several.lending import Loan

    return Loan(json.loads(lot), config.stash[LENDER])


def virtual_peer(config: pytest.Config) -> str | None:
    """Return what the peer is of a worker that is to have two boards and starts them itself."""
    own = LOT not in getattr(config, "workerinput", {LOT: None})
    return "virtual" if own and boards_per_worker(config) == _MOST else None
