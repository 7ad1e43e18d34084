# SPDX-License-Identifier: MIT
"""imagenet: Keras' MobileNetV2 alpha 0.35, 224x224, 1000 ImageNet classes (Apache-2.0 weights).

Keras downloads the weights and the class names from storage.googleapis.com: this build needs it.
"""

import json
from pathlib import Path

import convert
import tensorflow as tf

SIDE = 224
CLASS_INDEX = (
    "https://storage.googleapis.com/download.tensorflow.org/data/imagenet_class_index.json"
)


def build(photos: Path, output: Path) -> None:
    """Build the model directory, calibrated on every photo of ``photos``."""
    model = tf.keras.applications.MobileNetV2((SIDE, SIDE, 3), alpha=0.35, weights="imagenet")
    index = json.loads(
        Path(tf.keras.utils.get_file("imagenet_class_index.json", CLASS_INDEX)).read_text()
    )
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
