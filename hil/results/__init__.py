# SPDX-License-Identifier: MIT
"""The results of a run: everything shown or written about it comes from here.

``Results`` collects records while tests run and turns them into the document that
``docs/results.schema.json`` describes; the closing table and the JUnit properties read that
document and nothing else.
"""

from hil.results.document import SCHEMA, Results, ending, write_document
from hil.results.records import (
    BoardRecord,
    CombinationRecord,
    CutRecord,
    ErrorRecord,
    FirmwareRecord,
    FlashRecord,
    InferenceRecord,
    JudgementRecord,
    LostRecord,
    ModelRecord,
    PhotoRecord,
    RegionRecord,
    RoundTripRecord,
    TestRecord,
    WireRecord,
)

__all__ = [
    "SCHEMA",
    "BoardRecord",
    "CombinationRecord",
    "CutRecord",
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
    "write_document",
]
