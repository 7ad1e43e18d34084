# SPDX-License-Identifier: MIT
"""Interpreters in processes of their own, by either way of making them; and which one judges."""

import importlib.util
import os
import select
import signal
import sys
from collections.abc import Iterator

import numpy as np
import pytest

from hil.errors import HostError
from hil.model.engine import choice, nursery
from hil.model.engine.apart import EngineApart, EngineDiedError
from hil.model.engine.choice import job_of, open_reference
from hil.model.model import Model
from hil.model.tflite.verify import verify
from hil.resources import resource

in_linux = pytest.mark.skipif(sys.platform != "linux", reason="/proc is Linux's")
needs_tflm = pytest.mark.skipif(
    importlib.util.find_spec("tflite_micro") is None, reason="TFLM has no wheel for this platform"
)


@pytest.fixture(scope="module")
def model() -> bytes:
    return bytes(Model.load(resource("models/tiny")).int8)


@pytest.fixture(params=["fork", "start"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    nursery._end()
    monkeypatch.setattr(nursery, "_WAY", request.param)
    yield request.param
    nursery._end()


def test_an_engine_apart_gives_what_one_in_this_process_gives(model: bytes, way: str) -> None:
    graph = verify(model)
    job = job_of(graph, "BUILTIN_REF")
    here, apart = choice.open_native(model, job), EngineApart(model, job)
    values = np.random.default_rng(1).integers(-128, 128, graph.input_spec.shape)
    x = values.astype(graph.input_spec.dtype)
    np.testing.assert_array_equal(apart.invoke([x]), here.invoke([x]))
    apart.close()


@in_linux
def test_the_end_of_an_engine_apart_is_told_by_its_cause(model: bytes, way: str) -> None:
    graph = verify(model)
    apart = EngineApart(model, job_of(graph, "BUILTIN_REF"))
    worker = nursery._worker
    assert worker is not None
    (watcher,) = _children(worker[1].pid)
    (interpreter,) = _children(watcher)
    os.kill(interpreter, signal.SIGSEGV)
    with pytest.raises(EngineDiedError, match="SIGSEGV"):
        apart.invoke([np.zeros(graph.input_spec.shape, graph.input_spec.dtype)])


@in_linux
def test_engines_end_with_what_opened_them(model: bytes, way: str) -> None:
    apart = EngineApart(model, job_of(verify(model), "BUILTIN_REF"))
    worker = nursery._worker
    assert worker is not None
    (watcher,) = _children(worker[1].pid)
    line = os.pidfd_open(watcher)
    apart.close()
    assert _ends(line)


def _children(pid: int) -> list[int]:
    with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:  # noqa: PTH123
        return [int(each) for each in file.read().split()]


def _ends(process: int) -> bool:
    poll = select.poll()
    poll.register(process, select.POLLIN)
    return bool(poll.poll(10_000))


@needs_tflm
def test_micro_judges_where_the_hosts_kernels_round_otherwise(
    model: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    graph = verify(model)
    monkeypatch.setattr(choice, "backend_name", lambda: "ai_edge_litert")
    engine = open_reference(model, graph, 1)
    assert isinstance(engine, EngineApart)
    assert engine.arena_used > 0
    engine.close()


def test_windows_has_no_processes_of_interpreters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "win32")
    with pytest.raises(HostError, match="needs Linux, macOS or WSL"):
        nursery.line()
