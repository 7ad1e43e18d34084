# SPDX-License-Identifier: MIT
"""imagenet: Keras' MobileNetV2 alpha 0.35, 224x224, 1000 ImageNet classes (Apache-2.0 weights).

Weights and class names come from storage.googleapis.com: this build needs it. Keras states no hash
of the weights, and this repository has never had them: who builds says which ones are meant.
"""

import json
from pathlib import Path

import convert
import tensorflow as tf
from fetched import verified

SIDE = 224
CLASS_INDEX = (
    "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json"
)
CLASS_INDEX_SHA256 = "a1e7a966a1f601d39e4b43e119b3e7dd4a2ad3ea08cf69847cbaf021013767bc"
WEIGHTS = (
    "https://storage.googleapis.com/tensorflow/keras-applications/mobilenet_v2/"
    "mobilenet_v2_weights_tf_dim_ordering_tf_kernels_0.35_224.h5"
)


def build(photos: Path, output: Path, weights_sha256: str | None) -> None:
    """Build the model directory, calibrated on every photo of ``photos``.

    Args:
        photos: directory of photos.
        output: directory to write.
        weights_sha256: SHA-256 of the weights that are meant, in hexadecimal; without it nothing
            is built, and theirs is told.
    """
    weights = _fetch(
        WEIGHTS,
        weights_sha256,
        "compare it with a copy that you trust, and say which you mean by --weights-sha256.",
    )
    classes = _fetch(CLASS_INDEX, CLASS_INDEX_SHA256, "delete it, and do not use what came.")
    index = json.loads(classes.read_text())
    model = tf.keras.applications.MobileNetV2((SIDE, SIDE, 3), alpha=0.35, weights=str(weights))
    calibration = convert.photo_inputs(photos, SIDE, SIDE)
    int8, float32 = convert.convert(model, calibration)
    convert.write(
        output,
        int8=int8,
        float32=float32,
        labels=[index[str(number)][1].replace("_", " ") for number in range(1000)],
        input_size=(SIDE, SIDE, 3),
        source="keras.applications.MobileNetV2, alpha 0.35, ImageNet weights",
        licence="Apache-2.0",
        default_cut="block_6_project",
    )


def _fetch(url: str, expected: str | None, mend: str) -> Path:
    """Fetch a file into Keras' cache, or take it from there, and look whether it is the one."""
    path = Path(tf.keras.utils.get_file(url.rpartition("/")[2], url))
    verified(path, expected, mend)
    return path
