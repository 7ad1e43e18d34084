# SPDX-License-Identifier: MIT
"""A tiny model for every operator of TensorFlow Lite Micro.

Each is RESHAPE, the operator, RESHAPE, so that it can be cut before the operator and after it: the
operator is in the tail, or in the head. ``MODELS`` has them by the operator's name.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from flatmodel import GraphWriter, Writer

Shape = Sequence[int]
Build = Callable[[GraphWriter, int], int]
"""Adds the operator to a graph, fed by a tensor, and returns the tensor that comes out."""

_RANDOM = np.random.default_rng(12)


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


def unpack(graph: GraphWriter, fed: int) -> int:
    made = [graph.tensor((1, 4), "float32") for _ in range(3)]
    graph.operator("UNPACK", [fed], made, "UnpackOptions", num=3, axis=1)
    return made[1]


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


def transpose_conv(graph: GraphWriter, fed: int) -> int:
    sizes = graph.constant([1, 4, 4, 3], "int32")
    weights = graph.constant(floats(3, 2, 2, 2), "float32")
    made = graph.tensor((1, 4, 4, 3), "float32")
    graph.operator(
        *("TRANSPOSE_CONV", [sizes, weights, fed], [made], "TransposeConvOptions"),
        **{"strideW": 2, "strideH": 2},
    )
    return made


def dense(graph: GraphWriter, fed: int) -> int:
    weights = graph.constant(_RANDOM.integers(-127, 128, (5, 6)), "int8", 0.02)
    bias = graph.constant([10, 20, 30, 40, 50], "int32")
    made = graph.tensor((1, 5), "int8", 0.2, 4)
    graph.operator("FULLY_CONNECTED", [fed, weights, bias], [made], "FullyConnectedOptions")
    return made


def svdf(graph: GraphWriter, fed: int) -> int:
    feature = graph.constant(floats(4, 6), "float32")
    time = graph.constant(floats(4, 3), "float32")
    bias = graph.constant(floats(4), "float32")
    state = graph.tensor((1, 12), "float32", variable=True)
    made = graph.tensor((1, 4), "float32")
    graph.operator("SVDF", [fed, feature, time, bias, state], [made], "SVDFOptions", rank=1)
    return made


def lstm(graph: GraphWriter, fed: int) -> int:
    """Four gates over two steps of three features; two cells, whose state persists."""
    matrices = [graph.constant(floats(2, 3), "float32") for _ in range(4)]
    recurrent = [graph.constant(floats(2, 2), "float32") for _ in range(4)]
    biases = [graph.constant(floats(2), "float32") for _ in range(4)]
    states = [graph.tensor((1, 2), "float32", variable=True) for _ in range(2)]
    made = graph.tensor((1, 2, 2), "float32")
    inputs = [fed, *matrices, *recurrent, -1, -1, -1, *biases, -1, -1, *states, *[-1] * 4]
    between = [graph.tensor((0,), "float32") for _ in range(0)]
    graph.operator(
        *("UNIDIRECTIONAL_SEQUENCE_LSTM", inputs, [made], "UnidirectionalSequenceLSTMOptions"),
        intermediates=between,
        fusedActivationFunction=4,
    )
    return made


def handle(graph: GraphWriter) -> int:
    made = graph.tensor((), "resource")
    names = {"container": b"", "sharedName": b"memory"}
    graph.operator("VAR_HANDLE", [], [made], "VarHandleOptions", **names)
    return made


def variable(graph: GraphWriter, fed: int) -> int:
    """Add what was remembered, which begins as one to four, and remember the sum."""
    begin = graph._writer.graph()
    begun = handle(begin)
    first = begin.constant([[1, 2, 3, 4]], "float32")
    begin.operator("ASSIGN_VARIABLE", [begun, first], [], "AssignVariableOptions")
    begin.ends([], [])
    graph.operator("CALL_ONCE", [], [], "CallOnceOptions", initSubgraphIndex=begin.number)
    held = handle(graph)
    before, made = graph.tensor((1, 4), "float32"), graph.tensor((1, 4), "float32")
    graph.operator("READ_VARIABLE", [held], [before], "ReadVariableOptions")
    graph.operator("ADD", [fed, before], [made], "AddOptions")
    graph.operator("ASSIGN_VARIABLE", [held, made], [], "AssignVariableOptions")
    less = graph.tensor((1, 4), "float32")
    graph.operator("NEG", [made], [less], "NegOptions")
    return less


def branch(graph: GraphWriter, fed: int) -> int:
    """Double where the first element is above a half, else negate."""
    numbers = []
    for kind in ("ADD", "NEG"):
        inner = graph._writer.graph()
        source, result = inner.tensor((1, 4), "float32"), inner.tensor((1, 4), "float32")
        inputs = [source, source] if kind == "ADD" else [source]
        inner.operator(kind, inputs, [result], "AddOptions" if kind == "ADD" else "NegOptions")
        inner.ends([source], [result])
        numbers.append(inner.number)
    first, is_large = graph.tensor((1,), "float32"), graph.tensor((1,), "bool")
    places = [graph.constant([0, 0], "int32"), graph.constant([1, 1], "int32")]
    one = graph.tensor((1, 1), "float32")
    graph.operator("SLICE", [fed, *places], [one], "SliceOptions")
    reshape(graph, one, first, (1,))
    half = graph.constant([0.5], "float32")
    graph.operator("GREATER", [first, half], [is_large], "GreaterOptions")
    made = graph.tensor((1, 4), "float32")
    graph.operator(
        *("IF", [is_large, fed], [made], "IfOptions"),
        **{"thenSubgraphIndex": numbers[0], "elseSubgraphIndex": numbers[1]},
    )
    return made


def loop(graph: GraphWriter, fed: int) -> int:
    """Double until nothing is left to count."""
    condition, body = graph._writer.graph(), graph._writer.graph()
    count, value = condition.tensor((1,), "int32"), condition.tensor((1, 4), "float32")
    less = condition.tensor((1,), "bool")
    condition.operator("LESS", [count, condition.constant([3], "int32")], [less], "LessOptions")
    condition.ends([count, value], [less])
    count, value = body.tensor((1,), "int32"), body.tensor((1, 4), "float32")
    more, double = body.tensor((1,), "int32"), body.tensor((1, 4), "float32")
    body.operator("ADD", [count, body.constant([1], "int32")], [more], "AddOptions")
    body.operator("ADD", [value, value], [double], "AddOptions")
    body.ends([count, value], [more, double])
    begin = graph.constant([0], "int32")
    counted, made = graph.tensor((1,), "int32"), graph.tensor((1, 4), "float32")
    graph.operator(
        *("WHILE", [begin, fed], [counted, made], "WhileOptions"),
        **{"condSubgraphIndex": condition.number, "bodySubgraphIndex": body.number},
    )
    return made


def detections(graph: GraphWriter, fed: int) -> int:
    """Choose of four boxes in three classes; their scores go on."""
    scores = graph.constant(floats(1, 4, 3, low=0.0), "float32")
    anchors = graph.constant(floats(4, 4, low=0.1), "float32")
    shapes = ((1, 3, 4), (1, 3), (1, 3), (1,))
    made = [graph.tensor(shape, "float32") for shape in shapes]
    custom = {"max_detections": 3, "max_classes_per_detection": 1, "detections_per_class": 1}
    custom |= {"use_regular_nms": False, "nms_score_threshold": 0.1, "nms_iou_threshold": 0.5}
    custom |= {"num_classes": 3, "y_scale": 10.0, "x_scale": 10.0, "h_scale": 5.0, "w_scale": 5.0}
    graph.operator("TFLite_Detection_PostProcess", [fed, scores, anchors], made, custom=custom)
    return made[2]


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


def decode(graph: GraphWriter, fed: int) -> int:
    """Add a constant that is kept as indices of two bits into a table of four values."""
    packed = graph.constant([0b00011011, 0b11100100], "uint8")
    table = np.array([0.5, -0.5, 2.0, 4.0], np.float32)
    head = bytes([0, 1, 0, 0, 1, 2, 4]).ljust(16, b"\0")
    ancillary = graph.constant(list(head + table.tobytes()), "uint8")
    weights, made = graph.tensor((1, 8), "float32"), graph.tensor((1, 8), "float32")
    graph.operator("TFLM_DECODE", [packed, ancillary], [weights], custom={})
    graph.operator("ADD", [fed, weights], [made], "AddOptions")
    return made


def embedding(graph: GraphWriter, fed: int) -> int:
    values = graph.constant(floats(3, 4), "float32")
    made = graph.tensor((2, 4), "float32")
    graph.operator("EMBEDDING_LOOKUP", [fed, values], [made])
    return made


def select(graph: GraphWriter, fed: int) -> int:
    left, right = graph.constant(floats(1, 6), "float32"), graph.constant(floats(1, 6), "float32")
    made = graph.tensor((1, 6), "float32")
    graph.operator("SELECT_V2", [fed, left, right], [made], "SelectV2Options")
    return made


def shape_of(graph: GraphWriter, fed: int) -> int:
    made, sizes = graph.tensor((1, 6), "float32"), graph.tensor((2,), "int32")
    graph.operator("SHAPE", [fed], [sizes], "ShapeOptions", outType=2)
    graph.operator("RESHAPE", [fed, sizes], [made], "ReshapeOptions")
    return made


def pack(graph: GraphWriter, fed: int) -> int:
    made = graph.tensor((1, 2, 6), "float32")
    graph.operator("PACK", [fed, fed], [made], "PackOptions", valuesCount=2, axis=1)
    return made


def add_n(graph: GraphWriter, fed: int) -> int:
    made = graph.tensor((1, 6), "float32")
    other = graph.constant(floats(1, 6), "float32")
    graph.operator("ADD_N", [fed, other, fed], [made], "AddNOptions")
    return made


def strided(graph: GraphWriter, fed: int) -> int:
    made = graph.tensor((1, 3), "float32")
    ends = [graph.constant(each, "int32") for each in ([0, 0], [1, 6], [1, 2])]
    graph.operator("STRIDED_SLICE", [fed, *ends], [made], "StridedSliceOptions")
    return made


def broadcast_args(graph: GraphWriter, fed: int) -> int:
    """The sizes that are fed are made one at least."""
    sizes, made = graph.tensor((2,), "int32"), graph.tensor((2,), "int32")
    one = graph.constant([1, 1], "int32")
    graph.operator("MAXIMUM", [fed, one], [sizes], "MaximumMinimumOptions")
    graph.operator("BROADCAST_ARGS", [sizes, graph.constant([3, 1], "int32")], [made])
    return made


def concatenation(graph: GraphWriter, fed: int) -> int:
    made = graph.tensor((1, 12), "int8", 0.05, -1)
    graph.operator("CONCATENATION", [fed, fed], [made], "ConcatenationOptions", axis=1)
    return made


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


def cast(graph: GraphWriter, fed: int) -> int:
    made = graph.tensor((1, 6), "int32")
    graph.operator("CAST", [fed], [made], "CastOptions", inDataType=0, outDataType=2)
    return made


def quantize(graph: GraphWriter, fed: int) -> int:
    made = graph.tensor((1, 6), "int8", 0.02, 5)
    graph.operator("QUANTIZE", [fed], [made], "QuantizeOptions")
    return made


def dequantize(graph: GraphWriter, fed: int) -> int:
    made = graph.tensor((1, 6), "float32")
    graph.operator("DEQUANTIZE", [fed], [made], "DequantizeOptions")
    return made


_OPTIONS = {"SOFTMAX": {"beta": 1.0}, "LEAKY_RELU": {"alpha": 0.3}}
_SIX: tuple[Shape, Shape] = ((1, 6), (1, 6))
_FIR = [4096] * 8

MODELS: dict[str, Case] = {
    "ABS": simple("ABS", *_SIX, options="AbsOptions"),
    "ADD": joining("ADD", (0.1, 2), "AddOptions"),
    "ADD_N": Case((1, 6), "float32", add_n),
    "ARG_MAX": simple(
        *("ARG_MAX", (1, 6), (1,), "float32", "int32", "ArgMaxOptions", [(1, "int32")]),
        outputType=2,
    ),
    "ARG_MIN": simple(
        *("ARG_MIN", (1, 6), (1,), "float32", "int32", "ArgMinOptions", [(1, "int32")]),
        outputType=2,
    ),
    "ASSIGN_VARIABLE": Case((1, 4), "float32", variable),
    "AVERAGE_POOL_2D": pool("AVERAGE_POOL_2D"),
    "BATCH_MATMUL": simple(
        *("BATCH_MATMUL", (1, 2, 3), (1, 2, 4), "float32", None, "BatchMatMulOptions"),
        [(floats(1, 3, 4), "float32")],
    ),
    "BATCH_TO_SPACE_ND": simple(
        *("BATCH_TO_SPACE_ND", (4, 2, 2, 1), (1, 4, 4, 1), "float32", None),
        *("BatchToSpaceNDOptions", [([2, 2], "int32"), ([[0, 0], [0, 0]], "int32")]),
    ),
    "BROADCAST_ARGS": Case((2,), "int32", broadcast_args),
    "BROADCAST_TO": simple("BROADCAST_TO", (1, 4), (3, 4), consts=[([3, 4], "int32")]),
    "CALL_ONCE": Case((1, 4), "float32", variable),
    "CAST": Case((1, 6), "float32", cast),
    "CEIL": simple("CEIL", *_SIX),
    "CIRCULAR_BUFFER": custom(
        *("CIRCULAR_BUFFER", (1, 1, 1, 4), "int8", [((1, 1, 1, 4), "int8")], (), 0.5),
        cycles_max=1,
    ),
    "CONCATENATION": Case((1, 6), "int8", concatenation, 0.05, -1),
    "CONV_2D": convolution("CONV_2D"),
    "COS": simple("COS", *_SIX, options="CosOptions"),
    "CUMSUM": simple("CUMSUM", *_SIX, options="CumsumOptions", consts=[(1, "int32")]),
    "DEPTHWISE_CONV_2D": convolution("DEPTHWISE_CONV_2D"),
    "DEPTH_TO_SPACE": simple(
        *("DEPTH_TO_SPACE", (1, 2, 2, 4), (1, 4, 4, 1), "float32", None, "DepthToSpaceOptions"),
        blockSize=2,
    ),
    "DEQUANTIZE": Case((1, 6), "int8", dequantize, 0.05, -1),
    "DIV": binary("DIV", options="DivOptions"),
    "DYNAMIC_UPDATE_SLICE": simple(
        *("DYNAMIC_UPDATE_SLICE", (1, 6), (1, 6), "float32", None, "DynamicUpdateSliceOptions"),
        [(floats(1, 2), "float32"), ([0, 3], "int32")],
    ),
    "ELU": simple("ELU", *_SIX),
    "EMBEDDING_LOOKUP": Case((2,), "int32", embedding),
    "EQUAL": binary("EQUAL", "int32", "bool", "EqualOptions"),
    "EXP": simple("EXP", *_SIX, options="ExpOptions"),
    "EXPAND_DIMS": simple(
        "EXPAND_DIMS", (1, 6), (1, 1, 6), options="ExpandDimsOptions", consts=[([1], "int32")]
    ),
    "FILL": simple(
        *("FILL", (), (2, 3), "float32", None, "FillOptions", [([2, 3], "int32")]), first=False
    ),
    "FLOOR": simple("FLOOR", *_SIX),
    "FLOOR_DIV": binary("FLOOR_DIV", options="FloorDivOptions"),
    "FLOOR_MOD": binary("FLOOR_MOD", options="FloorModOptions"),
    "FULLY_CONNECTED": Case((1, 6), "int8", dense, 0.05, -1),
    "GATHER": simple(
        *("GATHER", (1, 6), (1, 3), "float32", None, "GatherOptions", [([4, 0, 5], "int32")]),
        axis=1,
    ),
    "GATHER_ND": simple(
        *("GATHER_ND", (2, 3), (2,), "float32", None, "GatherNdOptions"),
        [([[0, 1], [1, 2]], "int32")],
    ),
    "GREATER": binary("GREATER", out="bool", options="GreaterOptions"),
    "GREATER_EQUAL": binary("GREATER_EQUAL", out="bool", options="GreaterEqualOptions"),
    "HARD_SWISH": quantized("HARD_SWISH", options="HardSwishOptions"),
    "IF": Case((1, 4), "float32", branch),
    "L2_NORMALIZATION": simple("L2_NORMALIZATION", *_SIX, options="L2NormOptions"),
    "L2_POOL_2D": pool("L2_POOL_2D", "float32"),
    "LEAKY_RELU": quantized("LEAKY_RELU", options="LeakyReluOptions"),
    "LESS": binary("LESS", out="bool", options="LessOptions"),
    "LESS_EQUAL": binary("LESS_EQUAL", out="bool", options="LessEqualOptions"),
    "LOG": simple("LOG", *_SIX),
    "LOGICAL_AND": binary("LOGICAL_AND", "bool", options="LogicalAndOptions"),
    "LOGICAL_NOT": simple("LOGICAL_NOT", *_SIX, "bool", options="LogicalNotOptions"),
    "LOGICAL_OR": binary("LOGICAL_OR", "bool", options="LogicalOrOptions"),
    "LOGISTIC": quantized("LOGISTIC", (1 / 256, -128)),
    "LOG_SOFTMAX": simple("LOG_SOFTMAX", *_SIX, options="LogSoftmaxOptions"),
    "MAXIMUM": joining("MAXIMUM", (0.05, -1), "MaximumMinimumOptions"),
    "MAX_POOL_2D": pool("MAX_POOL_2D"),
    "MEAN": reducing("MEAN"),
    "MINIMUM": joining("MINIMUM", (0.05, -1), "MaximumMinimumOptions"),
    "MIRROR_PAD": simple(
        *("MIRROR_PAD", (2, 3), (4, 5), "float32", None, "MirrorPadOptions"),
        [([[1, 1], [1, 1]], "int32")],
    ),
    "MUL": joining("MUL", (0.1, 2), "MulOptions"),
    "NEG": simple("NEG", *_SIX, options="NegOptions"),
    "NOT_EQUAL": binary("NOT_EQUAL", "int32", "bool", "NotEqualOptions"),
    "PACK": Case((1, 6), "float32", pack),
    "PAD": simple(
        *("PAD", (2, 3), (4, 5), "float32", None, "PadOptions", [([[1, 1], [0, 2]], "int32")])
    ),
    "PADV2": simple(
        *("PADV2", (2, 3), (4, 5), "float32", None, "PadV2Options"),
        [([[1, 1], [0, 2]], "int32"), (7.5, "float32")],
    ),
    "PRELU": simple("PRELU", (1, 2, 2, 3), (1, 2, 2, 3), consts=[(floats(1, 1, 3), "float32")]),
    "QUANTIZE": Case((1, 6), "float32", quantize),
    "READ_VARIABLE": Case((1, 4), "float32", variable),
    "REDUCE_ALL": reducing("REDUCE_ALL", "bool"),
    "REDUCE_MAX": reducing("REDUCE_MAX"),
    "REDUCE_MIN": reducing("REDUCE_MIN"),
    "RELU": quantized("RELU"),
    "RELU6": quantized("RELU6"),
    "RESHAPE": simple(
        "RESHAPE", (1, 6), (3, 2), options="ReshapeOptions", consts=[([3, 2], "int32")]
    ),
    "RESIZE_BILINEAR": simple(
        *("RESIZE_BILINEAR", (1, 2, 3, 2), (1, 4, 5, 2), "float32", None, "ResizeBilinearOptions"),
        [([4, 5], "int32")],
    ),
    "RESIZE_NEAREST_NEIGHBOR": simple(
        *("RESIZE_NEAREST_NEIGHBOR", (1, 2, 3, 2), (1, 4, 5, 2), "float32", None),
        *("ResizeNearestNeighborOptions", [([4, 5], "int32")]),
    ),
    "REVERSE_V2": simple("REVERSE_V2", *_SIX, options="ReverseV2Options", consts=[([1], "int32")]),
    "ROUND": simple("ROUND", *_SIX),
    "RSQRT": simple("RSQRT", *_SIX),
    "SELECT_V2": Case((1, 6), "bool", select),
    "SHAPE": Case((1, 6), "float32", shape_of),
    "SIN": simple("SIN", *_SIX),
    "SLICE": simple(
        *("SLICE", (2, 3), (1, 2), "float32", None, "SliceOptions"),
        [([1, 0], "int32"), ([1, 2], "int32")],
    ),
    "SOFTMAX": quantized("SOFTMAX", (1 / 256, -128), "SoftmaxOptions"),
    "SPACE_TO_BATCH_ND": simple(
        *("SPACE_TO_BATCH_ND", (1, 4, 4, 1), (4, 2, 2, 1), "float32", None),
        *("SpaceToBatchNDOptions", [([2, 2], "int32"), ([[0, 0], [0, 0]], "int32")]),
    ),
    "SPACE_TO_DEPTH": simple(
        *("SPACE_TO_DEPTH", (1, 4, 4, 1), (1, 2, 2, 4), "float32", None, "SpaceToDepthOptions"),
        blockSize=2,
    ),
    "SPLIT": split("SPLIT"),
    "SPLIT_V": split("SPLIT_V"),
    "SQRT": simple("SQRT", *_SIX),
    "SQUARE": simple("SQUARE", *_SIX, options="SquareOptions"),
    "SQUARED_DIFFERENCE": binary("SQUARED_DIFFERENCE", options="SquaredDifferenceOptions"),
    "SQUEEZE": simple("SQUEEZE", (1, 6, 1), (1, 6), options="SqueezeOptions", squeezeDims=[2]),
    "STRIDED_SLICE": Case((1, 6), "float32", strided),
    "SUB": joining("SUB", (0.1, 2), "SubOptions"),
    "SUM": reducing("SUM"),
    "SVDF": Case((1, 6), "float32", svdf),
    "TANH": quantized("TANH", (1 / 128, 0)),
    "TRANSPOSE": simple(
        "TRANSPOSE", (2, 3), (3, 2), options="TransposeOptions", consts=[([1, 0], "int32")]
    ),
    "TRANSPOSE_CONV": Case((1, 2, 2, 2), "float32", transpose_conv),
    "UNIDIRECTIONAL_SEQUENCE_LSTM": Case((1, 2, 3), "float32", lstm),
    "UNPACK": Case((1, 3, 4), "float32", unpack),
    "VAR_HANDLE": Case((1, 4), "float32", variable),
    "WHILE": Case((1, 4), "float32", loop),
    "ZEROS_LIKE": simple("ZEROS_LIKE", *_SIX, options="ZerosLikeOptions"),
    "SignalDelay": custom("SignalDelay", (2, 8), "int16", [((2, 8), "int16")], delay_length=3),
    "SignalEnergy": custom(
        "SignalEnergy", (16,), "int16", [((8,), "uint32")], start_index=0, end_index=8
    ),
    "SignalFftAutoScale": custom(
        "SignalFftAutoScale", (16,), "int16", [((16,), "int16"), ((), "int32")]
    ),
    "SignalFilterBank": custom(
        *("SignalFilterBank", (16,), "uint32", [((2,), "uint64")]),
        [
            *((_FIR, "int16"), (_FIR, "int16"), ([0, 4, 8], "int16"), ([0, 4, 0], "int16")),
            ([4, 4, 4], "int16"),
        ],
        num_channels=2,
    ),
    "SignalFilterBankLog": custom(
        *("SignalFilterBankLog", (8,), "uint32", [((8,), "int16")]),
        **{"input_correction_bits": 3, "output_scale": 1600},
    ),
    "SignalFilterBankSpectralSubtraction": custom(
        *("SignalFilterBankSpectralSubtraction", (8,), "uint32"),
        [((8,), "uint32"), ((8,), "uint32")],
        **{"num_channels": 8, "smoothing": 410, "one_minus_smoothing": 15974, "clamping": 1},
        **{"alternate_smoothing": 983, "alternate_one_minus_smoothing": 15401},
        **{"smoothing_bits": 10, "min_signal_remaining": 819, "spectral_subtraction_bits": 14},
    ),
    "SignalFilterBankSquareRoot": custom(
        *("SignalFilterBankSquareRoot", (8,), "uint64", [((8,), "uint32")], [(3, "int32")])
    ),
    "SignalFramer": custom(
        *("SignalFramer", (1, 8), "int16", [((1, 2, 6), "int16"), ((), "bool")]),
        **{"frame_size": 6, "frame_step": 4, "prefill": True},
    ),
    "SignalIrfft": custom("SignalIrfft", (34,), "int16", [((32,), "int16")], T=7, fft_length=32),
    "SignalOverlapAdd": custom(
        "SignalOverlapAdd", (2, 8), "int16", [((8,), "int16")], T=7, frame_step=4
    ),
    "SignalPCAN": custom(
        *("SignalPCAN", (4,), "uint32", [((4,), "uint32")]),
        [([1, 2, 3, 4], "uint32"), (list(range(1, 129)), "int16")],
        snr_shift=6,
    ),
    "SignalRfft": custom("SignalRfft", (32,), "int16", [((34,), "int16")], T=7, fft_length=32),
    "SignalStacker": custom(
        *("SignalStacker", (4,), "int16", [((4,), "int16"), ((), "bool")]),
        **{"num_channels": 4, "stacker_left_context": 0, "stacker_right_context": 0},
        stacker_step=1,
    ),
    "SignalWindow": custom(
        *("SignalWindow", (1, 8), "int16", [((1, 8), "int16")], [(_FIR, "int16")]), shift=12
    ),
    "TFLM_DECODE": Case((1, 8), "float32", decode),
    "TFLite_Detection_PostProcess": Case((1, 4, 4), "float32", detections),
}


def two_in_two_out() -> bytes:
    """Return a model that adds two inputs, and gives the sum's negative and which is greater.

    It can be cut after the sum.
    """
    writer = Writer()
    graph = writer.graph()
    left, right = graph.tensor((1, 4), "float32", name="left"), graph.tensor((1, 4), "float32")
    total, less = graph.tensor((1, 4), "float32", name="total"), graph.tensor((1, 4), "float32")
    flags = graph.tensor((1, 4), "bool", name="flags")
    graph.operator("ADD", [left, right], [total], "AddOptions")
    graph.operator("NEG", [total], [less], "NegOptions")
    half = graph.constant([[0.5, 0.5, 0.5, 0.5]], "float32")
    graph.operator("GREATER", [total, half], [flags], "GreaterOptions")
    graph.ends([left, right], [less, flags])
    return writer.finish()
