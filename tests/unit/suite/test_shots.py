# SPDX-License-Identifier: MIT
"""Photos on a board that is played: judged once, predicted in all ways, whatever has been kept."""

import zlib
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from hil.inference.inference import HostTimes, Inference, Stages
from hil.inference.references import References
from hil.model.array import Array
from hil.model.inputs.photos import Photo, load_photos
from hil.model.interpreter import Kernels
from hil.model.model import Model
from hil.model.predictions import Predictions
from hil.resources import resource
from hil.results import Results
from hil.suite.helpers.shots import Shots


class Played:
    """A board with reference kernels, or with a fault in its activation or its output."""

    info = SimpleNamespace(kernels="reference")

    def __init__(self, model: Model, fault: str = "") -> None:
        self._by = References.of(model, model.default_cut)
        self._fault = fault
        self.inferred: list[str] = []

    def infer(self, x: Array, *, of: Photo) -> Inference:
        self.inferred.append(of.name)
        activation = self._by.head(x)
        if self._fault == "activation":
            activation = activation ^ np.array(0x40, activation.dtype)
        output = self._by.tail(activation)
        if self._fault == "output":
            output = output ^ np.array(1, output.dtype)
        crc = zlib.crc32(activation.tobytes())
        return Inference(
            (), output, Stages(0, 0, 0, 0, 0), activation, crc, crc, 1, "tcp", True, HostTimes(0)
        )


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load(resource("models/tiny"))


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Predictions]:
    predictions = Predictions(tmp_path)
    yield predictions
    predictions.close()


def photos() -> list[Any]:
    return list(load_photos(resource("photos")))[:6]


def exact(shots: Shots) -> set[tuple[bool, ...]]:
    return {
        (*(each.exact for each in vars(shot.judgement).values()), shot.full.exact) for shot in shots
    }


def test_each_photo_is_inferred_once_and_predicted_in_all_ways(
    model: Model, kept: Predictions
) -> None:
    board, results = Played(model), Results()
    counted: list[int] = []
    shots = Shots(
        board,  # type: ignore[arg-type]  # played
        model,
        model.default_cut,
        photos(),
        results,
        kept,
        lambda total: counted.append if total else lambda done: None,
    )
    shots.of(photos()[2])
    assert exact(shots) == exact(shots) == {(True, True, True, True)}
    assert sorted(board.inferred) == [photo.name for photo in photos()]
    assert counted == [1, 1, 2, 3, 4, 5]
    ways = {"full", "xnnpack"} | ({"float32"} if model.float32 else set())
    assert all(set(record.top5) == ways for record in results.photos)


def test_the_second_run_runs_no_reference(model: Model, tmp_path: Path) -> None:
    for run in (1, 2):
        kept = Predictions(tmp_path)
        shots = Shots(Played(model), model, model.default_cut, photos(), Results(), kept)  # type: ignore[arg-type]
        assert exact(shots) == {(True, True, True, True)}
        ways = 4 if model.float32 else 3  # full, head, XNNPACK, float
        assert kept.found == (0 if run == 1 else ways * len(photos()))
        split = model.split()
        shot = next(iter(shots))
        assert shot.inference.activation is not None
        tail = kept.of(split.tail, Kernels.REFERENCE, lambda x: x).known(shot.inference.activation)
        assert tail is not None  # for the edge server
        assert tail.tobytes() == shot.inference.output.tobytes()
        kept.close()


@pytest.mark.parametrize(
    ("fault", "verdicts"),
    [("activation", (True, True, False, False)), ("output", (True, False, True, False))],
)
def test_a_fault_of_the_board_has_its_own_culprit_also_when_all_is_known(
    model: Model, tmp_path: Path, fault: str, verdicts: tuple[bool, ...]
) -> None:
    for _ in range(2):
        kept = Predictions(tmp_path)
        good = Shots(Played(model), model, model.default_cut, photos(), Results(), kept)  # type: ignore[arg-type]
        assert exact(good) == {(True, True, True, True)}
        bad = Shots(Played(model, fault), model, model.default_cut, photos(), Results(), kept)  # type: ignore[arg-type]
        assert exact(bad) == {verdicts}
        kept.close()


def test_a_prediction_that_was_kept_wrong_fails_no_board(model: Model, kept: Predictions) -> None:
    by, split = References.of(model, model.default_cut), model.split()
    for flatbuffer, run in ((model.int8, by.full), (split.head, by.head)):
        wrong = kept.of(flatbuffer, Kernels.REFERENCE, run)
        for photo in photos():
            x = model.input_tensor(photo)
            wrong.keep(x, run(x) ^ np.array(1, run(x).dtype))
    shots = Shots(Played(model), model, model.default_cut, photos(), Results(), kept)  # type: ignore[arg-type]
    assert exact(shots) == {(True, True, True, True)}
