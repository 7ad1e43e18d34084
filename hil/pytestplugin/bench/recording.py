# SPDX-License-Identifier: MIT
"""A board that enters what happens to it into the results."""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hil.board.board import Board
from hil.errors import BadInputError, MessageLost
from hil.flash.flash import FlashReport, Region
from hil.inference.inference import Inference, RoundTrip
from hil.model.inputs.samples import Sample
from hil.results import (
    BoardRecord,
    CutRecord,
    FirmwareRecord,
    FlashRecord,
    LostRecord,
    ModelRecord,
    RegionRecord,
    Results,
)
from hil.results.booking import inference_record, round_trip_record
from hil.results.measured import section_of

if TYPE_CHECKING:
    from hil.model.model import Model


class RecordingBoard(Board):
    """Does what :class:`hil.Board` does, and keeps the books.

    Attributes:
        results: where records go.
        planned: what a matrix calls what is flashed next; empty for what no matrix names.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.results = Results()
        self.planned = ""

    def flash(self, *args: Any, **kwargs: Any) -> FlashReport:
        """Flash firmware and model, see :meth:`hil.Board.flash`."""
        planned, self.planned = self.planned, ""
        return self._booked(super().flash, planned, *args, **kwargs)

    def load(self, *args: Any, **kwargs: Any) -> FlashReport:
        """Bring the model slot up to date, see :meth:`hil.Board.load`."""
        return self._booked(super().load, "", *args, **kwargs)

    def infer(self, image: Any, *args: Any, of: Sample | None = None, **kwargs: Any) -> Inference:
        """Infer end to end on one image, see :meth:`hil.Board.infer`.

        Args:
            image: a photo, or anything else that an input can be made of.
            args: as there.
            of: the photo that an input tensor was made of.
            kwargs: as there.
        """
        sample = of or (image if isinstance(image, Sample) else None)
        name = sample.name if sample else None
        via, tail = self._over()
        try:
            inference = super().infer(image, *args, **kwargs)
        except MessageLost as error:
            error.tolerated = self._tolerates_loss(via, tail)
            self.results.explained += self._impaired
            self.results.lost.append(
                LostRecord(name, via, error.code, self.simulated, tail, *self._on_board)
            )
            raise
        if sample:
            class_id = self.part.model.class_ids.class_id(sample)
            self.results.photo(sample.name, sample.label, class_id)
            classes = tuple(each.class_id for each in inference.top5)
            scores = tuple(round(each.score, 6) for each in inference.top5)
            self.results.predict(sample.name, "board", classes, scores=scores)
            self.results.note_origin(
                sample.name, sample.path, self._model_id, self.part.model.labels
            )
        if inference.activation_crc is None:
            tail = "none"
        self.results.inferences.append(inference_record(inference, name, tail, *self._on_board))
        return inference

    def rtt(self, size: int, *args: Any, **kwargs: Any) -> RoundTrip:
        """Send bytes to the tail's side and have them back, see :meth:`hil.Board.rtt`."""
        via, tail = self._over()
        try:
            echo = super().rtt(size, *args, **kwargs)
        except MessageLost as error:
            error.tolerated = self._tolerates_loss(via, tail)
            self.results.explained += self._impaired
            echo = RoundTrip(via, size, None, error.code, None, self.simulated)
            self.results.round_trips.append(round_trip_record(echo, tail, *self._on_board))
            raise
        self.results.explained += echo.lost and self._impaired
        self.results.round_trips.append(round_trip_record(echo, tail, *self._on_board))
        return echo

    def connect(self, *args: Any, **kwargs: Any) -> None:
        """Open a link, see :meth:`hil.Board.connect`."""
        super().connect(*args, **kwargs)
        link = self.connection
        if link is not None and (link.authenticated or link.keyless):
            self.results.authentication.note(link.via, link.keyless)

    def _tolerates_loss(self, via: str, tail: str) -> bool:
        """Whether a message may stay unanswered.

        A link file or an impairment loses some, or the budget allows it.
        """
        if self._impaired:
            return True
        if self.lab is not None and self.lab.shaped:
            return True
        budgets = self.results.budgets
        if budgets is None:
            return False
        section = section_of(
            self.info.chip,
            tail,
            self.simulated,
            shape=self.results.shape,
            model=self.results.model_name(self._model_id),
        )
        return bool(budgets.link(section, via).loss)

    @property
    def _impaired(self) -> bool:
        """Whether a test has its edge server lose messages."""
        edge = self.connection.edge if self.connection else None
        return edge is not None and edge.impairment is not None and edge.impairment.loses

    @property
    def _model_id(self) -> str:
        return f"{self.info.model_id or 0:08x}"

    @property
    def _on_board(self) -> tuple[str, str, bool]:
        """The model's id, what the results call all that is on the board, whether it is alone."""
        return self._model_id, self.results.combination, self.results.advisory

    def _over(self) -> tuple[str, str]:
        """Return the link that is up, and what runs the tail: edge or peer."""
        if self.connection is None:
            return "none", "none"
        tail = "peer" if self.connection.tail else "edge"
        return self.connection.via, tail

    def _booked(
        self, flash: Callable[..., FlashReport], planned: str, *args: Any, **kwargs: Any
    ) -> FlashReport:
        report = flash(*args, **kwargs)
        self.note_content(planned)
        written, skipped = (
            tuple(map(_region, regions)) for regions in (report.written, report.skipped)
        )
        seconds = round(report.seconds, 3)
        self.results.flash.append(
            FlashRecord(written, skipped, seconds, report.baud, self.results.combination)
        )
        if self.results.board is None:  # what the run is about is on the board first
            if self.plain is not None:
                self._describe_plain(report)
            else:
                self._describe()
        return report

    def note_content(self, planned: str) -> None:
        """Enter what is on the board from now on.

        Args:
            planned: what a matrix calls it; empty for what no matrix names.
        """
        if self.plain is not None:
            app = self.plain.app
            firmware = FirmwareRecord(
                f"{app.project} {app.version}", app.source_digest[:16], test_build=False
            )
            self.results.note(planned, firmware, None, None)
            return
        info, model, cut = self.info, self.part.model, self.part.cut
        self.results.note(
            planned,
            FirmwareRecord(info.firmware, info.source_digest, info.test_build),
            ModelRecord(model.name, self._model_id, math.prod(model.output.shape), _scaling(model)),
            CutRecord(cut.short_name, cut.tensor_name, cut.bytes) if cut is not None else None,
            model.agreement,
        )

    @property
    def identity(self) -> tuple[object, ...]:
        """What tells one content of the flash from another, by the board's last word."""
        if self.plain is not None:
            return ("plain", self.plain.app.source_digest)
        info = self.info
        return info.role, info.model_id, info.source_digest, info.test_build

    @property
    def _kind(self) -> str:
        return "virtual" if self.spec.virtual else "remote" if "://" in self.port else "usb"

    def _describe_plain(self, report: FlashReport) -> None:
        """Enter a board whose firmware says nothing of itself: as chip and image have it."""
        start = self.console.health.start
        self.results.board = BoardRecord(
            self._kind,
            self.port,
            report.mac.lower(),
            report.chip.lower().replace("-", ""),
            report.virtual,
            "none",
            start.name if start else "unknown",
        )

    def _describe(self) -> None:
        """Enter the board."""
        info = self.info
        self.results.board = BoardRecord(
            self._kind,
            self.port,
            info.mac.lower(),
            info.chip,
            info.simulated,
            info.kernels,
            info.reset_reason,
        )


def _scaling(model: "Model") -> str | None:
    """Return what photos are scaled to; None for a model of which nobody knows it."""
    try:
        return str(model.scaling)
    except BadInputError:
        return None


def _region(region: Region) -> RegionRecord:
    return RegionRecord(region.role, region.offset, region.size)
