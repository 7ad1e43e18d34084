# SPDX-License-Identifier: MIT
"""Time a run over many photos, the first time and again, against the bare kernels.

Bare: TensorFlow Lite Micro (head), the reference kernels (whole model and tail), XNNPACK and the
float model, one call after the other on inputs that are there. The run: what ``pytest -m hil``
does with each photo, from decoding to four judgements and the predictions of all references, on
the virtual board. It is to take at most 1.25 times the bare calls; and when what the references
gave is known from the first time, at most 1.25 times TFLM's part of them. Both take turns, block
by block, so that other load on the machine touches both alike. The photos are cut-outs of those
given, no two the same. Exits with 1 if a ratio is above its limit, if the memory of this process,
which holds all of that, grows beyond 300 MB, or if an answer is not the whole model's.

    python benchmarks/photo_run.py [--model DIR] [--photos DIR] [--count N]
"""

import argparse
import json
import os
import random
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from hil.edge import EdgeServer
from hil.inference.references import References
from hil.model.engine.native import PROBE_ARENA
from hil.model.inputs.photos import load_photos
from hil.model.inputs.samples import Sample
from hil.model.interpreter import Kernels
from hil.model.model import Model
from hil.model.predictions import Predictions
from hil.pytestplugin.bench.recording import RecordingBoard
from hil.results import Results
from hil.sim.kernels import open_runner
from hil.suite.helpers.shots import Shots

ROOT = Path(__file__).parents[1]
LIMIT = 1.25
LIMIT_MB = 300
BLOCK = 50
SIDE = 480


def make_photos(source: Path, directory: Path, count: int) -> list[Sample]:
    """Write ``count`` different cut-outs of the photos of a directory."""
    dice = random.Random(1)
    photos = load_photos(source)
    for number in range(count):
        with photos[number % len(photos)].open() as image:
            width, height = (int(side * dice.uniform(0.6, 1.0)) for side in image.size)
            left = dice.randint(0, image.width - width)
            top = dice.randint(0, image.height - height)
            cut = image.crop((left, top, left + width, top + height))
            cut.thumbnail((SIDE, SIDE))
            cut.save(directory / f"{number:05}.jpg", quality=90)
    return list(load_photos(directory))


class Bare:
    """The calls that no run can do without."""

    def __init__(self, model: Model) -> None:
        split = model.split()
        self._head = open_runner(split.head, PROBE_ARENA)
        self._model = model
        self._by = References.of(model, split.cut)
        self._shape, self._dtype = split.cut.shape, split.cut.dtype

    def head_s(self, photos: list[Sample]) -> float:
        """Seconds of TFLM."""
        inputs = [self._model.input_tensor(photo).tobytes() for photo in photos]
        began = time.perf_counter()
        for x in inputs:
            self._head.invoke(x)
        return time.perf_counter() - began

    def others_s(self, photos: list[Sample]) -> float:
        """Seconds of all others."""
        model, by = self._model, self._by
        inputs = [model.input_tensor(photo) for photo in photos]
        floats = [model.float_tensor(photo) for photo in photos] if model.float32 else []
        activations = [by.head(x) for x in inputs]
        began = time.perf_counter()
        for x, activation in zip(inputs, activations, strict=True):
            by.full(x)
            by.tail(activation)
            model.predict(x, Kernels.XNNPACK)
        for x in floats:
            model.run_float(x)
        return time.perf_counter() - began


def memory_mb() -> float:
    """What this process has in memory now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def measure(model: Model, photos: list[Sample], kept: Path) -> dict[str, float]:
    """Return seconds of both runs and of what they are compared with, and the memory."""
    split, bare = model.split(), Bare(model)
    blocks = [photos[at : at + BLOCK] for at in range(0, len(photos), BLOCK)]
    found: dict[str, float] = {"wrong": 0}
    with RecordingBoard.open() as board:
        board.flash(None, model)
        for turn in ("first", "second"):
            board.results = Results()
            with (
                closing(Predictions(kept)) as known,
                EdgeServer(
                    split.tail, split.model_id, stopwatch=board.stopwatch, kept=known
                ) as edge,
            ):
                board.connect(edge)
                shots = Shots(board, model, split.cut, photos, board.results, known)
                run_s = head_s = others_s = 0.0
                for number, block in enumerate(blocks):
                    began = time.perf_counter()
                    shots.take(block)
                    run_s += time.perf_counter() - began
                    head_s += bare.head_s(block)
                    others_s += bare.others_s(block) if turn == "first" else 0.0
                    if number == 0:
                        found[f"{turn}_begin_mb"] = memory_mb()
                found[f"{turn}_mb"] = memory_mb()
                found["wrong"] += sum(not shot.full.exact for shot in shots)
            found |= {f"{turn}_s": run_s, f"{turn}_bare_s": head_s + others_s}
    return found


def main() -> None:
    """Print the figures as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "dogs19")
    parser.add_argument("--photos", type=Path, default=ROOT / "photos")
    parser.add_argument("--count", type=int, default=1000)
    arguments = parser.parse_args()

    model = Model.load(arguments.model)
    with tempfile.TemporaryDirectory() as directory:
        (Path(directory) / "photos").mkdir()
        photos = make_photos(arguments.photos, Path(directory) / "photos", arguments.count)
        found = measure(model, photos, Path(directory) / "kept")
    ratios = {turn: found[f"{turn}_s"] / found[f"{turn}_bare_s"] for turn in ("first", "second")}
    figures = {name: round(value, 2) for name, value in found.items()}
    print(
        json.dumps(
            {
                "model": model.name,
                "photos": len(photos),
                **figures,
                **{f"{turn}_ratio": round(ratio, 3) for turn, ratio in ratios.items()},
                "limit": LIMIT,
                "limit_mb": LIMIT_MB,
            },
            indent=1,
        )
    )
    most_mb = max(found["first_mb"], found["second_mb"])
    sys.exit(max(ratios.values()) > LIMIT or most_mb > LIMIT_MB or found["wrong"] > 0)


if __name__ == "__main__":
    main()
