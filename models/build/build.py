# SPDX-License-Identifier: MIT
"""Build the models of this repository: ``python models/build/build.py dogs19``, and others.

Needs the packages of requirements.txt beside this file, in an environment of its own. Calibration
photos come from ``photos/`` unless ``--photos`` names another directory; all that its index lists
are used, sorted by name. The result goes to ``models/<name>/`` unless ``--output`` says otherwise,
with the SHA-256 of every file in ``manifest.json``; ``operators`` is a single file for the tests.
"""

import argparse
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEFAULTS = {"operators": ROOT / "tests" / "unit" / "model" / "operators_int8.tflite"}


def main() -> None:
    """Parse the command line and build one model."""
    # Both must be set before TensorFlow is imported: repeatable kernels, a quiet log.
    os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "0")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    sys.path.insert(0, str(ROOT))
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("model", choices=["dogs19", "tiny", "ties", "imagenet", "operators"])
    parser.add_argument("--photos", type=Path, default=ROOT / "photos")
    parser.add_argument("--output", type=Path)
    parser.add_argument("--weights-sha256", metavar="HEX", help="of imagenet's weights, to be used")
    arguments = parser.parse_args()
    output = arguments.output or DEFAULTS.get(arguments.model, ROOT / "models" / arguments.model)

    if arguments.model == "dogs19":
        import dogs19

        dogs19.build(arguments.photos, output)
    elif arguments.model == "tiny":
        import tiny

        tiny.build(output)
    elif arguments.model == "ties":
        import ties

        ties.build(ROOT / "models" / "tiny", output)
    elif arguments.model == "operators":
        import operators

        operators.build(output)
    else:
        import imagenet

        imagenet.build(arguments.photos, output, arguments.weights_sha256)


if __name__ == "__main__":
    main()
