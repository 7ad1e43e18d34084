# SPDX-License-Identifier: MIT
"""``Results``: collects the records of one run and writes ``results.json``."""

import dataclasses
import datetime
import json
import platform
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hil.budgets import Budgets, Verdict
from hil.budgets.certainty import Certainty
from hil.budgets.section import model_name
from hil.host.files import encode
from hil.host.whole_file import write_whole
from hil.model.accuracy import AgreementLimits
from hil.results import summary
from hil.results.measured import Measured, latency
from hil.results.records import (
    BoardRecord,
    CutRecord,
    ErrorRecord,
    FirmwareRecord,
    FlashRecord,
    InferenceRecord,
    JudgementRecord,
    LostRecord,
    ModelRecord,
    PhotoRecord,
    RoundTripRecord,
    TestRecord,
)
from hil.version import __version__

SCHEMA = "hil-results-6"

OUTCOMES = {
    0: "passed",
    1: "failed",
    2: "interrupted",
    3: "internal_error",
    4: "bad_input",
    5: "no_tests",
    10: "infrastructure",
    129: "interrupted",
    143: "interrupted",
}
"""What a session's exit status means; None, a run that has not ended, is ``running``."""


@dataclass
class Results:
    """What a run has learned so far.

    Attributes:
        budgets: limits to judge by, when they are known.
        limits: how often the board must agree with other ways to run its model, likewise.
        exit_status: of the session; None until it ends.
        verdicts: of latency budgets, each with the test that measured.
        not_judged: why budgets were not judged, where a test wanted them to be.
        shape: name of the link file that shapes the links; empty without one.
        certainty: how sure verdicts are to be.
        unstable: ``pass`` or ``fail``, what a test counts that passed only when it was run again.
        notes: what did not go as usual when boards were flashed or reset, with the board's port.
        The others hold the records of :mod:`hil.results.records`.
    """

    budgets: Budgets | None = None
    limits: AgreementLimits | None = None
    board: BoardRecord | None = None
    firmware: FirmwareRecord | None = None
    model: ModelRecord | None = None
    cut: CutRecord | None = None
    exit_status: int | None = None
    flash: list[FlashRecord] = field(default_factory=list)
    inferences: list[InferenceRecord] = field(default_factory=list)
    lost: list[LostRecord] = field(default_factory=list)
    round_trips: list[RoundTripRecord] = field(default_factory=list)
    verdicts: list[tuple[str, Verdict]] = field(default_factory=list)
    not_judged: str | None = None
    shape: str = ""
    certainty: Certainty = field(default_factory=Certainty)
    unstable: str = "pass"
    notes: list[str] = field(default_factory=list)
    errors: list[ErrorRecord] = field(default_factory=list)
    tests: list[TestRecord] = field(default_factory=list)
    _photos: dict[str, PhotoRecord] = field(default_factory=dict)
    _started: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.UTC))
    _clock_start: float = field(default_factory=time.monotonic)

    def photo(self, name: str, label: str | None = None, label_id: int | None = None) -> None:
        """Note that a photo takes part, with its label and the label's class id where known."""
        known = self._photos.get(name, PhotoRecord(name))
        self._photos[name] = dataclasses.replace(known, label=label, label_id=label_id)

    def judge(self, photo: str, judgement: str, verdict: JudgementRecord) -> None:
        """Record one judgement about a photo."""
        known = self._photos.get(photo, PhotoRecord(photo))
        judgements = {**known.judgements, judgement: verdict}
        self._photos[photo] = dataclasses.replace(known, judgements=judgements)

    def predict(
        self, photo: str, predictor: str, classes: tuple[int, ...], shared: int | None = None
    ) -> None:
        """Record what a predictor gave for a photo.

        Args:
            photo: its name.
            predictor: ``board``, ``full``, ``xnnpack``, ``float32``, or one of a test's own.
            classes: the five class ids, best first.
            shared: how many of them the board has too, ties counted
                (:func:`hil.model.topk.shared_best`); None: as the ids say.
        """
        known = self._photos.get(photo, PhotoRecord(photo))
        top5 = {**known.top5, predictor: classes}
        counts = dict(known.shared) if shared is None else {**known.shared, predictor: shared}
        self._photos[photo] = dataclasses.replace(known, top5=top5, shared=counts)

    def model_name(self, model_id: str) -> str:
        """Return what sections of ``budgets.toml`` call a model and cut, known by their id."""
        if self.model is None or self.model.model_id != model_id:
            return model_id
        return model_name(self.model.name, self.cut.name if self.cut else "", model_id)

    @property
    def photos(self) -> list[PhotoRecord]:
        """What is known of each photo."""
        return list(self._photos.values())

    def position(self) -> tuple[int, int, int]:
        """Return how much has been measured, to tell what comes later from what was before."""
        return len(self.inferences), len(self.lost), len(self.round_trips)

    def measured(self, since: tuple[int, int, int] = (0, 0, 0)) -> Measured:
        """Return what has been measured since a position."""
        inferences, lost, round_trips = since
        return Measured(
            self.inferences[inferences:],
            self.lost[lost:],
            self.round_trips[round_trips:],
            self.cut.activation_bytes if self.cut else None,
        )

    def agreement(self) -> dict[str, dict[str, Any]]:
        """Return the agreement by reference, with limits and verdict where there is a budget.

        Returns:
            by reference: ``n`` photos, shares ``top1`` and ``top5`` (see
            :class:`hil.model.accuracy.Agreement`), ``limit`` (top1, top5; or None), ``judged``
            (enough photos and a limit) and ``passed`` (None when not judged).
        """
        rows: dict[str, dict[str, Any]] = {}
        for name, found in summary.agreement(self.photos).items():
            limit = self.limits.limit(name) if self.limits else None
            judged = limit is not None and found.count >= self.min_photos
            rows[name] = {
                "n": found.count,
                "top1": found.top1,
                "top5": found.top5,
                "limit": dataclasses.asdict(limit) if limit else None,
                "judged": judged,
                "passed": found.top1 >= limit.top1 and found.top5 >= limit.top5
                if limit and judged
                else None,
            }
        return rows

    @property
    def min_photos(self) -> int:
        """Number of photos from which agreement is judged."""
        return self.limits.min_photos if self.limits else 0

    def document(self) -> dict[str, Any]:
        """Return everything as plain JSON values, by ``docs/results.schema.json``."""
        return {
            "schema": SCHEMA,
            "run": {
                **ending(self.exit_status),
                "unstable": self.unstable,
                "started": self._started.isoformat(timespec="seconds"),
                "host_seconds": round(time.monotonic() - self._clock_start, 3),
                "hil_version": __version__,
                "python": platform.python_version(),
                "platform": f"{platform.system()} {platform.machine()}",
            },
            "board": _plain(self.board),
            "firmware": _plain(self.firmware),
            "model": _plain(self.model),
            "cut": _plain(self.cut),
            "flash": _plain(self.flash),
            "photos": _plain(self.photos),
            "inferences": _plain(self.inferences),
            "agreement": {"min_photos": self.min_photos, "with": self.agreement()},
            "accuracy": summary.accuracy(self.photos),
            "lost": _plain(self.lost),
            "round_trips": _plain(self.round_trips),
            "latency": latency(self.measured(), self.certainty, shaped=bool(self.shape)),
            "budgets": {
                "not_judged": self.not_judged,
                "link_file": self.shape or None,
                "confidence": _plain(self.certainty),
                "verdicts": [
                    {"nodeid": nodeid, **_plain(verdict)} for nodeid, verdict in self.verdicts
                ],
            },
            "notes": _plain(self.notes),
            "errors": _plain(self.errors),
            "tests": _plain(self.tests),
        }


def ending(exit_status: int | None) -> dict[str, Any]:
    """Return the part of a document's ``run`` that says how the session has ended, if it has."""
    outcome = "running" if exit_status is None else OUTCOMES.get(exit_status, "internal_error")
    return {"outcome": outcome, "exit_status": exit_status}


def write_document(document: dict[str, Any], path: Path) -> None:
    """Write a document, replacing the file in one step.

    Raises:
        OSError: the file cannot be written.
    """
    text = json.dumps(document, indent=1, ensure_ascii=False, allow_nan=False)
    write_whole(encode(text + "\n"), path)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: _plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value
