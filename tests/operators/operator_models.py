# SPDX-License-Identifier: MIT
"""A tiny model for every operator of TensorFlow Lite Micro.

Each is RESHAPE, the operator, RESHAPE, so that it can be cut before the operator and after it: the
operator is in the tail, or in the head. ``MODELS`` has them by the operator's name.
"""

from flatmodel import Writer
from operator_builds import (
    add_n,
    branch,
    broadcast_args,
    cast,
    concatenation,
    decode,
    dense,
    dequantize,
    detections,
    embedding,
    loop,
    lstm,
    pack,
    quantize,
    select,
    shape_of,
    strided,
    svdf,
    transpose_conv,
    unpack,
    variable,
)
from operator_case import (
    Case,
    Shape,
    binary,
    convolution,
    custom,
    floats,
    joining,
    pool,
    quantized,
    reducing,
    simple,
    split,
)

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
