# SPDX-License-Identifier: MIT
"""A board that enters what happens to it into the results."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from hil.board import Board
from hil.flash import FlashReport, Region
from hil.inference import Inference
from hil.photos import Photo, label_key
from hil.results import (
    BoardRecord,
    CutRecord,
    FirmwareRecord,
    FlashRecord,
    InferenceRecord,
    ModelRecord,
    RegionRecord,
    Results,
)

if TYPE_CHECKING:
    from hil.edge import EdgeServer
    from hil.model.model import Model


class RecordingBoard(Board):
    """Does what :class:`hil.board.Board` does, and keeps the books.

    Attributes:
        results: where records go; set right after opening.
        link: edge server, link and boot session of the last connection.
    """

    results: Results
    link: "tuple[EdgeServer, str, int] | None" = None

    def flash(self, *args: Any, **kwargs: Any) -> FlashReport:
        """Flash firmware and model, see :meth:`hil.board.Board.flash`."""
        return self._booked(super().flash, *args, **kwargs)

    def load(self, *args: Any, **kwargs: Any) -> FlashReport:
        """Bring the model slot up to date, see :meth:`hil.board.Board.load`."""
        return self._booked(super().load, *args, **kwargs)

    def connect(self, edge: "EdgeServer", via: str = "tcp") -> None:
        """Open a link to an edge server, see :meth:`hil.board.Board.connect`."""
        self.link = None
        super().connect(edge, via)
        self.link = (edge, via, self.info.session)

    def infer(self, image: Any, *args: Any, **kwargs: Any) -> Inference:
        """Infer end to end on one image, see :meth:`hil.board.Board.infer`."""
        inference = super().infer(image, *args, **kwargs)
        name = None
        if isinstance(image, Photo):
            name = image.name
            self.results.photo(name, image.label, label_id(self.part.model, image))
            classes = tuple(each.class_id for each in inference.top5)
            self.results.predict(name, "board", classes)
        self.results.inferences.append(_inference_record(inference, name))
        return inference

    def _booked(self, flash: Callable[..., FlashReport], *args: Any, **kwargs: Any) -> FlashReport:
        report = flash(*args, **kwargs)
        written, skipped = (
            tuple(map(_region, regions)) for regions in (report.written, report.skipped)
        )
        self.results.flash.append(FlashRecord(written, skipped, round(report.seconds, 3)))
        self._describe()
        return report

    def _describe(self) -> None:
        """Enter what is under test: once, for what the run is about is on the board first."""
        if self.results.board is not None:
            return
        info, model, cut = self.info, self.part.model, self.part.cut
        kind = "virtual" if self.spec.virtual else "remote" if "://" in self.port else "usb"
        self.results.board = BoardRecord(
            kind, self.port, info.mac.lower(), info.chip, info.simulated, info.kernels
        )
        self.results.firmware = FirmwareRecord(info.firmware, info.source_digest, info.test_build)
        self.results.model = ModelRecord(
            model.name, f"{info.model_id or 0:08x}", model.output.shape[-1]
        )
        if cut is not None:
            self.results.cut = CutRecord(cut.short_name, cut.tensor_name, cut.bytes)


def label_id(model: "Model", photo: Photo) -> int | None:
    """Return the class id of a photo's label; None where it has none the model knows."""
    if photo.label is None:
        return None
    keys = [label_key(label) for label in model.labels]
    key = label_key(photo.label)
    return keys.index(key) if key in keys else None


def _region(region: Region) -> RegionRecord:
    return RegionRecord(region.role, region.offset, region.size)


def _inference_record(inference: Inference, photo: str | None) -> InferenceRecord:
    stages, host = inference.stages, inference.host
    times = {
        "load": stages.load_us,
        "invoke": stages.invoke_us,
        "send": stages.send_us,
        "wait": stages.wait_us,
        "total": stages.total_us,
    }
    if inference.activation is not None:
        times["transfer"] = stages.transfer_us
        times["edge"] = stages.edge_us
        times["edge_invoke"] = stages.edge_invoke_us
    return InferenceRecord(
        photo=photo,
        via=inference.via,
        message_id=inference.message_id,
        simulated=inference.simulated,
        transport_exact=inference.transport_exact,
        activation_bytes=0 if inference.activation is None else inference.activation.nbytes,
        stages_us=times,
        host_us={
            "infer": host.infer_us,
            "edge": host.edge_total_us,
            "edge_invoke": host.edge_invoke_us,
        },
        top5=tuple((each.class_id, each.label, each.score) for each in inference.top5),
    )
