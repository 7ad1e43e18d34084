# SPDX-License-Identifier: MIT
"""Which interpreter runs a model, and where."""

import contextlib

from hil.model.engine.apart import EngineApart
from hil.model.engine.native import (
    Engine,
    EngineError,
    Job,
    backend_name,
    micro_available,
    open_native,
)
from hil.model.tflite.graph import Graph

_EXACT = ("tflite_runtime",)
"""Interpreters whose reference kernels give the bits of Micro's for all that can be proven."""


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

    That are the host's reference kernels for what verification can vouch for: there they have been
    compared with TensorFlow Lite Micro's, bit for bit. Beyond that (16-bit activations, LSTM) some
    differ in the last bit and some are missing, so that Micro itself is the judge. It is the judge
    of every model, too, where the host's interpreter is ai-edge-litert: its fully connected layers
    round otherwise, in some of a thousand elements (docs/dependencies.md).

    Raises:
        EngineError: the judge refuses the model, or dies of it.
    """
    if graph.unproven and micro_available():
        return open_engine(model, graph, job_of(graph, "micro"))
    if backend_name() not in _EXACT and micro_available():
        # Apart, since opening one turns away what this process writes to its standard error.
        with contextlib.suppress(EngineError):  # of models that are too large for any chip
            return EngineApart(model, job_of(graph, "micro"))
    return open_engine(model, graph, job_of(graph, "BUILTIN_REF", num_threads=num_threads))


def job_of(graph: Graph, engine: str, **more: int) -> Job:
    """Return what to open a model for that has this graph."""
    return Job(engine, graph.inputs, graph.outputs, graph.stateful, **more)
