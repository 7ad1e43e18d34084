# SPDX-License-Identifier: MIT
"""From a Keras model to a model directory: float32 and int8 ``.tflite``, labels, manifest."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from hil.model.accuracy import AgreementLimits
from hil.model.inputs.photos import load_photos
from hil.model.inputs.preprocessing import Preprocessing
from hil.model.manifest import FileEntry, Manifest, sha256, write_directory


def photo_inputs(directory: Path, height: int, width: int) -> list[np.ndarray]:
    """Return every photo of a directory, sorted by name, as float32 [1, H, W, 3] in [-1, 1]."""
    inputs = []
    for photo in load_photos(directory):
        resized = photo.open().resize((width, height), Image.Resampling.BILINEAR)
        inputs.append((np.asarray(resized, np.float32) / 127.5 - 1.0)[None])
    return inputs


def convert(model: tf.keras.Model, calibration: Iterable[np.ndarray]) -> tuple[bytes, bytes]:
    """Return the int8 model (uint8 in and out) and the float32 model as flatbuffers.

    The way over a SavedModel is deliberate: ``from_concrete_functions`` fails in calibration
    (READ_VARIABLE) with TensorFlow 2.21 and Keras 3.
    """
    with tempfile.TemporaryDirectory() as saved:
        model.export(saved, verbose=False)
        float32 = tf.lite.TFLiteConverter.from_saved_model(saved).convert()
        converter = tf.lite.TFLiteConverter.from_saved_model(saved)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = lambda: ([each] for each in calibration)
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = tf.uint8
        converter.inference_output_type = tf.uint8
        return converter.convert(), float32


def write(
    output: Path,
    *,
    int8: bytes,
    float32: bytes,
    labels: list[str],
    input_size: tuple[int, int, int],
    source: str,
    licence: str,
    default_cut: str,
    agreement: AgreementLimits | None = None,
) -> None:
    """Write the model directory; its name is the model's name."""
    files = {
        "full_int8.tflite": int8,
        "full_float32.tflite": float32,
        "labels.txt": "".join(label + "\n" for label in labels).encode(),
    }
    entries = [FileEntry(name, sha256(data)) for name, data in files.items()]
    manifest = Manifest(
        name=output.name,
        source=source,
        licence=licence,
        input_size=input_size,
        default_cut=default_cut,
        int8=entries[0],
        float32=entries[1],
        labels=entries[2],
        preprocessing=Preprocessing(low=-1.0, high=1.0),
        agreement=agreement,
    )
    write_directory(output, files, manifest)
    for entry, data in zip(entries, files.values(), strict=True):
        print(f"{entry.name}: {len(data)} bytes, SHA-256 {entry.sha256}")
