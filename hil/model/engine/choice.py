# SPDX-License-Identifier: MIT
"""Which interpreter runs a model, and where."""

import contextlib

from hil.model.engine.apart import EngineApart
from hil.model.engine.native import Engine, EngineError, Job, micro_available, open_native
from hil.model.tflite.graph import Graph
from hil.model.tflite.kinds import CUSTOM

# Operators whose kernels in TensorFlow Lite Micro do not give the bits of the host's reference
# kernels, or that the host does not have (tests/unit/model/operators counts them): there Micro
# itself is the reference.
MICRO_ONLY = (*CUSTOM, "UNIDIRECTIONAL_SEQUENCE_LSTM")


def open_engine(model: bytes, graph: Graph, job: Job) -> Engine:
    """Open a model whose structure has been verified.

    Args:
        model: the bytes of a ``.tflite`` file.
        graph: what verification found.
        job: what to open it for.

    Raises:
        EngineError: the interpreter refuses the model, or dies of it.
    """
    if graph.unproven:
        return EngineApart(model, job)
    return open_native(model, job)


def open_reference(model: bytes, graph: Graph, num_threads: int) -> Engine:
    """Open a model in the judge of what a board must compute.

    That are the host's reference kernels, and where they do not have the bits of TensorFlow Lite
    Micro, or refuse the model, that itself.

    Raises:
        EngineError: neither runs the model.
    """
    host = job_of(graph, "BUILTIN_REF", num_threads=num_threads)
    if not graph.unproven or not micro_available():
        return open_engine(model, graph, host)
    kinds = {
        operator.kind for each in (graph, *graph.subgraphs) if each for operator in each.operators
    }
    if kinds.isdisjoint(MICRO_ONLY):
        with contextlib.suppress(EngineError):
            return open_engine(model, graph, host)
    return open_engine(model, graph, job_of(graph, "micro"))


def job_of(graph: Graph, engine: str, **more: int) -> Job:
    """Return what to open a model for that has this graph."""
    return Job(engine, graph.inputs, graph.outputs, graph.stateful, **more)
