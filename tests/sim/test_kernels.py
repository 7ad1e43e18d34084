# SPDX-License-Identifier: MIT
"""Running models as the virtual board does, and refusing those it cannot run."""

import numpy as np
import pytest

from hil.model.interpreter import Interpreter, Kernels
from hil.model.model import Model
from hil.model.tflite.verify import verify
from hil.resources import resource
from hil.sim.clock.clock import CYCLES_PER_US
from hil.sim.clock.cost import OPEN_US_PER_OPERATOR, invoke_cycles, open_cycles
from hil.sim.kernels import ArenaError, ModelRejectedError, open_runner

ARENA = 1 << 20


@pytest.fixture(scope="module")
def tiny() -> bytes:
    return Model.load(resource("models/tiny")).int8


def test_the_device_gives_the_bits_of_the_reference_kernels(tiny: bytes) -> None:
    runner, reference = open_runner(tiny, ARENA), Interpreter(tiny, Kernels.REFERENCE)
    random = np.random.default_rng(1)
    for _ in range(5):
        x = random.integers(0, 256, reference.input.shape).astype(reference.input.dtype)
        assert runner.invoke(x.tobytes()) == reference.invoke(x).tobytes()


def test_an_arena_that_is_too_small_is_refused_saying_by_how_much(tiny: bytes) -> None:
    pytest.importorskip("tflite_micro", reason="only TFLM has an arena")
    needed = open_runner(tiny, ARENA).arena_used
    assert 0 < needed < ARENA
    with pytest.raises(ArenaError) as caught:
        open_runner(tiny, 4096)
    assert f"{needed} bytes of arena, {needed - 4096} more than the 4096" in str(caught.value)


@pytest.mark.parametrize("length", [0, 8, 100, 1000])
def test_a_truncated_model_is_rejected_before_native_code_sees_it(tiny: bytes, length: int) -> None:
    with pytest.raises(ModelRejectedError):
        open_runner(tiny[:length], ARENA)


def test_the_cost_of_the_default_model_is_that_of_a_whole_model_in_psram() -> None:
    """Near 4 s for 154 M multiply-accumulates, as Espressif's whole-model figures have it."""
    graph = verify(Model.load(resource("models/dogs19")).int8)
    seconds = invoke_cycles(graph) / CYCLES_PER_US / 1e6
    assert 3.0 < seconds < 5.5


def test_head_and_tail_cost_what_the_whole_costs() -> None:
    model = Model.load(resource("models/tiny"))
    split = model.split()
    parts = invoke_cycles(verify(split.head)) + invoke_cycles(verify(split.tail))
    assert parts == invoke_cycles(verify(model.int8))


def test_opening_takes_time_for_every_operator(tiny: bytes) -> None:
    graph = verify(tiny)
    assert open_cycles(graph) == len(graph.operators) * OPEN_US_PER_OPERATOR * CYCLES_PER_US
