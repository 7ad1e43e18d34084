# SPDX-License-Identifier: MIT
"""The tiny model, and models made for one test."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import pytest

from hil.model.model import Model
from hil.model.tflite import schema

ROOT = Path(__file__).parents[3]
FLOAT32 = 0


@pytest.fixture(scope="session")
def dogs19() -> Model:
    return Model.load(ROOT / "models" / "dogs19")


@pytest.fixture
def altered(tiny: Model) -> Callable[[Callable[[Any], None]], bytes]:
    """Return the tiny model after a change to its object tree."""

    def alter(change: Callable[[Any], None]) -> bytes:
        tree = schema.load().ModelT.InitFromPackedBuf(tiny.int8, 0)
        change(tree)
        return packed(tree)

    return alter


@pytest.fixture(scope="session")
def additions() -> Callable[[Sequence[tuple[int, int]], int], bytes]:
    return _additions


def packed(tree: Any) -> bytes:
    builder = flatbuffers.Builder(1 << 17)
    builder.Finish(tree.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _additions(operands: Sequence[tuple[int, int]], output: int) -> bytes:
    """Make a float32 model of ADD operators over vectors of four.

    Tensor 0 is the input; operator ``i`` makes tensor ``i + 1`` of the two tensors given.
    """
    module = schema.load()
    tree, graph, code = module.ModelT(), module.SubGraphT(), module.OperatorCodeT()
    code.builtinCode = code.deprecatedBuiltinCode = module.BuiltinOperator.ADD
    code.version = 1
    graph.tensors, graph.operators = [], []
    for number in range(len(operands) + 1):
        tensor = module.TensorT()
        tensor.shape, tensor.type = np.array([1, 4], np.int32), FLOAT32
        tensor.name = f"model/layer_{number}/Add".encode()
        graph.tensors.append(tensor)
    for number, pair in enumerate(operands):
        operator = module.OperatorT()
        operator.inputs = np.array(pair, np.int32)
        operator.outputs = np.array([number + 1], np.int32)
        operator.builtinOptionsType = module.BuiltinOptions.AddOptions
        operator.builtinOptions = module.AddOptionsT()
        graph.operators.append(operator)
    graph.inputs, graph.outputs = np.array([0], np.int32), np.array([output], np.int32)
    tree.version, tree.operatorCodes, tree.subgraphs = 3, [code], [graph]
    tree.buffers = [module.BufferT()]
    return packed(tree)
