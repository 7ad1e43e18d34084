# SPDX-License-Identifier: MIT
"""Count how often a quantized model agrees with the float model it was made from.

Compares top-1 and top-5 (where what ties with the fifth counts) over the photos of a directory,
under reference kernels and under XNNPACK, which differ from each other too.

    python benchmarks/quantization_agreement.py [--model DIR] [--photos DIR]
"""

import argparse
from pathlib import Path

from hil.model.accuracy import agreement
from hil.model.array import Array
from hil.model.inputs.photos import load_photos
from hil.model.interpreter import Kernels
from hil.model.model import Model
from hil.model.topk import shared_best, top_k

ROOT = Path(__file__).parents[1]


def ranked(output: Array) -> list[int]:
    """Return the best class ids of an output."""
    return [number for number, _ in top_k(output)]


def main() -> None:
    """Print one line for each kernel set."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=ROOT / "models" / "dogs19")
    parser.add_argument("--photos", type=Path, default=ROOT / "photos")
    arguments = parser.parse_args()

    model = Model.load(arguments.model)
    images = [photo.open() for photo in load_photos(arguments.photos)]
    floats = [model.predict_float(image) for image in images]
    for kernels in Kernels:
        outputs = [model.predict(model.preprocess(image), kernels) for image in images]
        shared = [shared_best(*pair) for pair in zip(outputs, floats, strict=True)]
        result = agreement(list(map(ranked, outputs)), list(map(ranked, floats)), shared)
        same = round(result.top1 * result.count)
        print(
            f"{model.name}, {kernels.name}: same best class as float32 on {same}/{result.count} "
            f"photos ({result.top1:.1%}), {result.top5:.1%} of the top five shared"
        )


if __name__ == "__main__":
    main()
