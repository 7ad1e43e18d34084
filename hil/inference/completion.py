# SPDX-License-Identifier: MIT
"""Reads the event that ends an inference (docs/protocol.md, section 2.5)."""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hil.errors import BoardRefused
from hil.inference.inference import Prediction, Stages, Wire

if TYPE_CHECKING:
    from hil.model.model import Model

_STAGES = ("load_us", "invoke_us", "send_us", "wait_us", "total_us")


@dataclass(frozen=True)
class Completion:
    """What the board reports at the end of an inference.

    Attributes:
        message_id: number of the message.
        top5: class id and raw score, best first.
        stages: times by the board's clock.
        activation_crc: CRC-32 of the activation; ``None`` in role full.
        received_crc: that of what the edge received; ``None`` in role full.
        output_crc: CRC-32 of the whole output vector.
        wire: what the exchange cost on the link; ``None`` in role full.
    """

    message_id: int
    top5: tuple[tuple[int, int], ...]
    stages: Stages
    activation_crc: int | None
    received_crc: int | None
    output_crc: int
    wire: Wire | None = None


def parse_completion(values: Mapping[str, str]) -> Completion:
    """Read the values of ``! infer ... state=ok``.

    Raises:
        BoardRefused: with code ``protocol``: a value is missing, no number, or the stages do not
            add up.
    """
    try:
        times = {key: int(values[key]) for key in _STAGES}
        stages = Stages(
            **times,
            edge_us=int(values.get("edge_us", "0")),
            edge_invoke_us=int(values.get("edge_invoke_us", "0")),
        )
        if sum(times.values()) != 2 * stages.total_us:
            raise ValueError("the stages do not add up to total_us")
        return Completion(
            message_id=int(values["id"]),
            top5=tuple(_entry(entry) for entry in values["top5"].split(",")),
            stages=stages,
            activation_crc=_crc(values.get("act_crc")),
            received_crc=_crc(values.get("rx_crc")),
            output_crc=int(values["out_crc"], 16),
            wire=parse_wire(values),
        )
    except (KeyError, ValueError) as error:
        raise BoardRefused(
            "protocol", f"The board's report of an inference cannot be read ({error})."
        ) from error


def parse_wire(values: Mapping[str, str]) -> Wire | None:
    """Read what an exchange cost on the link; ``None`` where the event does not tell.

    Raises:
        ValueError: a value is no number.
        KeyError: only some of the values are there.
    """
    if "frames" not in values:
        return None
    return Wire(int(values["frames"]), int(values["resent"]), int(values["wire"]))


def predictions(top5: tuple[tuple[int, int], ...], model: "Model") -> tuple[Prediction, ...]:
    """Give class ids their labels and raw scores their real values."""
    spec = model.output
    found = []
    for class_id, raw in top5:
        if spec.dtype == "float32":
            score = struct.unpack("<f", struct.pack("<I", raw & 0xFFFFFFFF))[0]
        else:
            score = (raw - spec.zero_point) * (spec.scale or 1.0)
        label = model.labels[class_id] if class_id < len(model.labels) else f"class {class_id}"
        found.append(Prediction(class_id, label, raw, score))
    return tuple(found)


def _entry(text: str) -> tuple[int, int]:
    class_id, raw = text.split(":")
    return int(class_id), int(raw)


def _crc(text: str | None) -> int | None:
    return None if text is None else int(text, 16)
