# SPDX-License-Identifier: MIT
"""An untrained network of many kinds of operators, for the tests of verification and cutting."""

from pathlib import Path

import convert
import numpy as np
import tensorflow as tf
from tensorflow.keras import layers

SEED = 7
SIDE = 16


def build(output: Path) -> None:
    """Write the int8 model to the file ``output``."""
    tf.keras.utils.set_random_seed(SEED)
    random = np.random.default_rng(SEED)
    shape = (1, SIDE, SIDE, 3)
    calibration = [random.uniform(-1, 1, shape).astype(np.float32) for _ in range(8)]
    int8, _ = convert.convert(_model(), calibration)
    output.write_bytes(int8)
    print(f"{output}: {len(int8)} bytes")


def _model() -> tf.keras.Model:
    inputs = layers.Input((SIDE, SIDE, 3))
    x = layers.ZeroPadding2D(((1, 0), (2, 1)), name="pad")(inputs)
    x = layers.Conv2D(8, 3, 2, name="conv")(x)
    x = layers.Activation("hard_swish", name="hard_swish")(x)
    x = layers.MaxPooling2D(2, 1, "same", name="max_pool")(x)
    x = layers.Maximum(name="maximum")([x, layers.Activation("tanh", name="tanh")(x)])
    gate = layers.GlobalAveragePooling2D(keepdims=True, name="squeeze")(x)
    gate = layers.Conv2D(8, 1, activation="sigmoid", name="excite")(gate)
    x = layers.Multiply(name="scale")([x, gate])
    left = layers.Conv2D(4, 3, padding="same", name="left")(x)
    left = layers.LeakyReLU(0.2, name="leaky")(left)
    right = layers.Conv2D(4, 1, activation="relu", name="right")(x)
    pooled = layers.AveragePooling2D(3, 1, "same", name="average_pool")(right)
    x = layers.ReLU(name="relu")(layers.Concatenate(name="join")([left, right, pooled]))
    depthwise = layers.DepthwiseConv2D(3, padding="same", name="depthwise")(x)
    x = layers.Subtract(name="difference")([x, depthwise])
    x = layers.Permute((2, 1, 3), name="permute")(x)
    x = layers.Flatten(name="flatten")(layers.Reshape((-1, 12), name="reshape")(x))
    outputs = layers.Dense(6, "softmax", name="dense")(x)
    return tf.keras.Model(inputs, outputs, name="operators")
