# SPDX-License-Identifier: MIT
"""Damage models at random and count what becomes of them: none may crash, or end in a traceback.

Ten models, of the repository and of tests/operators, are damaged a number of times each: a few
bytes outside their weights are set, or the end is cut off. Each damaged file is loaded as ``hil
split --list`` does, cut, and opened and run as the lab does, in a process that stands for the
lab. Exits with 1 if one crashes it, raises another exception than the harness's own, or takes
longer than ten seconds.

    python benchmarks/mutated_models.py [--files 1000] [--seed 1]
"""

import argparse
import collections
import os
import random
import sys
import tempfile
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "tests" / "operators"))

import numpy as np  # noqa: E402
from operator_models import MODELS, two_in_two_out  # noqa: E402

from hil.errors import BadInputError  # noqa: E402
from hil.model.model import Model  # noqa: E402
from hil.model.tflite.verify import verify  # noqa: E402
from hil.sim.kernels import InvokeError, ModelRejectedError, open_runner  # noqa: E402

ARENA = 1 << 20
LIMIT_S = 10.0
KINDS = ("UNIDIRECTIONAL_SEQUENCE_LSTM", "SVDF", "WHILE", "VAR_HANDLE", "GATHER", "SignalRfft")
ACCEPTED, REFUSED, REJECTED, TRACEBACK = 0, 3, 4, 5


def originals() -> dict[str, bytes]:
    """Return ten sound models by name."""
    models = {kind: MODELS[kind].model() for kind in KINDS}
    models["two in, two out"] = two_in_two_out()
    models["tiny"] = (ROOT / "models/tiny/full_int8.tflite").read_bytes()
    models["tiny, float32"] = (ROOT / "models/tiny/full_float32.tflite").read_bytes()
    path = ROOT / "tests/unit/model/tflite/operators_int8.tflite"
    models["operators"] = path.read_bytes()
    return models


def damaged(model: bytes, structure: list[int], generator: random.Random) -> bytes:
    """Return the model with a few bytes set, or cut off."""
    data = bytearray(model)
    for _ in range(generator.randint(1, 3)):
        data[generator.choice(structure)] = generator.choice([0, 1, 2, 3, 4, 127, 128, 255])
    if generator.random() < 0.1:
        del data[generator.randrange(len(data)) :]
    return bytes(data)


def structure_of(model: bytes) -> list[int]:
    """Return the positions that are no weights: there damage does something."""
    weights = bytearray(len(model))
    for tensor in verify(model).tensors:
        if tensor.data is not None and len(data := tensor.data.tobytes()) > 16:
            start = model.find(data)
            weights[start : start + len(data)] = b"\x01" * len(data)
    return [position for position, weight in enumerate(weights) if not weight]


def handle(path: Path) -> int:
    """Do with a file what commands and lab do; return what became of it."""
    try:
        model = Model.load(path)
        for cut in list(model.cuts)[:1]:
            model.split(cut)
        runner = open_runner(model.int8, ARENA)
        runner.invoke(np.zeros(model.input.shape, model.input.dtype).tobytes())
    except BadInputError:
        return REFUSED
    except (ModelRejectedError, InvokeError):
        return REJECTED
    except BaseException:  # noqa: BLE001 - to be counted, whatever it is
        traceback.print_exc()
        return TRACEBACK
    return ACCEPTED


def in_a_process(path: Path) -> tuple[int, float]:
    """Return the wait status of a process that handles a file, and its seconds."""
    started = time.monotonic()
    pid = os.fork()
    if pid == 0:
        os._exit(handle(path))
    _, status = os.waitpid(pid, 0)
    return status, time.monotonic() - started


def main() -> int:
    """Print what became of the files, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    generator = random.Random(arguments.seed)
    models = originals()
    structures = {name: structure_of(model) for name, model in models.items()}
    outcomes: collections.Counter[str] = collections.Counter()
    words = {ACCEPTED: "run", REFUSED: "refused", REJECTED: "refused when run"}
    longest = 0.0
    with tempfile.TemporaryDirectory() as directory, ThreadPoolExecutor(2) as pool:
        paths = []
        for number in range(arguments.files):
            name = list(models)[number % len(models)]
            path = Path(directory) / f"{number:05} {name}.tflite"
            path.write_bytes(damaged(models[name], structures[name], generator))
            paths.append(path)
        for path, (status, seconds) in zip(paths, pool.map(in_a_process, paths), strict=True):
            ended = os.waitstatus_to_exitcode(status)
            outcome = words.get(ended, "traceback" if ended == TRACEBACK else f"crash ({ended})")
            outcomes[outcome] += 1
            longest = max(longest, seconds)
            if outcome not in words.values() or seconds > LIMIT_S:
                print(f"{path.name}: {outcome} after {seconds:.1f} s", flush=True)
    print(f"{arguments.files} files: {dict(outcomes)}; the longest took {longest:.1f} s")
    return 0 if set(outcomes) <= set(words.values()) and longest <= LIMIT_S else 1


if __name__ == "__main__":
    sys.exit(main())
