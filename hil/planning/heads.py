# SPDX-License-Identifier: MIT
"""What can only be found out by opening the parts: TFLM's arena, and the tail's time here."""

import statistics
import time

from hil.model.engine.choice import job_of, open_engine
from hil.model.engine.native import PROBE_ARENA, EngineError, micro_available
from hil.model.interpreter import Interpreter, Kernels
from hil.model.prove import random_inputs
from hil.model.tflite.verify import verify

TAIL_RUNS = 5


def arena_of(part: bytes) -> int | None:
    """Return the bytes of arena that TensorFlow Lite Micro itself takes for a part of a model.

    None where there is no TFLM (it has wheels for Linux on x86-64), or where it refuses the part.
    """
    if not micro_available():
        return None
    graph = verify(part)
    try:
        engine = open_engine(part, graph, job_of(graph, "micro", arena_size=PROBE_ARENA))
    except EngineError:
        return None
    return engine.arena_used


def tail_us_here(tail: bytes) -> int:
    """Return the microseconds that a tail takes on this computer, with the reference kernels.

    That are the kernels of the edge server; the median of some runs, after one that warms up.
    """
    interpreter = Interpreter(tail, Kernels.REFERENCE)
    (x,) = random_inputs(interpreter.input, 1)
    interpreter.invoke(x)
    times = []
    for _ in range(TAIL_RUNS):
        begun = time.perf_counter()
        interpreter.invoke(x)
        times.append(time.perf_counter() - begun)
    return round(statistics.median(times) * 1e6)
