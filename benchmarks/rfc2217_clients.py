# SPDX-License-Identifier: MIT
"""How long esptool takes over ``rfc2217://`` to ask for a flash's id, by three clients' code.

Compares pyserial's own client, or pyserial-labgrid's where that is installed over it, with
``hil``'s over either: ``esptool flash-id`` on a virtual board, each run a process of its own, the
time to start Python and esptool taken off by that of ``esptool version``. Prints one line of JSON:

* ``pyserial``: the version that is installed, ``3.5.0.2`` for pyserial-labgrid's files,
* ``stock_s``, ``hil_s``: medians, in seconds,
* ``start_s``: what was taken off,
* ``rounds``: of each.
"""

import argparse
import json
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence

import serial

from hil.sim.process import Lab

STOCK = "import runpy; runpy.run_module('esptool', run_name='__main__')"
HIL = f"import hil.serialport; hil.serialport.install(); {STOCK}"
PATIENCE_S = 120.0


def run(code: str, arguments: Sequence[str]) -> float:
    """Run esptool; return the seconds that it took."""
    begun = time.monotonic()
    subprocess.run(
        [sys.executable, "-c", code, *arguments],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=PATIENCE_S,
    )
    return time.monotonic() - begun


def main() -> None:
    """Measure, and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3)
    rounds = parser.parse_args().rounds
    taken: dict[str, list[float]] = {"start_s": [], "stock_s": [], "hil_s": []}
    with Lab.start() as lab:
        asked = ["--port", lab.boards[0].url, "flash-id"]
        for _ in range(rounds):  # by turns, so that a busy moment is everybody's
            taken["start_s"].append(run(HIL, ["version"]))
            taken["stock_s"].append(run(STOCK, asked))
            taken["hil_s"].append(run(HIL, asked))
    figures = {name: statistics.median(each) for name, each in taken.items()}
    start = figures["start_s"]
    figures = {name: each - (name != "start_s") * start for name, each in figures.items()}
    told = {name: round(each, 2) for name, each in figures.items()}
    print(json.dumps({"pyserial": serial.__version__, **told, "rounds": rounds}))


if __name__ == "__main__":
    main()
