# SPDX-License-Identifier: MIT
"""Judges an inference on a split model in three separate ways.

A difference in one of them has a different culprit, so they are kept apart: the link, the way
the model was cut, or the board's kernels.
"""

import functools
from dataclasses import dataclass

from hil.errors import BadInputError
from hil.host.activity import doing
from hil.inference.inference import Inference
from hil.inference.references import References
from hil.model.array import Array
from hil.model.compare import compare
from hil.model.model import Model
from hil.model.split import Cut


@dataclass(frozen=True)
class Verdict:
    """One judgement.

    Attributes:
        exact: whether every bit is as it must be.
        largest: largest absolute difference in the tensor's own units; 0.0 if exact.
        message: one line for a report.
    """

    exact: bool
    largest: float
    message: str

    def within(self, limit: float) -> bool:
        """Whether no element differs by more than ``limit``, in the tensor's own units."""
        return self.largest <= limit


@dataclass(frozen=True)
class Judgement:
    """The three judgements of one inference.

    Attributes:
        transport: the edge received the bytes that the board computed (CRC-32 of both). Always
            to be exact.
        composition: the output is what the reference tail makes of the received activation.
            Always to be exact.
        kernel: the activation is what the reference head makes of the input. To be exact where
            the board has reference kernels; within a stated limit with esp-nn.
    """

    transport: Verdict
    composition: Verdict
    kernel: Verdict


@doing("asking the reference model")
def judge(
    inference: Inference,
    model: Model,
    cut: Cut,
    x: Array,
    *,
    by: References | None = None,
    whole: Array | None = None,
) -> Judgement:
    """Judge an inference with its output vector.

    Args:
        inference: of a board in role head.
        model: the full model.
        cut: where it was cut.
        x: the input tensor.
        by: the reference models, to be used by one thread at a time; made if not given.
        whole: the uncut model's output for ``x``, if that is at hand: of the very activation that
            the reference head gives, the tail's output is the same, and need not be computed.

    Raises:
        BadInputError: the inference has no activation (role full) or no output vector.
    """
    if inference.activation is None or not inference.output.size:
        raise BadInputError(
            "Only an inference of a head, with its output vector, can be judged; "
            "infer with output=True."
        )
    by = by or _references(model, cut)
    kernel = _compared("activation", inference.activation, by.head(x))
    output = whole if whole is not None and kernel.exact else by.tail(inference.activation)
    composition = _compared("output", inference.output, output)
    return Judgement(_transport(inference), composition, kernel)


def judge_full(inference: Inference, model: Model, x: Array) -> Verdict:
    """Judge the kernels of a board in role full: its output against the reference model's.

    Raises:
        BadInputError: the inference has no output vector.
    """
    if not inference.output.size:
        raise BadInputError("The inference has no output vector; infer with output=True.")
    return _compared("output", inference.output, model.predict(x))


@functools.lru_cache(maxsize=4)
def _references(model: Model, cut: Cut) -> References:
    return References.of(model, cut)


def _transport(inference: Inference) -> Verdict:
    sent, received = inference.activation_crc, inference.received_crc
    if inference.transport_exact:
        return Verdict(True, 0.0, f"activation: CRC-32 {sent:08x} on both sides")
    return Verdict(
        False,
        float("inf"),
        f"activation: the board sent CRC-32 {sent:08x}, the edge received {received:08x}",
    )


def _compared(what: str, actual: Array, expected: Array) -> Verdict:
    result = compare(actual, expected)
    return Verdict(result.exact, result.largest, f"{what}: {result.message}")
