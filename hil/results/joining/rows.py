# SPDX-License-Identifier: MIT
"""Rows of a document as the records that they were made of, to compute figures from them anew."""

from collections.abc import Iterable, Mapping
from typing import Any

from hil.model.accuracy import AgreementLimit, AgreementLimits
from hil.results.measured import Measured
from hil.results.photo_book import PhotoRecord
from hil.results.records import InferenceRecord, LostRecord, RoundTripRecord, WireRecord

Row = Mapping[str, Any]


def photo_record(row: Row) -> PhotoRecord:
    """Return what a row says of a photo's label and predictions; of judgements it has none."""
    top5 = {who: tuple(classes) for who, classes in row["top5"].items()}
    return PhotoRecord(row["name"], row["label"], {}, top5, row["label_id"], row["shared"])


def measured(
    inferences: Iterable[Row],
    lost: Iterable[Row],
    round_trips: Iterable[Row],
    activation_bytes: int | None,
    sizes: Mapping[str, int],
) -> Measured:
    """Return what rows say was measured; sizes are as in :class:`hil.results.measured.Measured`."""
    return Measured(
        [InferenceRecord(**_fields(row)) for row in inferences],
        [LostRecord(**_fields(row)) for row in lost],
        [RoundTripRecord(**_fields(row)) for row in round_trips],
        activation_bytes,
        sizes,
    )


def limits(agreements: Iterable[Row]) -> AgreementLimits | None:
    """Return the limits by which agreement was judged, of one content by several workers.

    A limit is told only where there were photos to hold to it.
    """
    minimum, known = 0, dict[str, AgreementLimit]()
    for each in agreements:
        minimum = max(minimum, each["min_photos"])
        for name, row in each["with"].items():
            if row["limit"]:
                known[name] = AgreementLimit(**row["limit"])
    if not minimum:
        return None
    return AgreementLimits(minimum, known.get("xnnpack"), known.get("float32"))


def _fields(row: Row) -> dict[str, Any]:
    fields = {key: value for key, value in row.items() if key != "board"}
    if fields.get("wire"):
        fields["wire"] = WireRecord(**fields["wire"])
    return fields
