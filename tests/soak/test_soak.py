# SPDX-License-Identifier: MIT
"""A short soak of virtual boards; what is planted in one is found, shrunk and replayed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hil.edge import EdgeServer
from hil.errors import ProductFailure
from hil.firmware.build import default_firmware
from hil.links import LINKS
from hil.model.array import Array
from hil.model.inputs.photos import load_photos
from hil.model.model import Model
from hil.resources import resource
from hil.rig.rig import Rig
from hil.soak import bench as module
from hil.soak.bench import Setup
from hil.soak.conduct import Request, conduct
from hil.soak.plan import Choices

PATIENCE_S = 170.0
TINY = str(resource("models/tiny"))

# A shell lets what it starts in the background ignore Ctrl-C, and these tests with it.
HEEDING = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("hil", run_name="__main__", alter_sys=True)
"""


def started(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", HEEDING, "soak", "--board", "virtual", "--model", TINY, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def soaked(*arguments: str) -> dict[str, Any]:
    """Return the document of a soak that finds nothing."""
    process = started("--json", *arguments)
    out, err = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0, err
    document: dict[str, Any] = json.loads(out)
    return document


def request(**more: Any) -> Request:
    model, photos = Model.load(TINY), list(load_photos(resource("photos")))
    build = default_firmware().test_build
    choices = Choices(("block_3_project", "block_6_project"), ("tcp", "udp"), len(photos), 0.1)
    setup = Setup(Rig.find("virtual"), build, model, photos)
    return replace(Request(setup, choices, 1), **more)


def test_every_inference_is_right_or_ends_as_its_fault_promises() -> None:
    document = soaked("--inferences", "400", "--seed", "3", "--faults", "20%")
    assert document["inferences"] == 400
    assert document["with_fault"] > 50
    assert set(document["links"]) == set(LINKS)
    assert document["simulated"]
    assert document["finding"] is None
    assert not [held for held in document["held"] if held["flat"] is False]


def test_a_seed_comes_to_the_same_in_every_run() -> None:
    arguments = ("--inferences", "60", "--seed", "8", "--faults", "40%", "--via", "tcp,udp")
    once, again = soaked(*arguments), soaked(*arguments)
    for key in ("links", "faults", "cuts"):
        assert once[key] == again[key]


class Lying:
    """In place of outputs that are known: each third answer of an edge server is wrong."""

    def __init__(self) -> None:
        self._given = 0

    def of(self, _model: bytes, _kernels: object, invoke: Callable[[Array], Array]) -> "Lying":
        self._invoke = invoke
        return self

    def known(self, x: Array) -> Array:
        self._given += 1
        output = self._invoke(x)
        return output if self._given % 3 else np.roll(output, 1, axis=-1)


def test_an_edge_server_that_answers_wrongly_now_and_then_is_found_and_shrunk(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def lying(*arguments: Any, **more: Any) -> EdgeServer:
        return EdgeServer(*arguments, **more, kept=Lying())  # type: ignore[arg-type]

    monkeypatch.setattr(module, "EdgeServer", lying)
    result = conduct(request(inferences=50, shrink_s=60.0))
    finding, shrunk = result.soak.finding, result.shrunk
    assert finding is not None
    assert finding.ending.word == "wrong"
    assert "output" in finding.ending.sentence
    assert shrunk is not None
    assert shrunk.again
    assert shrunk.complete
    assert len(shrunk.steps) == 3 == result.soak.begun
    error = result.error(1, "hil soak --seed 1")
    assert isinstance(error, ProductFailure)
    assert error.__notes__[-1] == "replay it: hil soak --seed 1 --steps 1-3"


def test_steps_of_a_sequence_can_be_replayed_alone() -> None:
    plan = ("--seed", "4", "--faults", "100%", "--via", "udp")
    whole, some = soaked(*plan, "--inferences", "3"), soaked(*plan, "--steps", "2-3")
    assert (whole["inferences"], some["inferences"]) == (3, 2)
    for fault, words in some["faults"].items():
        assert set(words) <= set(whole["faults"][fault])


@pytest.mark.skipif(sys.platform == "win32", reason="no boards, and no such signal")
def test_ctrl_c_ends_it_with_a_summary() -> None:
    process = started("--minutes", "60", "--seed", "2")
    try:
        assert process.stdout is not None
        with pytest.raises(subprocess.TimeoutExpired):
            process.communicate(timeout=12.0)
        os.kill(process.pid, signal.SIGINT)
        out, err = process.communicate(timeout=PATIENCE_S)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "stopped after" in " ".join(out.split())
