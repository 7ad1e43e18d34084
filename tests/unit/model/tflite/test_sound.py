# SPDX-License-Identifier: MIT
"""What other people's converters write, and TFLM runs: it is no damage."""

import itertools
from typing import Any

import numpy as np
import pytest
from flatmodel import GraphWriter, Writer
from operator_case import reshape

from hil.model.engine.native import micro_available
from hil.model.model import Model
from hil.model.tflite import schema
from hil.model.tflite.verify import verify


class EmptyZeroPoint:
    """A quantization whose vector of zero points is empty, and aligned to four bytes only."""

    def Pack(self, builder: Any) -> int:  # noqa: N802 - the name the generated classes call
        builder.StartVector(4, 0, 4)
        empty = builder.EndVector()
        module = schema.load()
        module.QuantizationParametersStart(builder)
        module.QuantizationParametersAddZeroPoint(builder, empty)
        return int(module.QuantizationParametersEnd(builder))


class LaterField:
    """A quantization with a field that is beyond all that there are."""

    def Pack(self, builder: Any) -> int:  # noqa: N802
        builder.StartObject(12)
        builder.PrependInt32Slot(11, 5, 0)
        return int(builder.EndObject())


def two_reshapes(change: Any = None, description: bytes = b"") -> bytes:
    """Return a float32 model of two RESHAPEs after a change to its first graph."""
    writer = Writer()
    graph = writer.graph()
    numbers = [graph.tensor((1, 4), "float32") for _ in range(3)]
    for source, result in itertools.pairwise(numbers):
        reshape(graph, source, result, (1, 4))
    graph.ends(numbers[:1], numbers[-1:])
    writer._model.description = description
    if change:
        change(graph)
    return writer.finish()


@pytest.mark.parametrize("length", [1, 5, 9, 13])
def test_an_empty_vector_has_no_alignment(length: int) -> None:
    """One of two lengths puts it where eight bytes are not aligned."""

    def change(graph: GraphWriter) -> None:
        for tensor in graph._graph.tensors[:3]:
            tensor.quantization = EmptyZeroPoint()

    assert len(verify(two_reshapes(change, b"x" * length)).operators) == 2


@pytest.mark.skipif(not micro_available(), reason="TFLM has no wheel here")
def test_scales_along_an_axis_that_does_not_matter_are_left_to_tflm(tmp_path: Any) -> None:
    """As in tflite-micro's own person_detect, whose biases have the axis of their weights."""
    writer = Writer()
    graph = writer.graph()
    source, result = graph.tensor((1, 4, 4, 2), "int8", 0.5), graph.tensor((1, 4, 4, 2), "int8", 1)
    weights = graph.constant(np.ones((1, 1, 1, 2)), "int8", [0.1, 0.2], axis=3)
    bias = graph.constant([3, 4], "int32", [0.05, 0.1], axis=3)
    graph.operator(
        *("DEPTHWISE_CONV_2D", [source, weights, bias], [result], "DepthwiseConv2DOptions"),
        **{"strideW": 1, "strideH": 1, "depthMultiplier": 1},
    )
    graph.ends([source], [result])
    path = tmp_path / "person.tflite"
    path.write_bytes(writer.finish())
    model = Model.load(path)
    assert "scales along an axis" in " ".join(verify(model.int8).unproven)
    x = np.full((1, 4, 4, 2), 10, np.int8)
    assert model.predict(x)[0, 0, 0].tolist() == [1, 1]


def test_a_field_of_a_later_format_is_not_read() -> None:
    def change(graph: GraphWriter) -> None:
        graph._graph.tensors[0].quantization = LaterField()

    assert verify(two_reshapes(change))


def test_an_unused_code_of_an_operator_that_there_is_not_is_no_matter() -> None:
    def change(graph: GraphWriter) -> None:
        graph._writer.code("FlexErf")

    assert verify(two_reshapes(change))


def test_metadata_of_2018s_converters_is_no_matter(tmp_path: Any) -> None:
    def change(graph: GraphWriter) -> None:
        graph._writer._model.metadataBuffer = np.array([0], np.int32)

    path = tmp_path / "old.tflite"
    path.write_bytes(two_reshapes(change))
    split = Model.load(path).split("0")
    assert len(verify(split.head).operators) == 1


def test_new_sizes_in_a_table_are_left_to_tflm(tmp_path: Any) -> None:
    """As in a model of sounds of tflite-support."""

    def change(graph: GraphWriter) -> None:
        sizes = graph._graph.operators[0].inputs[1]
        graph._graph.tensors[sizes].shape = np.array([1, 2], np.int32)

    path = tmp_path / "sounds.tflite"
    path.write_bytes(two_reshapes(change))
    model = Model.load(path)
    assert "sizes that are no vector" in " ".join(verify(model.int8).unproven)
    x = np.arange(4, dtype=np.float32).reshape(1, 4)
    assert model.predict(x).tolist() == x.tolist()
