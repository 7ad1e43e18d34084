# SPDX-License-Identifier: MIT
"""The tables of a ``.tflite`` file that may be used, for ``flatbuffer.Reader``.

Field names and slot order are those of TensorFlow's ``schema.fbs`` (version 3, as generated into
tflite-micro and ai-edge-litert). What TensorFlow Lite Micro does not read is forbidden: a part of a
model could not be written without it.
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
from hil.model.tflite.options import OPTION_TABLES, OPTIONS

_I8 = Scalar("b")
_U8 = Scalar("B")
_I32 = Scalar("i")
_U32 = Scalar("I")
_U64 = Scalar("Q")
_BOOL = Scalar("?")
_ONE = Scalar("i", 1)

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
        ("deprecated_tag", String()),
        ("subgraph_index", _U32),
    ),
    "TensorMap": (("name", String()), ("tensor_index", _U32)),
    "Operator": (
        ("opcode_index", _U32),
        ("inputs", Vector("<i4")),
        ("outputs", Vector("<i4")),
        ("options_type", _U8),
        ("options", Union("options_type", OPTIONS)),
        ("custom_options", Vector("u1")),
        ("custom_options_format", _I8),
        ("mutating_variable_inputs", Vector("?")),
        ("intermediates", Vector("<i4")),
        ("large_custom_options_offset", Forbidden("custom operators")),
        ("large_custom_options_size", Forbidden("custom operators")),
        ("options_2_type", _U8),
        ("options_2", Skipped()),
        ("debug_metadata_index", _I32),
    ),
    **OPTION_TABLES,
}
