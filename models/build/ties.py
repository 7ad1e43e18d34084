# SPDX-License-Identifier: MIT
"""ties: tiny with a thousand classes, many of equal score, for the suite's own tests.

Made of tiny's flatbuffer: its last dense layer gets a row for each class, its softmax goes, since
of a thousand probabilities in 8 bits most would be zero. Class ``20 g + d`` and ``20 g + d + 10``
have the same weights, those of digit ``d`` with noise that belongs to the group ``g``: each score
comes at least twice, and the best five are spread over all thousand.
"""

from pathlib import Path

import flatbuffers
import numpy as np

from hil.model.inputs.preprocessing import Preprocessing
from hil.model.manifest import FileEntry, Manifest, sha256, write_directory
from hil.model.model import Model
from hil.model.tflite.schema import load

CLASSES = 1000
DIGITS = 10
SEED = 1000
NOISE = 12  # of 127; more would drown the digits
HEADROOM = 1.5  # of the scores' range over tiny's, for what the noise adds


def build(tiny: Path, output: Path) -> None:
    """Make the model of tiny's directory."""
    schema = load()
    model = schema.ModelT.InitFromPackedBuf((tiny / "full_int8.tflite").read_bytes(), 0)
    graph = model.subgraphs[0]
    dense, softmax, last = graph.operators[-3:]
    weights, bias = (graph.tensors[index] for index in dense.inputs[1:])
    scores, result = graph.tensors[dense.outputs[0]], graph.tensors[last.outputs[0]]

    digits = np.arange(CLASSES) % DIGITS
    rows = np.frombuffer(bytes(model.buffers[weights.buffer].data), np.int8).reshape(DIGITS, -1)
    noise = np.random.default_rng(SEED).integers(
        -NOISE, NOISE + 1, (CLASSES // (2 * DIGITS), 1, rows.shape[1])
    )
    spread = np.repeat(noise, 2 * DIGITS, axis=1).reshape(CLASSES, -1)
    _fill(model, weights, np.clip(rows[digits] + spread, -127, 127).astype(np.int8))
    biases = np.frombuffer(bytes(model.buffers[bias.buffer].data), np.int32)
    _fill(model, bias, biases[digits])
    for tensor in (weights, bias):
        for name in ("scale", "zeroPoint"):
            values = getattr(tensor.quantization, name)
            if len(values) == DIGITS:
                setattr(tensor.quantization, name, values[digits])

    for tensor in (scores, result):
        tensor.shape, tensor.shapeSignature = [1, CLASSES], None
    scores.quantization.scale = scores.quantization.scale * np.float32(HEADROOM)
    result.quantization.scale = scores.quantization.scale
    result.quantization.zeroPoint = scores.quantization.zeroPoint + 128
    last.inputs = dense.outputs
    graph.operators.remove(softmax)

    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    int8 = bytes(builder.Output())
    files = {"full_int8.tflite": int8}
    manifest = Manifest(
        name=output.name,
        source="made of models/tiny by models/build/ties.py",
        licence="MIT",
        input_size=Model.load(tiny).input.shape[1:],
        default_cut="block_3_expand",
        int8=FileEntry("full_int8.tflite", sha256(int8)),
        preprocessing=Preprocessing(low=-1.0, high=1.0),
    )
    write_directory(output, files, manifest)


def _fill(model: object, tensor: object, values: np.ndarray) -> None:
    tensor.shape = [CLASSES, *tensor.shape[1:]]
    model.buffers[tensor.buffer].data = np.frombuffer(values.tobytes(), np.uint8)
