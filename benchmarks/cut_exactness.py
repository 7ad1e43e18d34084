# SPDX-License-Identifier: MIT
"""Count on how many photos a cut model gives the full model's output, bit for bit.

For each cut, and each photo of a directory: does the reference tail of the reference head's
activation equal the reference output of the full model (composition), and does TensorFlow Lite
Micro compute the same activation as the reference head (kernels)? The default is the model's own
cut and six others from its beginning to its end; exits with 1 unless everything is exact.

    python benchmarks/cut_exactness.py [--model DIR] [--photos DIR] [--all]
"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from hil.model.array import Array
from hil.model.engine.native import PROBE_ARENA
from hil.model.inputs.photos import load_photos
from hil.model.interpreter import Interpreter, Kernels
from hil.model.model import Model
from hil.model.split import Cut
from hil.sim.kernels import open_runner

ROOT = Path(__file__).parents[1]
OTHERS = 6


def chosen_cuts(model: Model) -> list[Cut]:
    """Return the default cut and six others, evenly spread."""
    others = [cut for cut in model.cuts if cut != model.default_cut]
    spread = [others[i * (len(others) - 1) // (OTHERS - 1)] for i in range(OTHERS)]
    return sorted({*spread, model.default_cut}, key=lambda cut: cut.index)


def exact_photos(
    model: Model, cut: Cut, inputs: Sequence[Array], outputs: Sequence[Array]
) -> tuple[int, int | None]:
    """Return the photos on which composition, and TFLM's activation (None: no TFLM), are exact."""
    parts = model.split(cut)
    head = Interpreter(parts.head, Kernels.REFERENCE)
    tail = Interpreter(parts.tail, Kernels.REFERENCE)
    micro = open_runner(parts.head, PROBE_ARENA)
    composed = kernels = 0
    for x, whole in zip(inputs, outputs, strict=True):
        activation = head.invoke(x)
        composed += tail.invoke(activation).tobytes() == whole.tobytes()
        kernels += micro.invoke(x.tobytes()) == activation.tobytes()
    return composed, kernels if micro.arena_used else None


def main() -> None:
    """Print one line for each cut."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "dogs19")
    parser.add_argument("--photos", type=Path, default=ROOT / "photos")
    parser.add_argument("--all", action="store_true", help="every legal cut")
    arguments = parser.parse_args()

    model = Model.load(arguments.model)
    inputs = [model.preprocess(photo.open()) for photo in load_photos(arguments.photos)]
    outputs = [model.predict(x) for x in inputs]
    total = len(inputs)
    print(f"{model.name}, {total} photos, reference kernels")
    print(f"{'cut':<28}{'bytes':>9}  {'split == full':<18}{'TFLM head == reference':<18}")
    complete = True
    for cut in list(model.cuts) if arguments.all else chosen_cuts(model):
        composed, kernels = exact_photos(model, cut, inputs, outputs)
        complete &= composed == total and kernels in (total, None)
        print(f"{cut.short_name:<28}{cut.bytes:>9,}  {share(composed, total):<18}", end="")
        print("TFLM not available" if kernels is None else share(kernels, total), flush=True)
    sys.exit(not complete)


def share(count: int, total: int) -> str:
    """Return a ratio with its percentage."""
    return f"{count}/{total} ({100 * count / total:.1f} %)"


if __name__ == "__main__":
    main()
