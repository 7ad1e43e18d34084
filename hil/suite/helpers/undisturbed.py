# SPDX-License-Identifier: MIT
"""Inferences in trouble are held against those that nothing disturbed."""

from hil.inference.inference import Inference
from hil.symptoms import expect


def check_same(
    inference: Inference, before: Inference, trouble: str, symptom: str = "repaired-wrongly"
) -> None:
    """Expect what came undisturbed, bit for bit.

    Args:
        inference: in trouble.
        before: on the same image, undisturbed.
        trouble: in words.
        symptom: of a difference.
    """
    for what, found, wanted in (
        ("activation", inference.activation_crc, before.activation_crc),
        ("activation as received", inference.received_crc, before.activation_crc),
        ("output", inference.output.tobytes(), before.output.tobytes()),
        ("best five", inference.top5, before.top5),
    ):
        expect(
            found == wanted,
            symptom,
            link=inference.via,
            stage=f"{what}, {trouble}",
            expected="what came undisturbed",
            got="something else",
        )
