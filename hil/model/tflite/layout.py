# SPDX-License-Identifier: MIT
"""The tables of a ``.tflite`` file that may be used, for ``flatbuffer.Reader``.

Field names and slot order are those of TensorFlow's ``schema.fbs`` (version 3, as generated into
tflite-micro and ai-edge-litert). What only large, sparse, stateful or custom models need is
forbidden: interpreters would follow it, and no split model does.
"""

from hil.model.tflite.flatbuffer import (
    Forbidden,
    Layout,
    Scalar,
    Skipped,
    String,
    Table,
    Tables,
    Union,
    Vector,
)

_I8 = Scalar("b")
_U8 = Scalar("B")
_I32 = Scalar("i")
_U32 = Scalar("I")
_U64 = Scalar("Q")
_F32 = Scalar("f")
_BOOL = Scalar("?")
_ONE = Scalar("i", 1)

# BuiltinOptions: number in the union -> table.
OPTIONS = {
    1: "Conv2DOptions",
    2: "DepthwiseConv2DOptions",
    5: "Pool2DOptions",
    8: "FullyConnectedOptions",
    9: "SoftmaxOptions",
    10: "ConcatenationOptions",
    11: "AddOptions",
    17: "ReshapeOptions",
    21: "MulOptions",
    22: "PadOptions",
    26: "TransposeOptions",
    27: "ReducerOptions",
    28: "SubOptions",
    30: "SqueezeOptions",
    32: "StridedSliceOptions",
    38: "DequantizeOptions",
    39: "MaximumMinimumOptions",
    52: "ExpandDimsOptions",
    55: "ShapeOptions",
    59: "PackOptions",
    75: "LeakyReluOptions",
    89: "QuantizeOptions",
    91: "HardSwishOptions",
}

_POOL = (
    ("padding", _I8),
    ("stride_w", _I32),
    ("stride_h", _I32),
    ("filter_w", _I32),
    ("filter_h", _I32),
    ("activation", _I8),
)

TFLITE: Layout = {
    "Model": (
        ("version", _U32),
        ("operator_codes", Tables("OperatorCode")),
        ("subgraphs", Tables("SubGraph")),
        ("description", String()),
        ("buffers", Tables("Buffer")),
        ("metadata_buffer", Vector("<i4")),
        ("metadata", Tables("Metadata")),
        ("signature_defs", Tables("SignatureDef")),
        ("external_buffer_groups", Forbidden("external buffers")),
        ("external_buffers", Forbidden("external buffers")),
    ),
    "OperatorCode": (
        ("deprecated_builtin_code", _I8),
        ("custom_code", String()),
        ("version", _ONE),
        ("builtin_code", _I32),
    ),
    "SubGraph": (
        ("tensors", Tables("Tensor")),
        ("inputs", Vector("<i4")),
        ("outputs", Vector("<i4")),
        ("operators", Tables("Operator")),
        ("name", String()),
        ("debug_metadata_index", _I32),
    ),
    "Tensor": (
        ("shape", Vector("<i4")),
        ("type", _I8),
        ("buffer", _U32),
        ("name", String()),
        ("quantization", Table("QuantizationParameters")),
        ("is_variable", _BOOL),
        ("sparsity", Forbidden("sparse tensors")),
        ("shape_signature", Vector("<i4")),
        ("has_rank", _BOOL),
        ("variant_tensors", Forbidden("variant tensors")),
        ("external_buffer", Forbidden("external buffers")),
    ),
    "QuantizationParameters": (
        ("min", Vector("<f4")),
        ("max", Vector("<f4")),
        ("scale", Vector("<f4")),
        ("zero_point", Vector("<i8")),
        ("details_type", _U8),
        ("details", Forbidden("custom quantization")),
        ("quantized_dimension", _I32),
    ),
    "Buffer": (("data", Vector("u1")), ("offset", _U64), ("size", _U64)),
    "Metadata": (("name", String()), ("buffer", _U32)),
    "SignatureDef": (
        ("inputs", Tables("TensorMap")),
        ("outputs", Tables("TensorMap")),
        ("signature_key", String()),
        ("deprecated_tag", Forbidden("a signature tag")),
        ("subgraph_index", _U32),
    ),
    "TensorMap": (("name", String()), ("tensor_index", _U32)),
    "Operator": (
        ("opcode_index", _U32),
        ("inputs", Vector("<i4")),
        ("outputs", Vector("<i4")),
        ("options_type", _U8),
        ("options", Union("options_type", OPTIONS)),
        ("custom_options", Forbidden("custom operators")),
        ("custom_options_format", _I8),
        ("mutating_variable_inputs", Vector("?")),
        ("intermediates", Vector("<i4")),
        ("large_custom_options_offset", Forbidden("custom operators")),
        ("large_custom_options_size", Forbidden("custom operators")),
        ("options_2_type", _U8),
        ("options_2", Forbidden("StableHLO operators")),
        ("debug_metadata_index", _I32),
    ),
    "Conv2DOptions": (
        ("padding", _I8),
        ("stride_w", _I32),
        ("stride_h", _I32),
        ("activation", _I8),
        ("dilation_w", _ONE),
        ("dilation_h", _ONE),
        ("quantized_bias_type", _I8),
    ),
    "DepthwiseConv2DOptions": (
        ("padding", _I8),
        ("stride_w", _I32),
        ("stride_h", _I32),
        ("depth_multiplier", _I32),
        ("activation", _I8),
        ("dilation_w", _ONE),
        ("dilation_h", _ONE),
    ),
    "Pool2DOptions": _POOL,
    "FullyConnectedOptions": (
        ("activation", _I8),
        ("weights_format", _I8),
        ("keep_num_dims", _BOOL),
        ("asymmetric_quantize_inputs", _BOOL),
        ("quantized_bias_type", _I8),
        ("quant_spec", Forbidden("a quantization specification")),
    ),
    "SoftmaxOptions": (("beta", _F32),),
    "ConcatenationOptions": (("axis", _I32), ("activation", _I8)),
    "AddOptions": (("activation", _I8), ("pot_scale_int16", _BOOL)),
    "SubOptions": (("activation", _I8), ("pot_scale_int16", _BOOL)),
    "MulOptions": (("activation", _I8),),
    "ReshapeOptions": (("new_shape", Vector("<i4")),),
    "ReducerOptions": (("keep_dims", _BOOL),),
    "LeakyReluOptions": (("alpha", _F32),),
    "SqueezeOptions": (("squeeze_dims", Vector("<i4")),),
    "StridedSliceOptions": (
        ("begin_mask", _I32),
        ("end_mask", _I32),
        ("ellipsis_mask", _I32),
        ("new_axis_mask", _I32),
        ("shrink_axis_mask", _I32),
        ("offset", _BOOL),
    ),
    "ShapeOptions": (("out_type", _I8),),
    "PackOptions": (("count", _I32), ("axis", _I32)),
    "TransposeOptions": (),
    "MaximumMinimumOptions": (),
    "ExpandDimsOptions": (),
    "PadOptions": (),
    "DequantizeOptions": (),
    "QuantizeOptions": (),
    "HardSwishOptions": (),
}

# The same file as far as it must be read to tell which operators it uses.
OPERATOR_CODES: Layout = {
    "Model": tuple(
        (name, field if name == "operator_codes" else Skipped()) for name, field in TFLITE["Model"]
    ),
    "OperatorCode": TFLITE["OperatorCode"],
}
