# SPDX-License-Identifier: MIT
"""What a sweep predicts without a board is what a virtual board then measures."""

from collections.abc import Iterator

import pytest

from hil.board.board import Board
from hil.edge import EdgeServer
from hil.links import LINKS
from hil.model.model import Model
from hil.model.prove import random_inputs
from hil.planning.predict import predict
from hil.planning.sweep import Sweep
from hil.resources import resource
from hil.sim.process import Lab

TRANSFER = 0.005
"""By how much a predicted transfer may be off; docs/cuts.md says so."""
TOTAL = 0.002
"""By how much a predicted time end to end may be off, besides what the requests take."""
REQUEST_US = 30
"""What the firmware takes for a request of the console, in stage load."""

CUTS = ("tfl.quantize", "block_1_expand", "block_3_project", "block_6_project", "predictions")
TIMERS_LEARN = 2  # inferences before the one that counts


@pytest.fixture(scope="module")
def model() -> Model:
    return Model.load(resource("models/tiny"))


@pytest.fixture(scope="module")
def predicted(model: Model) -> Sweep:
    return predict(model, LINKS)


@pytest.fixture(scope="module")
def boards(model: Model) -> Iterator[tuple[Board, Board]]:
    with (
        Lab.start(boards=2) as lab,
        Board.open(lab=lab) as head,
        Board.open(lab=lab, index=1) as gateway,
    ):
        head.flash(None, model, model.cuts[0])
        gateway.flash(None, None)
        yield head, gateway


@pytest.mark.parametrize("name", CUTS)
def test_a_prediction_comes_true(
    boards: tuple[Board, Board], model: Model, predicted: Sweep, name: str
) -> None:
    head, gateway = boards
    split = model.split(name)
    head.load(model, split.cut)
    (x,) = random_inputs(model.inputs, 1)
    figures = next(each for each in predicted.cuts if each.cut.index == split.cut.index)
    with EdgeServer(split.tail, split.model_id, host="127.0.0.1", stopwatch=head.stopwatch) as edge:
        for via in LINKS:
            head.connect(edge, via, gateway=gateway if via == "espnow" else None)
            for _ in range(TIMERS_LEARN):
                head.infer(x, output=False)
            stages = head.infer(x, output=False).stages
            time = figures.times[via]
            assert stages.invoke_us == pytest.approx(time.invoke_us, abs=2)
            assert stages.load_us == pytest.approx(time.load_us, abs=REQUEST_US)
            assert stages.transfer_us == pytest.approx(time.transfer_us, rel=TRANSFER), via
            slack = REQUEST_US + TOTAL * stages.total_us
            assert stages.total_us == pytest.approx(time.total_us, abs=slack), via
        head.disconnect()
