# SPDX-License-Identifier: MIT
"""``Results``: collects the records of one run and writes ``results.json``."""

import datetime
import platform
import time
from dataclasses import dataclass, field
from typing import Any

from hil.budgets import Budgets, Verdict
from hil.budgets.certainty import Certainty
from hil.budgets.section import model_name
from hil.model.accuracy import AgreementLimits
from hil.results import summary
from hil.results.boards.health import HealthRecord
from hil.results.history import History
from hil.results.measured import Measured, latency
from hil.results.photo_book import PhotoBook
from hil.results.records import (
    AuthenticationRecord,
    BoardRecord,
    CombinationRecord,
    CutRecord,
    ErrorRecord,
    FirmwareRecord,
    FlashRecord,
    InferenceRecord,
    LostRecord,
    ModelRecord,
    RoundTripRecord,
    SpanRecord,
    TestRecord,
)
from hil.results.writing import ending, plain, rows_of
from hil.version import __version__

SCHEMA = "hil-results-9"


@dataclass
class Results(PhotoBook):
    """What a run has learned so far.

    Attributes:
        budgets: limits to judge by, when they are known.
        limits: how often the board must agree with other ways to run its model, likewise, of the
            model that the run begins with.
        combinations: all that was on the board so far; firmware, model and cut are the first's.
        exit_status: of the session; None until it ends.
        verdicts: of latency budgets, each with the test that measured.
        not_judged: why budgets were not judged, where a test wanted them to be.
        shape: name of the link file that shapes the links; empty without one.
        certainty: how sure verdicts are to be.
        unstable: ``pass`` or ``fail``, what a test counts that passed only when it was run again.
        notes: what did not go as usual when boards were flashed or reset, with the board's port.
        authentication: which links were authenticated, and what strangers have sent.
        spans: what each test that is judged by a budget has measured, by the test.
        history: earlier runs on this board.
        named: what ``hil.toml``, or whoever lends it, calls the board; empty if nobody does.
        worker: of pytest-xdist; None without it.
        advisory: whether other boards are being tested on this computer, so that what is measured
            now is not to be judged.
        retries: how often the board had to be started or flashed once more.
        health: how the board fares, once the session has been entered; None where nothing is kept.
        explained: messages that were lost because a test impaired the link.
        The others hold the records of :mod:`hil.results.records`; photos are in the
        :class:`hil.results.photo_book.PhotoBook`.
    """

    budgets: Budgets | None = None
    limits: AgreementLimits | None = None
    board: BoardRecord | None = None
    firmware: FirmwareRecord | None = None
    model: ModelRecord | None = None
    cut: CutRecord | None = None
    exit_status: int | None = None
    combinations: list[CombinationRecord] = field(default_factory=list)
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
    authentication: AuthenticationRecord = field(default_factory=AuthenticationRecord)
    spans: dict[str, SpanRecord] = field(default_factory=dict)
    history: History = field(default_factory=History)
    named: str = ""
    worker: str | None = None
    advisory: bool = False
    retries: int = 0
    health: HealthRecord | None = None
    explained: int = 0
    errors: list[ErrorRecord] = field(default_factory=list)
    tests: list[TestRecord] = field(default_factory=list)
    _limits: dict[str, AgreementLimits] = field(default_factory=dict)
    _started: datetime.datetime = field(default_factory=lambda: datetime.datetime.now(datetime.UTC))
    _clock_start: float = field(default_factory=time.monotonic)

    def note(
        self,
        planned: str,
        firmware: FirmwareRecord,
        model: ModelRecord | None,
        cut: CutRecord | None,
        limits: AgreementLimits | None = None,
    ) -> None:
        """Note what is on the board from now on.

        Args:
            planned: what a matrix calls it; empty for what no matrix names.
            firmware: the application.
            model: the model; None where plain firmware runs none.
            cut: where it is cut.
            limits: of the model's agreement; None: those that the run begins with.
        """
        found = (firmware, model, cut)
        known = (each.name for each in self.combinations if _content(each) == found)
        name = planned or next(known, "")
        if not name:
            parts = (
                model.name if model else firmware.version,
                cut.name if cut else "",
                model.model_id if model else "",
                firmware.source_digest,
            )
            names = [" ".join(filter(None, parts[:count])) for count in (2, 3, 4)]
            taken = [each.name for each in self.combinations]
            name = next((each for each in names if each not in taken), f"{names[-1]} test build")
        self.combination = name
        if all(each.name != name for each in self.combinations):
            self.combinations.append(CombinationRecord(name, *found))
        if limits is not None:
            self._limits[name] = limits
        if self.firmware is None:
            self.firmware, self.model, self.cut = found

    def model_name(self, model_id: str) -> str:
        """Return what sections of ``budgets.toml`` call a model and cut, known by their id."""
        for model, cut in ((self.model, self.cut), *((e.model, e.cut) for e in self.combinations)):
            if model is not None and model.model_id == model_id:
                return model_name(model.name, cut.name if cut else "", model_id)
        return model_id

    @property
    def board_name(self) -> str | None:
        """What the board is called in the document; None while nothing is known of it."""
        return self.named or (board_name(self.board.kind, self.board.mac) if self.board else None)

    def position(self) -> tuple[int, int, int]:
        """Return how much has been measured, to tell what comes later from what was before."""
        return len(self.inferences), len(self.lost), len(self.round_trips)

    def note_span(self, nodeid: str, since: tuple[int, int, int]) -> None:
        """Note that a test is judged by all that has been measured since a position."""
        pairs = zip(since, self.position(), strict=True)
        self.spans[nodeid] = SpanRecord(*pairs)

    def measured(self, since: tuple[int, int, int] = (0, 0, 0)) -> Measured:
        """Return what has been measured since a position."""
        inferences, lost, round_trips = since
        return Measured(
            self.inferences[inferences:],
            self.lost[lost:],
            self.round_trips[round_trips:],
            self.cut.activation_bytes if self.cut else None,
            {each.name: each.cut.activation_bytes for each in self.combinations if each.cut},
        )

    def agreement(self) -> dict[str, dict[str, Any]]:
        """Return the agreement of what is on the board now, by reference.

        Returns:
            as :func:`hil.results.summary.agreement_rows`.
        """
        return summary.agreement_rows(self.photos, self._limits_of(self.combination))

    @property
    def min_photos(self) -> int:
        """Number of photos from which that agreement is judged."""
        return summary.min_photos(self._limits_of(self.combination))

    def _limits_of(self, combination: str) -> AgreementLimits | None:
        return self._limits.get(combination, self.limits)

    def _shares(self, combination: str) -> dict[str, Any]:
        """Return the parts of the document about agreement and accuracy."""
        photos, limits = self.photos_of(combination), self._limits_of(combination)
        return {
            "agreement": {
                "min_photos": summary.min_photos(limits),
                "with": summary.agreement_rows(photos, limits),
            },
            "accuracy": summary.accuracy(photos),
        }

    def document(self) -> dict[str, Any]:
        """Return everything as plain JSON values, by ``docs/results.schema.json``."""
        first = self.combinations[0].name if self.combinations else self.combination
        name = self.board_name
        board = self._board()
        latencies = latency(self.measured(), self.certainty, shaped=bool(self.shape))
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
            "board": board,
            "boards": [board] if board else [],
            "firmware": plain(self.firmware),
            "model": plain(self.model),
            "cut": plain(self.cut),
            "flash": rows_of(name, self.flash),
            "combinations": [
                {**plain(each), **self._shares(each.name)} for each in self.combinations
            ],
            "labels": plain(self.labels),
            "photo_files": self.places(),
            "photos": rows_of(name, self.all_photos),
            "inferences": rows_of(name, self.inferences),
            **self._shares(first),
            "lost": rows_of(name, self.lost),
            "round_trips": rows_of(name, self.round_trips),
            "latency": rows_of(name, latencies),
            "budgets": {
                "not_judged": self.not_judged,
                "link_file": self.shape or None,
                "confidence": plain(self.certainty),
                "measured": [
                    {"nodeid": nodeid, **plain(span), "board": name}
                    for nodeid, span in self.spans.items()
                ],
                "verdicts": [
                    {"nodeid": nodeid, "section": verdict.board, **plain(verdict), "board": name}
                    for nodeid, verdict in self.verdicts
                ],
            },
            "history": {**plain(self.history), "board": name},
            "notes": plain(self.notes),
            "authentication": plain(self.authentication),
            "errors": rows_of(name, self.errors),
            "tests": rows_of(name, self.tests),
        }

    def _board(self) -> dict[str, Any] | None:
        if self.board is None:
            return None
        about = {"name": self.board_name, "worker": self.worker, "retries": self.retries}
        return {**about, **plain(self.board), "health": plain(self.health)}


def board_name(kind: str, mac: str) -> str:
    """Return what a board is called that nobody has named.

    Args:
        kind: as in :class:`hil.results.BoardRecord`.
        mac: its address, which all virtual boards have in common.
    """
    return "virtual" if kind == "virtual" else mac


def _content(record: CombinationRecord) -> tuple[object, ...]:
    return record.firmware, record.model, record.cut
