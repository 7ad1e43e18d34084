# SPDX-License-Identifier: MIT
"""The results of a run: everything shown or written about it comes from here.

``Results`` collects records while tests run and turns them into the document that
``docs/results.schema.json`` describes; the closing table and the JUnit properties read that
document and nothing else.
"""

from hil.results.document import SCHEMA, Results
from hil.results.photo_book import DistanceRecord, JudgementRecord, PhotoRecord
from hil.results.records import (
    BoardRecord,
    CombinationRecord,
    CutRecord,
    ErrorRecord,
    FirmwareRecord,
    FlashRecord,
    InferenceRecord,
    LostRecord,
    ModelRecord,
    RegionRecord,
    RoundTripRecord,
    TestRecord,
    WireRecord,
)
from hil.results.trouble import error_record
from hil.results.writing import ending, write_document

__all__ = [
    "SCHEMA",
    "BoardRecord",
    "CombinationRecord",
    "CutRecord",
    "DistanceRecord",
    "ErrorRecord",
    "FirmwareRecord",
    "FlashRecord",
    "InferenceRecord",
    "JudgementRecord",
    "LostRecord",
    "ModelRecord",
    "PhotoRecord",
    "RegionRecord",
    "Results",
    "RoundTripRecord",
    "TestRecord",
    "WireRecord",
    "ending",
    "error_record",
    "write_document",
]
