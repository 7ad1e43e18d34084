# SPDX-License-Identifier: MIT
"""How operators are built that are of no common kind."""

import numpy as np
from flatmodel import GraphWriter
from operator_case import _RANDOM, floats, reshape


def unpack(graph: GraphWriter, fed: int) -> int:
    made = [graph.tensor((1, 4), "float32") for _ in range(3)]
    graph.operator("UNPACK", [fed], made, "UnpackOptions", num=3, axis=1)
    return made[1]


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
