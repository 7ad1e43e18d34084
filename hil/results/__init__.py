# SPDX-License-Identifier: MIT
"""The results of a run: everything shown or written about it comes from here.

``Results`` collects records while tests run and turns them into the document that
``docs/results.schema.json`` describes; the closing table and the JUnit properties read that
document and nothing else.
"""

from hil.results.document import SCHEMA, Results, ending, write_document
from hil.results.records import (
    BoardRecord,
    CutRecord,
    ErrorRecord,
    FirmwareRecord,
    FlashRecord,
    InferenceRecord,
    JudgementRecord,
    ModelRecord,
    PhotoRecord,
    RegionRecord,
    TestRecord,
)

__all__ = [
    "SCHEMA",
    "BoardRecord",
    "CutRecord",
    "ErrorRecord",
    "FirmwareRecord",
    "FlashRecord",
    "InferenceRecord",
    "JudgementRecord",
    "ModelRecord",
    "PhotoRecord",
    "RegionRecord",
    "Results",
    "TestRecord",
    "ending",
    "write_document",
]
