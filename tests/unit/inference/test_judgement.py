# SPDX-License-Identifier: MIT
"""The three judgements: each finds its own culprit, and only that."""

import dataclasses
import zlib

import numpy as np
import pytest

from hil.errors import BadInputError
from hil.inference.inference import HostTimes, Inference, Stages
from hil.inference.judgement import judge, judge_full
from hil.model.interpreter import Interpreter
from hil.model.model import Model
from hil.resources import resource


@pytest.fixture(scope="module")
def model():
    return Model.load(resource("models/tiny"))


@pytest.fixture(scope="module")
def x(model):
    return np.random.default_rng(3).integers(0, 256, model.input.shape, np.uint8)


@pytest.fixture
def inference(model, x):
    """Return what a board and a link without fault would give."""
    split = model.split()
    activation = Interpreter(split.head).invoke(x)
    crc = zlib.crc32(activation.tobytes())
    return Inference(
        top5=(),
        output=Interpreter(split.tail).invoke(activation),
        stages=Stages(0, 0, 0, 0, 0),
        activation=activation,
        activation_crc=crc,
        received_crc=crc,
        message_id=1,
        via="tcp",
        simulated=True,
        host=HostTimes(0),
    )


def verdicts(inference, model, x):
    judgement = judge(inference, model, model.default_cut, x)
    return tuple(
        verdict.exact for verdict in (judgement.transport, judgement.composition, judgement.kernel)
    )


def changed(array):
    """Return a copy with one element changed by one."""
    copy = array.copy()
    copy.flat[0] ^= 1
    return copy


def test_without_a_fault_all_are_exact(inference, model, x):
    assert verdicts(inference, model, x) == (True, True, True)


def test_a_link_that_changes_bytes_is_not_transport_exact(inference, model, x):
    broken = dataclasses.replace(inference, received_crc=inference.received_crc ^ 1)
    assert verdicts(broken, model, x) == (False, True, True)


def test_a_wrong_output_is_not_composition_exact(inference, model, x):
    broken = dataclasses.replace(inference, output=changed(inference.output))
    assert verdicts(broken, model, x) == (True, False, True)


def test_other_kernels_are_not_kernel_exact_and_say_by_how_much(inference, model, x):
    activation = changed(inference.activation)
    output = Interpreter(model.split().tail).invoke(activation)
    other = dataclasses.replace(inference, activation=activation, output=output)
    assert verdicts(other, model, x) == (True, True, False)
    kernel = judge(other, model, model.default_cut, x).kernel
    assert kernel.largest == 1.0
    assert kernel.within(1.0)
    assert not kernel.within(0.5)
    assert "1 of" in kernel.message


def test_an_inference_without_output_cannot_be_judged(inference, model, x):
    nothing = dataclasses.replace(inference, output=np.zeros(0, np.uint8))
    with pytest.raises(BadInputError, match="output=True"):
        judge(nothing, model, model.default_cut, x)
    with pytest.raises(BadInputError, match="output=True"):
        judge_full(nothing, model, x)
