# SPDX-License-Identifier: MIT
"""A short soak of virtual boards; what is planted in one is found, shrunk and replayed."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hil.board.board import Board
from hil.edge import EdgeServer
from hil.errors import ProductFailure
from hil.firmware.build import default_firmware
from hil.inference.inference import Inference
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
from hil.soak.summary import headline

PATIENCE_S = 170.0
TINY = str(resource("models/tiny"))


def soaked(*arguments: str) -> dict[str, Any]:
    """Return the document of a soak that finds nothing."""
    command = [sys.executable, "-m", "hil", "soak", "--board", "virtual", "--model", TINY]
    ended = subprocess.run(
        [*command, "--json", *arguments],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr
    document: dict[str, Any] = json.loads(ended.stdout)
    return document


def request(**more: Any) -> Request:
    model, photos = Model.load(TINY), list(load_photos(resource("photos")))
    build = default_firmware().test_build
    choices = Choices(("block_3_project", "block_6_project"), ("tcp", "udp"), len(photos), 0.1)
    setup = Setup(Rig.find("virtual"), build, model, photos)
    return replace(Request(setup, choices, 1), **more)


def test_every_inference_is_right_or_ends_as_its_fault_promises() -> None:
    document = soaked("--inferences", "250", "--seed", "3", "--faults", "20%")
    assert document["inferences"] == 250
    assert document["with_fault"] > 25
    assert set(document["links"]) == set(LINKS)
    assert document["simulated"]
    assert document["finding"] is None
    assert not [held for held in document["held"] if held["flat"] is False]


def test_a_seed_comes_to_the_same_in_every_run() -> None:
    arguments = ("--inferences", "40", "--seed", "8", "--faults", "40%", "--via", "tcp,udp")
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


def test_ctrl_c_amid_an_inference_ends_it_with_all_that_was_done(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made = 0
    infer = Board.infer

    def interrupted(board: Board, *arguments: Any, **more: Any) -> Inference:
        nonlocal made
        made += 1
        if made == 20:
            threading.Thread(target=os.kill, args=(os.getpid(), signal.SIGINT)).start()
        return infer(board, *arguments, **more)

    monkeypatch.setattr(Board, "infer", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        result = conduct(request(inferences=100_000))
    finally:
        signal.signal(signal.SIGINT, before)
    soak = result.soak
    assert soak.interrupted
    assert soak.finding is None
    assert 19 <= soak.account.inferences <= soak.begun < 100
    assert "stopped after" in headline(soak, 1)
