# SPDX-License-Identifier: MIT
"""How long the chip takes for a model: a cost model fitted to Espressif's published figures. Pure.

Sources: the kernel and model tables in the README of espressif/esp-nn, measured by Espressif on an
ESP32-S3 at 240 MHz with the optimized (esp-nn) kernels. One kernel from external memory costs
0.8 cycles per multiply-accumulate (1x1 convolution, 10x10, 64 to 64 channels: 331,008 cycles) and 5
(depthwise 3x3, 18x18x16: 184,176). A whole model that lies in flash with its arena in PSRAM costs
far more: MobileNetV3-Small at 224, 56.5 M multiply-accumulates, takes 1,434 ms, 6.1 cycles each.
The ratio of the kernels is kept (a depthwise one weighs :data:`DEPTHWISE_WEIGHT`) and their sum
scaled to the whole model. Element-wise operators cost what the table's addition costs: 46 cycles an
element.

The results of the virtual board come from the reference kernels; only their time is that of esp-nn.
"""

from collections.abc import Sequence

from hil.model.tflite.graph import Graph
from hil.model.tflite.operators import macs_of
from hil.sim.clock.clock import CYCLES_PER_US
from hil.sim.clock.profile import Profile

# Of the 56.5 M multiply-accumulates of MobileNetV3-Small some 5 M are depthwise, so
# 5.0 * (51.5 + 2.5 * 5) M cycles = 320 M, and 1,434 ms are 344 M with the element-wise operators.
CYCLES_PER_MAC = 5.0
DEPTHWISE_WEIGHT = 2.5
CYCLES_PER_ELEMENT = 46

# TFLM's allocation of tensors at start-up, per operator; an estimate.
OPEN_US_PER_OPERATOR = 300
# Copying into PSRAM: 8-bit bus at 80 MHz, double data rate, half of it usable.
COPY_CYCLES_PER_BYTE = 3
# Winbond W25Q128JV, typical values of its data sheet: erasing a sector, programming 256 bytes.
ERASE_US = 45_000
PROGRAM_US = 400
# The SHA accelerator at 240 MHz, fed by DMA from internal memory, hashes 90 MB/s or more: ESP-IDF
# 5.3 to 5.5, components/idf_test/include/esp32s3/idf_performance_target.h,
# IDF_PERFORMANCE_MIN_SHA256_THROUGHPUT_MBSEC, "threshold set lower than worst case".
SHA_CYCLES_PER_BYTE = 240 / 90
# What Mbed TLS takes to set up and end one hash, and to hand it a piece; an estimate.
SHA_CYCLES_PER_HASH = 2_400
SHA_CYCLES_PER_PIECE = 600
SHA_BLOCK, SHA_DIGEST = 64, 32
# Reading and hashing flash: quad SPI at 80 MHz gives 40 MB/s, the SHA peripheral is faster.
HASH_CYCLES_PER_BYTE = 6


def operator_cycles(graph: Graph, profile: Profile | None = None) -> list[float]:
    """Return the cycles that each operator of `graph` takes in one run.

    Args:
        graph: of the model.
        profile: of a board, in place of the published figures where it knows the kind.
    """
    cycles = []
    for kind, macs, elements in operator_work(graph):
        us = None if profile is None else profile.us(kind, macs, elements)
        if us is not None:
            cycles.append(us * CYCLES_PER_US)
            continue
        weight = DEPTHWISE_WEIGHT if kind == "DEPTHWISE_CONV_2D" else 1.0
        cycles.append(macs * weight * CYCLES_PER_MAC if macs else elements * CYCLES_PER_ELEMENT)
    return cycles


def operator_work(graph: Graph) -> list[tuple[str, int, int]]:
    """Return kind, multiply-accumulates and elements put out of each operator of `graph`."""
    work = []
    for operator in graph.operators:
        inputs = [graph.tensors[i] if i >= 0 else None for i in operator.inputs]
        outputs = [graph.tensors[i] for i in operator.outputs]
        elements = sum(output.size for output in outputs)
        work.append((operator.kind, macs_of(operator, inputs, outputs), elements))
    return work


def invoke_cycles(graph: Graph, profile: Profile | None = None) -> int:
    """Return the cycles that one run of `graph` takes; arguments as of :func:`operator_cycles`."""
    return int(sum(operator_cycles(graph, profile)))


def open_cycles(graph: Graph) -> int:
    """Return the cycles that TFLM takes to make `graph` ready to run."""
    return len(graph.operators) * OPEN_US_PER_OPERATOR * CYCLES_PER_US


def copy_cycles(length: int) -> int:
    """Return the cycles that copying `length` bytes into a tensor takes."""
    return length * COPY_CYCLES_PER_BYTE


def hash_cycles(length: int) -> int:
    """Return the cycles that the SHA-256 of `length` bytes of flash takes."""
    return length * HASH_CYCLES_PER_BYTE


def hmac_cycles(pieces: Sequence[int]) -> int:
    """Return the cycles that HMAC-SHA-256 takes.

    Args:
        pieces: lengths in bytes of what is hashed, one behind the other.
    """
    # Two hashes (RFC 2104): a block of padded key and the pieces; one more such block, and the
    # digest of the first. Each is padded to whole blocks, of 9 bytes at least.
    blocks = sum(-(-(SHA_BLOCK + length + 9) // SHA_BLOCK) for length in (sum(pieces), SHA_DIGEST))
    hashing = blocks * SHA_BLOCK * SHA_CYCLES_PER_BYTE
    handing = (len(pieces) + 3) * SHA_CYCLES_PER_PIECE
    return round(hashing) + handing + 2 * SHA_CYCLES_PER_HASH


def erase_cycles() -> int:
    """Return the cycles that erasing one sector of flash takes."""
    return ERASE_US * CYCLES_PER_US


def program_cycles(length: int) -> int:
    """Return the cycles that programming `length` bytes of flash takes."""
    return -(-length // 256) * PROGRAM_US * CYCLES_PER_US
