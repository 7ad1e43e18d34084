# SPDX-License-Identifier: MIT
"""Every operator of TensorFlow Lite Micro on a virtual board: split, flashed, run, exact."""

from pathlib import Path

import numpy as np
import pytest
from operator_models import MODELS, two_in_two_out

from hil.board.board import Board
from hil.edge import EdgeServer
from hil.inference.judgement import judge
from hil.model.engine.native import micro_available
from hil.model.model import Model
from hil.model.prove import random_inputs
from hil.model.tflite.graph import separate
from hil.model.tflite.verify import verify

pytestmark = pytest.mark.skipif(not micro_available(), reason="TFLM has no wheel here")


@pytest.fixture(scope="module")
def board(lab):
    with Board.open(lab=lab, index=1) as board:
        board.flash(None, None)
        yield board


@pytest.mark.parametrize("kind", MODELS)
def test_its_model_is_cut_after_it_flashed_and_exact(
    board: Board, kind: str, tmp_path: Path
) -> None:
    path = tmp_path / f"{kind}.tflite"
    path.write_bytes(MODELS[kind].model())
    model = Model.load(path)
    x = next(random_inputs(model.inputs, 1, seed=7))
    before, *_, after = model.cuts
    assert kind in {operator.kind for operator in verify(model.split(after).head).operators}
    assert kind in {operator.kind for operator in verify(model.split(before).tail).operators}

    split = model.split(after)
    board.load(model, after)
    with EdgeServer(split.tail, split.model_id, stopwatch=board.stopwatch) as edge:
        board.connect(edge)
        inference = board.infer(x, output=True)

    judgement = judge(inference, model, after, x)
    assert judgement.transport.exact, judgement.transport.message
    assert judgement.composition.exact, judgement.composition.message
    assert judgement.kernel.exact, judgement.kernel.message
    assert inference.output.tobytes() == model.predict(x).tobytes()


def test_a_model_of_several_inputs_and_outputs_runs_whole_and_cut(
    board: Board, tmp_path: Path
) -> None:
    path = tmp_path / "several.tflite"
    path.write_bytes(two_in_two_out())
    model = Model.load(path)
    left, right = np.float32([[1, 2, 3, 4]]), np.float32([[-1, -1.5, 1, 1]])
    x = model.join([left, right])
    board.load(model, role="full")
    whole = board.infer(x).output
    less, flags = separate(whole, verify(model.int8).output_specs)
    assert np.array_equal(less, -(left + right))
    assert np.array_equal(flags, left + right > 0.5)

    (cut,) = model.cuts
    split = model.split(cut)
    board.load(model, cut)
    with EdgeServer(split.tail, split.model_id, stopwatch=board.stopwatch) as edge:
        board.connect(edge)
        assert np.array_equal(board.infer(x).output, whole)


@pytest.mark.parametrize("kind", ["VAR_HANDLE", "SVDF", "UNIDIRECTIONAL_SEQUENCE_LSTM"])
def test_state_is_begun_afresh_by_every_inference(board: Board, kind: str, tmp_path: Path) -> None:
    path = tmp_path / "state.tflite"
    path.write_bytes(MODELS[kind].model())
    model = Model.load(path)
    assert model.stateful
    x = next(random_inputs(model.inputs, 1))
    board.load(model, role="full")
    first, second = board.infer(x), board.infer(x)
    assert first.output.tobytes() == second.output.tobytes() == model.predict(x).tobytes()
    assert model.predict(x).tobytes() == model.predict(x).tobytes()
