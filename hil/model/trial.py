# SPDX-License-Identifier: MIT
"""Ask TensorFlow Lite Micro itself about a model, in a process of its own that it may crash."""

import dataclasses
import functools
import time

import numpy as np

from hil.errors import BadInputError
from hil.model.engine.apart import EngineApart, EngineDiedError, EngineTimeoutError
from hil.model.engine.choice import job_of
from hil.model.engine.native import EngineError, micro_available
from hil.model.parts import Parts
from hil.model.tflite.graph import Graph
from hil.model.tflite.operators import macs_of_each
from hil.model.tflite.verify import verify

_RUN_S = 5.0
_MACS_PER_S = 20_000_000
"""What the reference kernels compute even on a loaded machine."""
_SEARCH_S = 5.0
_MICRO = "TensorFlow Lite Micro"


def try_model(model: bytes, name: str) -> None:
    """Run a model once, unless verification can vouch for it.

    Args:
        model: the bytes of a ``.tflite`` file that verifies.
        name: what to call it in an error, usually the path.

    Raises:
        BadInputError: TensorFlow Lite Micro refuses the model, crashes on it, or does not end.
    """
    verdict = _tried(bytes(model))
    if verdict:
        raise BadInputError(
            f"{name} cannot be used: {verdict} (docs/models.md says what a model must be)."
        )


@functools.lru_cache(maxsize=8)
def _tried(model: bytes) -> str:
    """Return what is wrong; empty if nothing is."""
    graph = verify(model)
    if not graph.unproven:
        return ""
    try:
        _run(model, graph)
    except EngineTimeoutError:
        return f"one run of it does not end in {_MICRO}"
    except EngineDiedError as error:
        return f"it crashes {_MICRO} at {_place(model, graph)} ({error.cause})"
    except EngineError as error:
        doubts = "; ".join(graph.unproven[:3])
        return f"{_MICRO} refuses it: {error} ({doubts})"
    return ""


def _run(model: bytes, graph: Graph) -> None:
    """Open and run a model, or the beginning of one, apart; what comes out does not matter.

    It runs on zeros, and if that crashes it on ones, since numbers may be indices or sizes.
    """
    job = job_of(graph, "micro" if micro_available() else "BUILTIN_REF")
    limit_s = _RUN_S + sum(macs_of_each(graph)) / _MACS_PER_S
    for fill in (np.zeros, np.ones):
        engine = EngineApart(model, dataclasses.replace(job, outputs=()), limit_s)
        try:
            engine.invoke([fill(spec.shape, spec.dtype) for spec in graph.input_specs])
        except EngineDiedError:
            if fill is np.ones:
                raise
        else:
            return
        finally:
            engine.close()


def _place(model: bytes, graph: Graph) -> str:
    """Return the operator that a model crashes at, found by running ever shorter beginnings."""
    parts, until = Parts(model, graph), time.monotonic() + _SEARCH_S
    first, last = 0, len(graph.operators) - 1
    while first < last and time.monotonic() < until:
        middle = (first + last) // 2
        if _crashes(parts.prefix(middle), graph):
            last = middle
        else:
            first = middle + 1
    if first == last:
        return f"operator {first} ({graph.operators[first].kind})"
    return f"one of operators {first} to {last}"


def _crashes(beginning: bytes, graph: Graph) -> bool:
    try:
        _run(beginning, graph)
    except EngineDiedError:
        return True
    except EngineError:
        return False
    return False
