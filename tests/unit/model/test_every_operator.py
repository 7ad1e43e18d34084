# SPDX-License-Identifier: MIT
"""A model for every operator of TensorFlow Lite Micro: verified, tried, cut, and proven exact."""

from pathlib import Path

import pytest
from operator_models import MODELS

from hil.model.engine.native import micro_available
from hil.model.model import Model
from hil.model.prove import Prover, random_inputs
from hil.model.tflite.kinds import CUSTOM, KINDS
from hil.model.tflite.verify import verify

pytestmark = pytest.mark.skipif(not micro_available(), reason="TFLM has no wheel here")


def test_every_operator_has_a_model() -> None:
    assert set(MODELS) == {*KINDS.values(), *CUSTOM}


@pytest.mark.parametrize("kind", MODELS)
def test_cuts_before_and_after_it_are_exact(kind: str, tmp_path: Path) -> None:
    path = tmp_path / f"{kind}.tflite"
    path.write_bytes(MODELS[kind].model())
    model = Model.load(path)
    before, *_, after = model.cuts
    inputs = [(str(i), x) for i, x in enumerate(random_inputs(model.inputs, 3))]
    prover = Prover(model.int8)
    for cut, part in ((before, "tail"), (after, "head")):
        split = model.split(cut)
        assert kind in {each.kind for each in verify(getattr(split, part)).operators}
        assert prover.prove(split, inputs) == 3
