# SPDX-License-Identifier: MIT
"""Does a fault: each is a context manager, in whose block an inference is made.

What it did to this host it mends behind the block; what it did to link or board, ``Fault.leaves``
says, and the next step makes anew.
"""

import contextlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from random import Random
from typing import TYPE_CHECKING, Any

from hil.errors import HilError, LabError
from hil.links import IP_LINKS
from hil.rig.power import power_cycle
from hil.soak.fault import FAULTS
from hil.soak.plan import Step

if TYPE_CHECKING:
    from hil.soak.bench import SoakBench

Inflict = Callable[["SoakBench", Step], AbstractContextManager[Any]]

_PATIENCE_S = 20.0
"""For a board to tell that its network or link has gone, which takes it six seconds of its own."""

_TEST_VERB_S = 60.0
"""For the answer to a verb of test builds. A lab gives that to ``hang`` behind the ten seconds of
instructions that its watchdog allows, which take a busy computer longer than other answers do."""

_NOISE = 200
"""Bytes, at most, of one burst."""


def _impairment(**what: Any) -> Inflict:
    def impaired(bench: "SoakBench", step: Step) -> AbstractContextManager[Any]:
        return bench.edge.impair(**what, seed=step.seed)

    return impaired


@contextlib.contextmanager
def _nothing(bench: "SoakBench", step: Step) -> Iterator[None]:
    yield


@contextlib.contextmanager
def _dropped_idle(bench: "SoakBench", step: Step) -> Iterator[None]:
    bench.board.console.forget("link")
    with bench.edge.impair(drop_connection="idle"):
        if step.via in ("tcp", "ble"):
            bench.board.console.wait_event("link", _PATIENCE_S, via=step.via, state="down")
        yield


@contextlib.contextmanager
def _reconnection(bench: "SoakBench", step: Step) -> Iterator[None]:
    bench.connect(step.via)
    yield


@contextlib.contextmanager
def _edge_restart(bench: "SoakBench", step: Step) -> Iterator[None]:
    bench.board.disconnect()
    bench.edge.close()
    bench.start_edge()
    bench.connect(step.via)
    yield


@contextlib.contextmanager
def _edge_gone(bench: "SoakBench", step: Step) -> Iterator[None]:
    bench.edge.close()
    try:
        yield
    finally:
        bench.start_edge()


@contextlib.contextmanager
def _serial_noise(bench: "SoakBench", step: Step) -> Iterator[None]:
    random = Random(step.seed)
    burst = bytes(random.randint(1, 255) for _ in range(random.randint(1, _NOISE)))
    bench.board.console.send_bytes(burst + b"\r\n")  # no zero byte: half a frame takes time to end
    yield


@contextlib.contextmanager
def _reset(bench: "SoakBench", step: Step) -> Iterator[None]:
    bench.board.reset()
    bench.connect(step.via)
    yield


@contextlib.contextmanager
def _reboot(bench: "SoakBench", step: Step) -> Iterator[None]:
    bench.board.reboot()
    bench.connect(step.via)
    yield


@contextlib.contextmanager
def _power_cycle(bench: "SoakBench", step: Step) -> Iterator[None]:
    with bench.board.lend_port():
        power_cycle(bench.power, bench.note)
    bench.board.reset()
    bench.connect(step.via)
    yield


def _asking(verb: str, **arguments: str) -> Inflict:
    @contextlib.contextmanager
    def asked(bench: "SoakBench", step: Step) -> Iterator[None]:
        bench.board.console.request(verb, timeout=_TEST_VERB_S, **arguments)
        yield

    return asked


@contextlib.contextmanager
def _no_access_point(bench: "SoakBench", step: Step) -> Iterator[None]:
    console, lab = bench.board.console, bench.board.lab
    assert lab is not None
    joined = step.via in IP_LINKS
    console.forget("wifi")
    console.forget("link")
    lab.switch_wifi(on=False)
    try:
        if joined:
            console.wait_event("wifi", _PATIENCE_S, state="down")
        if step.via == "tcp":
            console.wait_event("link", _PATIENCE_S, via="tcp", state="down")
        yield
    finally:
        lab.switch_wifi(on=True)
        if joined:
            with contextlib.suppress(HilError):  # one that does not come back is seen by the next
                console.wait_event("wifi", _PATIENCE_S, state="up")


def _at_point(fault: str) -> Inflict:
    @contextlib.contextmanager
    def armed(bench: "SoakBench", step: Step) -> Iterator[None]:
        lab = bench.board.lab
        assert lab is not None
        lab.arm(fault)
        try:
            yield
        except BaseException:
            lab.disarm()
            raise
        if lab.disarm():
            raise LabError(f"The fault {fault} has not struck; the inference got by without it.")

    return armed


INFLICT: Mapping[str, Inflict] = {
    "": _nothing,
    "loss": _impairment(loss=0.1),
    "duplicates": _impairment(duplicate=0.33),
    "overtaking": _impairment(reorder=0.25),
    "delay": _impairment(delay=0.2),
    "strangers": _impairment(replay=0.4, foreign=0.4),
    "dead-link": _impairment(loss=1.0),
    "altered-request": _impairment(corrupt=1.0, ways="rx"),
    "altered-answer": _impairment(corrupt=1.0, ways="tx"),
    "other-model": _impairment(foreign=1.0, foreign_in=("model",), ways="tx"),
    "dropped-request": _impairment(drop_connection="request"),
    "dropped-answer": _impairment(drop_connection="answer"),
    "dropped-idle": _dropped_idle,
    "reconnection": _reconnection,
    "edge-restart": _edge_restart,
    "edge-gone": _edge_gone,
    "serial-noise": _serial_noise,
    "reset": _reset,
    "reboot": _reboot,
    "power-cycle": _power_cycle,
    "panic": _asking("crash"),
    "hang": _asking("hang"),
    "failed-head": _asking("fail", what="invoke"),
    "no-memory": _asking("fail", what="alloc"),
    "no-access-point": _no_access_point,
    **{name: _at_point(name) for name in FAULTS if "@" in name},
}
"""By the names of :data:`hil.soak.fault.FAULTS`; empty for none."""
