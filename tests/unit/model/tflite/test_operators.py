# SPDX-License-Identifier: MIT
"""The rules of the operators, one by one, and a model that has nearly all of them."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hil.model.model import Model
from hil.model.prove import Prover, random_inputs
from hil.model.tflite.graph import Operator, Tensor
from hil.model.tflite.kinds import KINDS
from hil.model.tflite.operators import RULES, RuleError
from hil.model.tflite.verify import verify

OPERATORS = Path(__file__).with_name("operators_int8.tflite")


def tensor(*shape: int, dtype: str = "int8", scale: float = 0.5, zero: int = 0) -> Tensor:
    quantized = dtype in ("int8", "uint8")
    scales = np.array([scale] * quantized, np.float32)
    return Tensor("", shape, dtype, scales, np.array([zero] * quantized), 0, None)


def floats(*shape: int) -> Tensor:
    return tensor(*shape, dtype="float32")


def constant(*values: int, shape: tuple[int, ...] | None = None) -> Tensor:
    data = np.array(values, np.int32)
    shape = (len(values),) if shape is None else shape
    return Tensor("", shape, "int32", np.empty(0), np.empty(0), 0, data)


def broken(kind: str, inputs: Sequence[Tensor], result: Tensor, **options: Any) -> str:
    """Return why the rule of ``kind`` refuses these tensors; empty if it does not."""
    rule = RULES[kind]
    operator = Operator(kind, tuple(range(len(inputs))), (len(inputs),), options)
    try:
        rule.check(operator, inputs, result)
        if rule.fold is not None:
            rule.fold(operator, inputs, result)
    except RuleError as error:
        return str(error)
    return ""


POOL = {"padding": 1, "stride_h": 2, "stride_w": 1, "filter_h": 2, "filter_w": 3, "activation": 0}
SLICE = {
    "begin_mask": 0,
    "end_mask": 0,
    "ellipsis_mask": 0,
    "new_axis_mask": 0,
    "shrink_axis_mask": 1,
    "offset": False,
}

# kind, inputs, output, options, and what the rule says ("" where it holds).
CASES: list[tuple[str, list[Tensor], Tensor, dict[str, Any], str]] = [
    ("MAX_POOL_2D", [tensor(1, 8, 8, 4)], tensor(1, 4, 6, 4), POOL, ""),
    ("MAX_POOL_2D", [tensor(1, 8, 8, 4)], tensor(1, 4, 8, 4), POOL, "output shape"),
    ("MAX_POOL_2D", [tensor(1, 8, 8, 4)], tensor(1, 4, 6, 5), POOL, "number of channels"),
    ("MAX_POOL_2D", [tensor(2, 8, 8, 4)], tensor(1, 4, 6, 4), POOL, "batch"),
    ("MAX_POOL_2D", [tensor(1, 1, 8, 4)], tensor(1, 0, 6, 4), POOL, "output shape"),
    ("AVERAGE_POOL_2D", [tensor(1, 8, 8, 4)], tensor(1, 4, 6, 4, scale=1), POOL, "quantization"),
    ("AVERAGE_POOL_2D", [tensor(8, 8, 4)], tensor(1, 4, 6, 4), POOL, "four dimensions"),
    ("RELU", [tensor(1, 4)], tensor(1, 4), {}, ""),
    ("RELU", [tensor(1, 4)], tensor(4, 1), {}, "shape"),
    ("TANH", [tensor(1, 4)], floats(1, 4), {}, "element types"),
    ("LEAKY_RELU", [tensor(1, 4)], tensor(1, 4), {"alpha": 0.3}, ""),
    ("LEAKY_RELU", [tensor(1, 4)], tensor(1, 4), {"alpha": float("inf")}, "slope"),
    ("SOFTMAX", [tensor(1, 4)], tensor(1, 4), {"beta": 1.0}, ""),
    ("SOFTMAX", [tensor(1, 4)], tensor(1, 4), {"beta": 0.0}, "beta"),
    ("SOFTMAX", [tensor(1, 4, scale=1e-9)], tensor(1, 4), {"beta": 1.0}, "scales out of range"),
    ("SOFTMAX", [floats(1, 4)], floats(1, 4), {"beta": float("nan")}, "beta"),
    ("MUL", [tensor(1, 4, 4, 2), tensor(1, 1, 1, 2)], tensor(1, 4, 4, 2), {"activation": 1}, ""),
    ("MUL", [tensor(1, 4), tensor(1, 3)], tensor(1, 4), {"activation": 0}, "broadcast"),
    ("MUL", [tensor(1, 4), tensor(1, 1)], tensor(1, 1), {"activation": 0}, "output shape"),
    ("MUL", [tensor(1, 4), tensor(1, 4)], tensor(1, 4), {"activation": 9}, "activation"),
    ("MINIMUM", [tensor(1, 4), tensor(1, 4)], tensor(1, 4), {}, ""),
    ("MAXIMUM", [tensor(1, 4), tensor(1, 4, zero=3)], tensor(1, 4), {}, "quantization"),
    ("SUB", [tensor(1, 4), tensor(1, 4)], tensor(1, 4), {"activation": 0}, ""),
    ("SUB", [tensor(1, 4, scale=1e9), tensor(1, 4)], tensor(1, 4), {"activation": 0}, "scales"),
    ("QUANTIZE", [floats(1, 4)], tensor(1, 4), {}, ""),
    ("QUANTIZE", [floats(1, 4)], floats(1, 4), {}, "element types"),
    ("DEQUANTIZE", [tensor(1, 4)], floats(1, 4), {}, ""),
    ("DEQUANTIZE", [tensor(1, 4)], floats(1, 5), {}, "shape"),
    ("RESHAPE", [tensor(2, 6), constant(3, -1)], tensor(3, 4), {}, ""),
    ("RESHAPE", [tensor(2, 6)], tensor(12), {"new_shape": np.array([12])}, ""),
    ("RESHAPE", [tensor(2, 6)], tensor(12), {}, "no new shape"),
    ("RESHAPE", [tensor(2, 6), constant(-1, -1)], tensor(3, 4), {}, "output shape"),
    ("RESHAPE", [tensor(2, 6), constant(0, -1)], tensor(3, 4), {}, "without elements"),
    ("RESHAPE", [tensor(2, 6), constant(3, 5)], tensor(3, 5), {}, "number of elements"),
    ("RESHAPE", [tensor(2, 6), tensor(2, dtype="int32")], tensor(3, 4), {}, "not constant"),
    ("SQUEEZE", [tensor(1, 4, 1)], tensor(1, 4), {"squeeze_dims": [-1]}, ""),
    ("SQUEEZE", [tensor(1, 4, 1)], tensor(4), {"squeeze_dims": None}, ""),
    ("SQUEEZE", [tensor(1, 4, 1)], tensor(1, 4), {"squeeze_dims": [0, 2]}, "output shape"),
    ("SQUEEZE", [tensor(1, 4, 1)], tensor(1, 4), {"squeeze_dims": [3]}, "out of range"),
    ("EXPAND_DIMS", [tensor(3, 4), constant(-1)], tensor(3, 4, 1), {}, ""),
    ("EXPAND_DIMS", [tensor(3, 4), constant(1)], tensor(3, 1, 4), {}, ""),
    ("EXPAND_DIMS", [tensor(3, 4), constant(3)], tensor(3, 4, 1), {}, "out of range"),
    ("TRANSPOSE", [tensor(2, 3, 4), constant(2, 0, 1)], tensor(4, 2, 3), {}, ""),
    ("TRANSPOSE", [tensor(2, 3, 4), constant(2, 0, 0)], tensor(4, 2, 3), {}, "odd axes"),
    ("TRANSPOSE", [tensor(2, 3, 4), constant(0, 1, 2)], tensor(4, 2, 3), {}, "output shape"),
    ("PAD", [tensor(2, 3), constant(1, 0, 0, 2, shape=(2, 2))], tensor(3, 5), {}, ""),
    ("PAD", [tensor(2, 3), constant(1, 0, 0, 2, shape=(2, 2))], tensor(3, 4), {}, "output shape"),
    ("PAD", [tensor(2, 3), constant(3, -2, 0, 2, shape=(2, 2))], tensor(3, 5), {}, "negative"),
    ("PAD", [tensor(2, 3), constant(1, 0, shape=(1, 2))], tensor(3, 3), {}, "misshapen"),
    (
        "CONCATENATION",
        [tensor(1, 3), tensor(1, 2)],
        tensor(1, 5),
        {"axis": -1, "activation": 0},
        "",
    ),
    (
        "CONCATENATION",
        [tensor(1, 3), tensor(1, 2)],
        tensor(1, 6),
        {"axis": 1, "activation": 0},
        "output shape",
    ),
    (
        "CONCATENATION",
        [tensor(1, 3), tensor(2, 2)],
        tensor(1, 5),
        {"axis": 1, "activation": 0},
        "do not fit",
    ),
    (
        "CONCATENATION",
        [tensor(1, 3), tensor(1, 2)],
        tensor(1, 5),
        {"axis": 2, "activation": 0},
        "out of range",
    ),
    ("MEAN", [tensor(1, 4, 4, 2), constant(1, 2)], tensor(1, 2), {"keep_dims": False}, ""),
    ("MEAN", [tensor(1, 4, 4, 2), constant(1, -2)], tensor(1, 1, 1, 2), {"keep_dims": True}, ""),
    ("MEAN", [tensor(1, 4, 4, 2), constant(1, -3)], tensor(1, 4, 2), {"keep_dims": False}, "twice"),
    ("STRIDED_SLICE", [constant(7, 8, 9), *map(constant, (1, 2, 1))], constant(8), SLICE, ""),
    ("STRIDED_SLICE", [constant(7, 8, 9), *map(constant, (3, 4, 1))], constant(8), SLICE, "range"),
    ("STRIDED_SLICE", [constant(7, 8, 9), *map(constant, (0, 2, 2))], constant(7), SLICE, "odd"),
    (
        "PACK",
        [constant(4, shape=()), constant(5, shape=())],
        constant(4, 5),
        {"axis": 0, "count": 2},
        "",
    ),
    (
        "PACK",
        [constant(4, shape=()), constant(5)],
        constant(4, 5),
        {"axis": 0, "count": 2},
        "number",
    ),
    ("PACK", [constant(4, shape=())], constant(4), {"axis": 0, "count": 2}, "another number"),
]


@pytest.mark.parametrize(("kind", "inputs", "result", "options", "reason"), CASES)
def test_a_rule_holds_or_says_what_is_wrong(
    kind: str, inputs: list[Tensor], result: Tensor, options: dict[str, Any], reason: str
) -> None:
    said = broken(kind, inputs, result, **options)
    assert reason in said if reason else said == ""


def test_rules_are_of_operators_that_there_are() -> None:
    assert set(RULES) < set(KINDS.values())


def test_a_model_of_many_operators_verifies_and_cuts_exactly() -> None:
    model = Model.load(OPERATORS)
    kinds = {operator.kind for operator in verify(model.int8).operators}
    assert len(kinds) == 23
    assert len(model.cuts) == 14
    inputs = [(str(i), x) for i, x in enumerate(random_inputs(model.input, 3))]
    prover = Prover(model.int8)
    for cut in model.cuts:
        assert prover.prove(model.split(cut), inputs) == 3
