# SPDX-License-Identifier: MIT
"""Measure what a key adds to an inference between two virtual boards (simulated).

Prints JSON: for each link, of the second inference of a connection, with a key less without: its
time but for the model's (us), and bytes. What a hash takes is hil/sim/clock/cost.py's.

    python benchmarks/authentication_cost.py [MODEL_DIRECTORY]
"""

import json
import sys

import numpy as np

from hil.board.board import Board
from hil.links import LINKS
from hil.model.array import Array
from hil.model.model import Model
from hil.resources import resource
from hil.sim.process import Lab

KEY = bytes(range(16)).hex()


def measure(head: Board, tail: Board, via: str, x: Array, key: str | None) -> tuple[int, int]:
    """Return what one inference takes: us without the model, and bytes."""
    said = {} if key is None else {"value": key}
    for board in (head, tail):
        board.console.request("key", **said)
    head.connect(tail, via)
    head.infer(x)
    inference = head.infer(x)
    stages = inference.stages
    assert inference.wire is not None
    return stages.total_us - stages.invoke_us - stages.edge_invoke_us, inference.wire.bytes


def main() -> int:
    """Flash two boards and compare."""
    model = Model.load(sys.argv[1] if len(sys.argv) > 1 else resource("models/tiny"))
    x = np.random.default_rng(1).integers(0, 256, model.input.shape).astype(model.input.dtype)
    added = {}
    with (
        Lab.start(boards=2) as lab,
        Board.open(lab=lab) as head,
        Board.open(lab=lab, index=1) as tail,
    ):
        head.flash(None, model)
        tail.flash(None, model, role="tail")
        for via in LINKS:
            plain, keyed = (measure(head, tail, via, x, key) for key in (None, KEY))
            added[via] = {"us": keyed[0] - plain[0], "bytes": keyed[1] - plain[1]}
    json.dump(added, sys.stdout, indent=2)
    print()
    return 0


if __name__ == "__main__":
    sys.exit(main())
