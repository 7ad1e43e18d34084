# SPDX-License-Identifier: MIT
"""The element types of the format: their names, and the bits of one element."""

# TensorType of the schema -> numpy's name where numpy has it, and bits (None: not of one size).
ELEMENT_TYPES: dict[int, tuple[str, int | None]] = {
    0: ("float32", 32),
    1: ("float16", 16),
    2: ("int32", 32),
    3: ("uint8", 8),
    4: ("int64", 64),
    5: ("string", None),
    6: ("bool", 8),
    7: ("int16", 16),
    8: ("complex64", 64),
    9: ("int8", 8),
    10: ("float64", 64),
    11: ("complex128", 128),
    12: ("uint64", 64),
    13: ("resource", None),
    14: ("variant", None),
    15: ("uint32", 32),
    16: ("uint16", 16),
    17: ("int4", 4),
    18: ("bfloat16", 16),
    19: ("int2", 2),
    20: ("uint4", 4),
    21: ("float8_e4m3fn", 8),
    22: ("float8_e5m2", 8),
}

BITS = dict(ELEMENT_TYPES.values())

# What inputs, outputs and activations that cross a cut may be made of.
INTERFACE = (
    *("float32", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "bool"),
)

# Smallest and greatest zero point; other types have none but zero.
ZERO_POINTS = {"int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767)}


def bytes_of(elements: int, dtype: str) -> int:
    """Return the size of so many elements; those below a byte are packed. 0 where not known."""
    return -(-elements * (BITS[dtype] or 0) // 8)
