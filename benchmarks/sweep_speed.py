# SPDX-License-Identifier: MIT
"""Time an accuracy sweep on the virtual board against calling the kernels directly.

Direct: each photo is decoded, preprocessed, run through TensorFlow Lite Micro (head) and the
reference interpreter (tail), in one process. On the board: the same, end to end through console,
firmware, simulated Wi-Fi and edge server. Both take turns every ten photos, so that other load on
the machine touches both alike and yet each runs warm, as in a sweep. Exits with 1 if the board
takes more than the stated ratio, or if an output differs.

    python benchmarks/sweep_speed.py [--model DIR] [--photos DIR] [--count N]
"""

import argparse
import itertools
import sys
import time
from collections.abc import Callable
from pathlib import Path

from hil.board.board import Board
from hil.edge import EdgeServer
from hil.model.array import Array
from hil.model.engine.native import PROBE_ARENA
from hil.model.inputs.photos import Photo, load_photos
from hil.model.interpreter import Interpreter
from hil.model.model import Model
from hil.sim.kernels import open_runner

ROOT = Path(__file__).parents[1]
LIMIT = 1.25


BLOCK = 10


def timed(action: Callable[[Photo], Array], photos: list[Photo]) -> tuple[list[bytes], float]:
    """Return what a call gives for each photo, and the seconds of all of them."""
    started = time.perf_counter()
    results = [action(photo).tobytes() for photo in photos]
    return results, time.perf_counter() - started


def main() -> None:
    """Print both times and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "dogs19")
    parser.add_argument("--photos", type=Path, default=ROOT / "photos")
    parser.add_argument("--count", type=int, default=100)
    arguments = parser.parse_args()

    model = Model.load(arguments.model)
    photos = list(itertools.islice(itertools.cycle(load_photos(arguments.photos)), arguments.count))
    split = model.split()
    head = open_runner(split.head, PROBE_ARENA)
    tail = Interpreter(split.tail)

    def direct(photo: Photo) -> Array:
        x = model.preprocess(photo.open())
        return tail.invoke(part.activation(head.invoke(x.tobytes())))

    direct_s = board_s = 0.0
    differing = 0
    with Board.open() as board:
        board.flash(None, model)
        part = board.part
        with EdgeServer(split.tail, split.model_id, stopwatch=board.stopwatch) as edge:
            board.connect(edge)
            board.infer(photos[0])
            direct(photos[0])
            for start in range(0, len(photos), BLOCK):
                block = photos[start : start + BLOCK]
                expected, seconds = timed(direct, block)
                direct_s += seconds
                outputs, seconds = timed(lambda photo: board.infer(photo).output, block)
                board_s += seconds
                differing += sum(a != b for a, b in zip(outputs, expected, strict=True))
    ratio = board_s / direct_s
    print(f"{model.name} cut after {split.cut.short_name}, {len(photos)} photos")
    print(f"direct         {direct_s:7.2f} s  {1000 * direct_s / len(photos):7.1f} ms a photo")
    print(f"virtual board  {board_s:7.2f} s  {1000 * board_s / len(photos):7.1f} ms a photo")
    print(f"ratio          {ratio:7.2f}    (at most {LIMIT})")
    print(f"outputs that differ: {differing}")
    sys.exit(ratio > LIMIT or differing > 0)


if __name__ == "__main__":
    main()
