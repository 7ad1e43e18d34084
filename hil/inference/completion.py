# SPDX-License-Identifier: MIT
"""Reads the event that ends an inference (docs/protocol.md, section 2.5)."""

import math
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hil.errors import BoardRefused
from hil.inference.inference import Prediction, Stages, Wire
from hil.protocol.console.numbers import U32, count, signed, u32_hex
from hil.symptoms import expect

if TYPE_CHECKING:
    from hil.model.model import Model

LONGEST_US = 24 * 3600 * 1_000_000
"""Microseconds that anything may take; nobody waits for a day."""

_ENTRIES = 5
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
        output_length: bytes of the whole output vector.
        output_crc: CRC-32 of it.
        wire: what the exchange cost on the link; ``None`` in role full.
    """

    message_id: int
    top5: tuple[tuple[int, int], ...]
    stages: Stages
    activation_crc: int | None
    received_crc: int | None
    output_length: int
    output_crc: int
    wire: Wire | None = None


def parse_completion(values: Mapping[str, str]) -> Completion:
    """Read the values of ``! infer ... state=ok``.

    Raises:
        BoardRefused: with code ``protocol``: a value is missing, no number or out of range, or the
            stages do not add up.
    """
    try:
        times = {key: parse_time(values[key]) for key in _STAGES}
        stages = Stages(
            **times,
            edge_us=parse_time(values.get("edge_us", "0")),
            edge_invoke_us=parse_time(values.get("edge_invoke_us", "0")),
        )
        if sum(times.values()) != 2 * stages.total_us:
            raise ValueError("the stages do not add up to total_us")
        return Completion(
            message_id=count(values["id"]),
            top5=_top_five(values["top5"]),
            stages=stages,
            activation_crc=_crc(values.get("act_crc")),
            received_crc=_crc(values.get("rx_crc")),
            output_length=count(values["out_len"]),
            output_crc=u32_hex(values["out_crc"]),
            wire=parse_wire(values),
        )
    except (KeyError, ValueError) as error:
        raise BoardRefused(
            "protocol", f"The board's report of an inference cannot be read ({error})."
        ) from error


def parse_time(text: str) -> int:
    """Read microseconds that something took; raises ValueError where they cannot be."""
    return count(text, LONGEST_US)


def parse_wire(values: Mapping[str, str]) -> Wire | None:
    """Read what an exchange cost on the link; ``None`` where the event does not tell.

    Raises:
        ValueError: a value is no number, or out of range.
        KeyError: only some of the values are there.
    """
    if "frames" not in values:
        return None
    frames, resent, wire = (count(values[key]) for key in ("frames", "resent", "wire"))
    if resent > frames:
        raise ValueError(f"{resent} of {frames} frames were sent again")
    return Wire(frames, resent, wire)


def require_possible(done: Completion, model: "Model") -> None:
    """Make sure that what a board reports can be an answer of a model.

    Raises:
        Misbehaviour: it cannot: an output of another length, too many or too few classes, one
            beyond the last or twice, a score that the data type does not have.
    """
    spec = model.output
    classes = math.prod(spec.shape)
    expect(
        done.output_length == spec.bytes,
        "tensor-cut",
        stage="infer",
        expected=f"an output of {spec.bytes} bytes",
        got=done.output_length,
    )
    ids = {class_id for class_id, _ in done.top5}
    least, most = _scores(spec.dtype)
    entries = min(_ENTRIES, classes)
    expect(
        len(ids) == len(done.top5) == entries
        and max(ids) < classes
        and all(least <= raw <= most for _, raw in done.top5),
        "wrong-top-five",
        stage="infer",
        expected=f"{entries} of {classes} classes, scores from {least} to {most}",
        got=", ".join(f"{class_id}:{raw}" for class_id, raw in done.top5),
    )


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


def _top_five(text: str) -> tuple[tuple[int, int], ...]:
    entries = text.split(",")
    if len(entries) > _ENTRIES:
        raise ValueError(f"top5 has {len(entries)} entries")
    return tuple(_entry(entry) for entry in entries)


def _entry(text: str) -> tuple[int, int]:
    class_id, raw = text.split(":")
    return count(class_id), signed(raw, -1 << 31, U32)


def _scores(dtype: str) -> tuple[int, int]:
    """Return the least and the highest score of a data type; of float32 its bits, signed or not."""
    if dtype == "float32":
        return -1 << 31, U32
    if dtype == "bool":
        return 0, 1
    limits = np.iinfo(dtype)
    return int(limits.min), int(limits.max)


def _crc(text: str | None) -> int | None:
    return None if text is None else u32_hex(text)
