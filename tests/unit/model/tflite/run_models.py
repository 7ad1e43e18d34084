# SPDX-License-Identifier: MIT
"""Run every .tflite of a directory through the native interpreters; print the names, one a line.

A process of its own, because an interpreter that crashes takes its process along.
"""

import sys
from pathlib import Path

import numpy as np

from hil.errors import BadInputError
from hil.model.interpreter import Interpreter
from hil.model.prove import random_inputs


def run(model: bytes) -> None:
    try:
        interpreter = Interpreter(model)
        x = next(random_inputs(interpreter.input, 1))
        interpreter.invoke(x)
    except (BadInputError, RuntimeError):
        return  # refusing is safe
    run_micro(model, x)


def run_micro(model: bytes, x: np.ndarray) -> None:
    try:
        from tflite_micro.python.tflite_micro import runtime
    except ImportError:
        return  # no wheel for this platform
    try:
        micro = runtime.Interpreter.from_bytes(model, arena_size=1 << 20)
        micro.set_input(x, 0)
        micro.invoke()
        micro.get_output(0)
    except (RuntimeError, ValueError):
        return


for path in sorted(Path(sys.argv[1]).glob("*.tflite")):
    print(path.name, flush=True)
    run(path.read_bytes())
