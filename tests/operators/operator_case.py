# SPDX-License-Identifier: MIT
"""A model of one operator between two RESHAPEs, and the kinds that many operators are of."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from flatmodel import GraphWriter, Writer

Shape = Sequence[int]


Build = Callable[[GraphWriter, int], int]
"""Adds the operator to a graph, fed by a tensor, and returns the tensor that comes out."""


_RANDOM = np.random.default_rng(12)


_OPTIONS = {"SOFTMAX": {"beta": 1.0}, "LEAKY_RELU": {"alpha": 0.3}}


class Case:
    """A model to be: what goes in, and what the operator does with it."""

    def __init__(
        self,
        shape: Shape,
        dtype: str,
        build: Build,
        scale: float | None = None,
        zero: int = 0,
        once: Callable[[GraphWriter], None] | None = None,
    ) -> None:
        self.shape, self.dtype, self.build = tuple(shape), dtype, build
        self.scale, self.zero, self.once = scale, zero, once

    def model(self) -> bytes:
        """Return the model."""
        writer = Writer()
        graph = writer.graph()
        source = graph.tensor(self.shape, self.dtype, self.scale, self.zero, name="source")
        fed = graph.tensor(self.shape, self.dtype, self.scale, self.zero, name="fed")
        reshape(graph, source, fed, self.shape)
        made = self.build(graph, fed)
        tensor = graph._graph.tensors[made]
        size = int(np.prod(tensor.shape, initial=1))
        result = graph.like(made, (1, size), "result")
        reshape(graph, made, result, (1, size))
        graph.ends([source], [result])
        return writer.finish()


def reshape(graph: GraphWriter, source: int, result: int, shape: Shape) -> None:
    sizes = graph.constant(list(shape), "int32")
    graph.operator("RESHAPE", [source, sizes], [result], "ReshapeOptions", newShape=list(shape))


def floats(*shape: int, low: float = -1.0, high: float = 1.0) -> np.ndarray:
    return _RANDOM.uniform(low, high, shape).astype(np.float32)


def simple(
    kind: str,
    shape: Shape,
    result: Shape,
    dtype: str = "float32",
    out: str | None = None,
    options: str = "",
    consts: Sequence[tuple[Any, str]] = (),
    scale: float | None = None,
    first: bool = True,
    **fields: Any,
) -> Case:
    """Return a case of an operator with one tensor in and one out, beside constants."""

    def build(graph: GraphWriter, fed: int) -> int:
        numbers = [graph.constant(values, kind) for values, kind in consts]
        made = graph.tensor(result, out or dtype, scale if (out or dtype) != "bool" else None)
        inputs = [fed, *numbers] if first else [*numbers, fed]
        graph.operator(kind, inputs, [made], options, **fields)
        return made

    return Case(shape, dtype, build, scale)


def binary(kind: str, dtype: str = "float32", out: str | None = None, options: str = "") -> Case:
    """Return a case of two tensors of one shape: what is fed, and a constant."""
    if dtype == "float32":
        other: Any = floats(1, 6, low=0.5, high=2.0)
    elif dtype == "bool":
        other = [[True, False, True, True, False, False]]
    else:
        other = [[1, 2, 3, 4, 5, 6]]
    return simple(kind, (1, 6), (1, 6), dtype, out, options, [(other, dtype)])


def split(kind: str) -> Case:
    """Return a case of SPLIT or SPLIT_V into two, of which the second goes on."""

    def build(graph: GraphWriter, fed: int) -> int:
        axis = graph.constant(1 if kind == "SPLIT_V" else [1], "int32")
        made = [graph.tensor((1, size), "float32") for size in ((2, 4) if "V" in kind else (3, 3))]
        if kind == "SPLIT_V":
            sizes = graph.constant([2, 4], "int32")
            graph.operator(kind, [fed, sizes, axis], made, "SplitVOptions", numSplits=2)
        else:
            graph.operator(kind, [axis, fed], made, "SplitOptions", numSplits=2)
        return made[1]

    return Case((1, 6), "float32", build)


def convolution(kind: str) -> Case:
    def build(graph: GraphWriter, fed: int) -> int:
        depthwise = kind == "DEPTHWISE_CONV_2D"
        shape = (1, 3, 3, 2) if depthwise else (4, 3, 3, 2)
        channels = 2 if depthwise else 4
        scales = [0.01 * (1 + each) for each in range(channels)]
        weights = graph.constant(
            _RANDOM.integers(-127, 128, shape), "int8", scales, axis=3 if depthwise else 0
        )
        bias = graph.constant([100 * each for each in range(channels)], "int32")
        made = graph.tensor((1, 5, 5, channels), "int8", 0.1, 3)
        name = "DepthwiseConv2DOptions" if depthwise else "Conv2DOptions"
        more = {"depthMultiplier": 1} if depthwise else {}
        graph.operator(kind, [fed, weights, bias], [made], name, strideW=1, strideH=1, **more)
        return made

    return Case((1, 5, 5, 2), "int8", build, 0.05, -1)


def custom(
    kind: str,
    shape: Shape,
    dtype: str,
    results: Sequence[tuple[Shape, str]],
    consts: Sequence[tuple[Any, str]] = (),
    scale: float | None = None,
    **fields: Any,
) -> Case:
    """Return a case of a custom operator; the first of its results goes on."""

    def build(graph: GraphWriter, fed: int) -> int:
        numbers = [graph.constant(values, kind) for values, kind in consts]
        made = [graph.tensor(each, kind, scale) for each, kind in results]
        graph.operator(kind, [fed, *numbers], made, custom=fields)
        return made[0]

    return Case(shape, dtype, build, scale)


def quantized(kind: str, result: tuple[float, int] = (0.05, -1), options: str = "") -> Case:
    """Return a case of one int8 tensor in and one out, of the same shape."""

    def build(graph: GraphWriter, fed: int) -> int:
        made = graph.tensor((1, 6), "int8", *result)
        graph.operator(kind, [fed], [made], options, **_OPTIONS.get(kind, {}))
        return made

    return Case((1, 6), "int8", build, 0.05, -1)


def joining(kind: str, result: tuple[float, int], options: str) -> Case:
    """Return a case of two int8 tensors of one shape."""

    def build(graph: GraphWriter, fed: int) -> int:
        other = graph.constant(_RANDOM.integers(-128, 128, (1, 6)), "int8", 0.05, zero=-1)
        made = graph.tensor((1, 6), "int8", *result)
        graph.operator(kind, [fed, other], [made], options)
        return made

    return Case((1, 6), "int8", build, 0.05, -1)


def pool(kind: str, dtype: str = "int8") -> Case:
    def build(graph: GraphWriter, fed: int) -> int:
        quantization = (0.05, -1) if dtype == "int8" else (None,)
        made = graph.tensor((1, 2, 2, 2), dtype, *quantization)
        sizes = {"filterWidth": 2, "filterHeight": 2, "strideW": 2, "strideH": 2}
        graph.operator(kind, [fed], [made], "Pool2DOptions", **sizes)
        return made

    return Case((1, 4, 4, 2), dtype, build, *((0.05, -1) if dtype == "int8" else ()))


def reducing(kind: str, dtype: str = "float32", out: str | None = None) -> Case:
    case = ([1, 2], "int32")
    return simple(kind, (1, 3, 4, 2), (1, 2), dtype, out, "ReducerOptions", [case])
