# SPDX-License-Identifier: MIT
"""tiny: a MobileNetV2 in miniature that reads handwritten digits, for tests that must be fast.

Trained from scratch on scikit-learn's copy of the UCI optical digits (8x8 grey, CC BY 4.0),
enlarged to 48x48. Layers are named as in Keras' MobileNetV2, so that cuts have the same names.
"""

from pathlib import Path

import convert
import numpy as np
import tensorflow as tf
from PIL import Image
from sklearn.datasets import load_digits
from tensorflow.keras import layers

SIDE = 48
SEED = 20260
HELD_OUT = 360
SHIFT = 4  # pixels by which training images are moved, at most
EPOCHS = 30
# Expansion, channels out, stride of each inverted residual block after the first.
BLOCKS = [(4, 12, 2), (4, 12, 1), (4, 16, 2), (4, 16, 1), (4, 16, 1), (4, 24, 2), (4, 24, 1)]


def build(output: Path) -> None:
    """Train, convert and write the model, with one held-out sample image a digit."""
    tf.keras.utils.set_random_seed(SEED)
    tf.config.experimental.enable_op_determinism()
    images, digits = _data()
    trained, held_out = slice(HELD_OUT, None), slice(None, HELD_OUT)
    model = _model()
    _train(model, images[trained], digits[trained])
    calibration = [_scaled(image)[None] for image in images[trained][:200]]
    int8, float32 = convert.convert(model, calibration)
    convert.write(
        output,
        int8=int8,
        float32=float32,
        labels=[str(digit) for digit in range(10)],
        input_size=(SIDE, SIDE, 3),
        source="trained by models/build/tiny.py on scikit-learn's digits (UCI, CC BY 4.0)",
        licence="MIT",
        default_cut="block_3_project",
    )
    samples = output / "samples"
    samples.mkdir(exist_ok=True)
    for digit in range(10):
        first = int(np.flatnonzero(digits[held_out] == digit)[0])
        Image.fromarray(images[first]).save(samples / f"{digit}.png", optimize=True)
    expected = digits[held_out]
    for name, tflite in (("int8", int8), ("float32", float32)):
        correct = np.mean(_predicted(tflite, images[held_out]) == expected)
        print(f"{name}: {correct:.4f} of {HELD_OUT} held-out digits read correctly")


def _data() -> tuple[np.ndarray, np.ndarray]:
    """Return shuffled uint8 [N, SIDE, SIDE, 3] images and their digits."""
    digits = load_digits()
    grey = np.round(digits.images * (255 / 16)).astype(np.uint8)
    size = (SIDE, SIDE)
    large = [Image.fromarray(g).resize(size, Image.Resampling.BILINEAR) for g in grey]
    order = np.random.default_rng(SEED).permutation(len(grey))
    images = np.stack([np.asarray(image.convert("RGB")) for image in large])
    return images[order], digits.target[order]


def _predicted(tflite: bytes, images: np.ndarray) -> np.ndarray:
    """Return the best class of each image, by the reference kernels."""
    interpreter = tf.lite.Interpreter(
        model_content=tflite,
        experimental_op_resolver_type=tf.lite.experimental.OpResolverType.BUILTIN_REF,
    )
    interpreter.allocate_tensors()
    source = interpreter.get_input_details()[0]
    inputs = images if source["dtype"] == np.uint8 else _scaled(images)
    best = []
    for x in inputs:
        interpreter.set_tensor(source["index"], x[None])
        interpreter.invoke()
        best.append(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]).argmax())
    return np.array(best)


def _scaled(images: np.ndarray) -> np.ndarray:
    return images.astype(np.float32) / 127.5 - 1.0


def _model() -> tf.keras.Model:
    inputs = layers.Input((SIDE, SIDE, 3))
    x = layers.Conv2D(8, 3, 2, "same", use_bias=False, name="Conv1")(inputs)
    x = layers.BatchNormalization(name="bn_Conv1", momentum=0.9)(x)
    x = layers.ReLU(6.0, name="Conv1_relu")(x)
    x = _block(x, "expanded_conv", 1, 8, 1)
    for number, (expansion, channels, stride) in enumerate(BLOCKS, start=1):
        x = _block(x, f"block_{number}", expansion, channels, stride)
    x = layers.Conv2D(64, 1, use_bias=False, name="Conv_1")(x)
    x = layers.BatchNormalization(name="Conv_1_bn", momentum=0.9)(x)
    x = layers.ReLU(6.0, name="out_relu")(x)
    x = layers.GlobalAveragePooling2D(name="global_average_pooling2d")(x)
    outputs = layers.Dense(10, "softmax", name="predictions")(x)
    return tf.keras.Model(inputs, outputs, name="tiny")


def _block(x: tf.Tensor, name: str, expansion: int, channels: int, stride: int) -> tf.Tensor:
    """Add an inverted residual block as in MobileNetV2 (arXiv 1801.04381, table 1)."""
    shortcut = x
    if expansion > 1:
        x = layers.Conv2D(expansion * x.shape[-1], 1, use_bias=False, name=f"{name}_expand")(x)
        x = layers.BatchNormalization(name=f"{name}_expand_BN", momentum=0.9)(x)
        x = layers.ReLU(6.0, name=f"{name}_expand_relu")(x)
    x = layers.DepthwiseConv2D(3, stride, "same", use_bias=False, name=f"{name}_depthwise")(x)
    x = layers.BatchNormalization(name=f"{name}_depthwise_BN", momentum=0.9)(x)
    x = layers.ReLU(6.0, name=f"{name}_depthwise_relu")(x)
    x = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_project")(x)
    x = layers.BatchNormalization(name=f"{name}_project_BN", momentum=0.9)(x)
    if stride == 1 and shortcut.shape[-1] == channels:
        x = layers.Add(name=f"{name}_add")([shortcut, x])
    return x


def _train(model: tf.keras.Model, images: np.ndarray, digits: np.ndarray) -> None:
    """Fit on randomly moved images; the moves are drawn anew for every epoch."""
    rng = np.random.default_rng(SEED)
    steps = EPOCHS * -(-len(images) // 64)
    rate = tf.keras.optimizers.schedules.CosineDecay(3e-3, steps)
    model.compile(tf.keras.optimizers.Adam(rate), "sparse_categorical_crossentropy")
    for _ in range(EPOCHS):
        moves = rng.integers(-SHIFT, SHIFT + 1, (len(images), 2))
        moved = [np.roll(i, tuple(m), (0, 1)) for i, m in zip(images, moves, strict=True)]
        model.fit(_scaled(np.stack(moved)), digits, batch_size=64, verbose=0)
