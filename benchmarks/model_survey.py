# SPDX-License-Identifier: MIT
"""Try other people's models: of those that TensorFlow Lite Micro runs, how many are cut exactly?

Every ``.tflite`` below a directory is run by TensorFlow Lite Micro on random numbers, in a process
of its own, without the harness. Then the harness loads it, and cuts it after its first, its middle
and its last legal cut; Micro runs head and tail, and what comes out must be the whole model's
output, bit for bit. Prints one line of JSON for each file that something is to be said about, and
one of all. Exits with 1 if less than 95 % of what Micro runs is accepted, if a cut is not exact,
or if a process of the harness dies or raises another exception than its own.

    python benchmarks/model_survey.py DIRECTORY
"""

import argparse
import json
import os
import pickle
import signal
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
from tflite_micro.python.tflite_micro import runtime

from hil.errors import BadInputError
from hil.model.model import Model
from hil.model.tflite import schema
from hil.model.tflite.verify import verify

ARENA = 64 << 20
SEEDS = 3
LIMIT_S = 300
LEAST_SHARE = 0.95


class Apart:
    """What a function gave in a process of its own.

    Attributes:
        value: its result; None if it ended otherwise.
        ending: otherwise, by what: an exception or a signal; empty if it did not.
        refused: whether that is a sentence of the harness.
    """

    def __init__(self, function: Callable[..., Any], *arguments: Any) -> None:
        self.value, self.ending, self.refused = None, "", False
        reading, writing = os.pipe()
        pid = os.fork()
        if pid == 0:
            os.close(reading)
            _end(writing, function, arguments)
        os.close(writing)
        with os.fdopen(reading, "rb") as pipe:
            data = pipe.read()
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        if data:
            self.value, self.ending, self.refused = pickle.loads(data)
        else:
            self.ending = signal.Signals(-status).name if status < 0 else f"exit status {status}"


def _end(writing: int, function: Callable[..., Any], arguments: Any) -> None:
    """Run a function, tell what became of it, and end the process."""
    signal.alarm(LIMIT_S)
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 2)
    try:
        told: Any = function(*arguments), "", False
    except BadInputError as error:
        told = None, str(error), True
    except BaseException as error:  # noqa: BLE001 - to be told, whatever it is
        told = None, f"{type(error).__name__}: {error}", False
    with os.fdopen(writing, "wb") as pipe:
        pickle.dump(told, pipe)
    os._exit(0)


def numbers(model: bytes, seed: int) -> list[np.ndarray]:
    """Return random inputs: of wide integers 0 and 1, which may be indices."""
    micro = runtime.Interpreter.from_bytes(model, arena_size=ARENA)
    generator = np.random.default_rng(seed)
    found = []
    for position in range(ends_of(model)[0]):
        details = micro.get_input_details(position)
        kind, shape = np.dtype(details["dtype"]), tuple(details["shape"])
        if kind.kind == "f":
            found.append(generator.uniform(-1.0, 1.0, shape).astype(kind))
        elif kind.kind == "b" or kind.itemsize > 2:
            found.append(generator.integers(0, 2, shape).astype(kind))
        else:
            limits = np.iinfo(kind)
            found.append(generator.integers(limits.min, limits.max + 1, shape).astype(kind))
    return found


def ends_of(model: bytes) -> tuple[int, int]:
    """Return how many inputs and outputs a model has."""
    graph = schema.load().Model.GetRootAs(model, 0).Subgraphs(0)
    return graph.InputsLength(), graph.OutputsLength()


def run(model: bytes, inputs: list[np.ndarray]) -> list[np.ndarray]:
    """Run a model once in TensorFlow Lite Micro."""
    micro = runtime.Interpreter.from_bytes(model, arena_size=ARENA)
    for position, tensor in enumerate(inputs):
        micro.set_input(tensor, position)
    micro.invoke()
    return [micro.get_output(position) for position in range(ends_of(model)[1])]


def cuts_of(path: Path) -> list[int]:
    """Return up to three legal cuts of a model: the first, the middle, the last."""
    cuts = [cut.index for cut in Model.load(path).cuts]
    return sorted({cuts[0], cuts[len(cuts) // 2], cuts[-1]}) if cuts else []


def is_exact(path: Path, cut: int) -> bool:
    """Whether head and tail give the whole model's output on every seed."""
    model = Model.load(path)
    parts = model.split(str(cut))
    assert len(verify(parts.tail).outputs) == ends_of(model.int8)[1]
    for seed in range(SEEDS):
        inputs = numbers(model.int8, seed)
        whole, composed = run(model.int8, inputs), run(parts.tail, run(parts.head, inputs))
        if [each.tobytes() for each in whole] != [each.tobytes() for each in composed]:
            return False
    return True


def survey(path: Path) -> dict[str, Any]:
    """Return what becomes of one file."""
    model = path.read_bytes()
    alone = Apart(lambda: len(run(model, numbers(model, 0))))
    loaded = Apart(cuts_of, path)
    found: dict[str, Any] = {"runs": alone.value is not None, "accepted": loaded.value is not None}
    if loaded.ending:
        found["refused" if loaded.refused else "died"] = loaded.ending
    if alone.value is not None and loaded.value is not None:
        cuts = {cut: Apart(is_exact, path, cut) for cut in loaded.value}
        found["cuts"] = len(cuts)
        found["wrong"] = {cut: each.ending for cut, each in cuts.items() if each.value is not True}
    return found


def main() -> int:
    """Print what became of the files, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=Path)
    files = sorted(parser.parse_args().directory.rglob("*.tflite"))
    total = {"files": len(files), "run": 0, "accepted": 0, "cuts": 0, "exact": 0, "died": 0}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        surveyed = list(pool.map(survey, files))
    for path, found in zip(files, surveyed, strict=True):
        total["run"] += found["runs"]
        total["accepted"] += found["runs"] and found["accepted"]
        total["cuts"] += found.get("cuts", 0)
        total["exact"] += found.get("cuts", 0) - len(found.get("wrong", ()))
        total["died"] += "died" in found
        if found["runs"] != found["accepted"] or found.get("wrong") or "died" in found:
            print(json.dumps({"file": str(path), **found}), flush=True)
    share = total["accepted"] / max(1, total["run"])
    print(json.dumps({**total, "accepted share": round(share, 4)}))
    good = share >= LEAST_SHARE and total["exact"] == total["cuts"] and not total["died"]
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
