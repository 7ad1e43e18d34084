# SPDX-License-Identifier: MIT
"""One ESP32-S3, virtual or real: flash it, connect it, infer on it."""

import contextlib
import subprocess
import time
import zlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Self

from hil.board_info import BoardInfo
from hil.console import Console
from hil.console_transfer import read_blob, write_image
from hil.errors import BadInputError, InfrastructureError, PortBusyError, PortMissingError
from hil.firmware import FirmwareBuild, firmware_for
from hil.flash import FlashFile, FlashReport, Progress, flash
from hil.infer import INFER_PATIENCE_S, infer_full, infer_split
from hil.inference import Inference
from hil.lab import Lab
from hil.model.array import Array
from hil.model_part import ModelPart
from hil.network import bring_up, credentials, edge_host, join
from hil.rig import BoardSpec, has_line_rate
from hil.start import check_firmware, check_model, start

if TYPE_CHECKING:
    from hil.edge import EdgeServer, Stopwatch
    from hil.model.model import Model, Photo
    from hil.model.split import Cut
    from hil.photos import Photo as NamedPhoto

_REOPEN_PATIENCE_S = 5.0
_REOPEN_PAUSE_S = 0.05
_DYING_S = 1.0

OnProgress = Callable[[Progress], None]


class Board:
    """The one interface to a board, whatever it is; a context manager. See :meth:`open`.

    Attributes:
        spec: which board this is.
        port: device or URL of its console.
        lab: the lab of a virtual board.
        console: the connection to its console; replaced when the board is flashed.
    """

    def __init__(self, spec: BoardSpec, port: str, lab: Lab | None, owns_lab: bool) -> None:
        self.spec = spec
        self.port = port
        self.lab = lab
        self._owns_lab = owns_lab
        self._info: BoardInfo | None = None
        self._part: ModelPart | None = None
        self._edge: EdgeServer | None = None
        self._stored: int | None = None
        self._address = ""
        self.console = self._open_console()

    @classmethod
    def open(cls, spec: BoardSpec | None = None, *, lab: Lab | None = None, index: int = 0) -> Self:
        """Open a board; for a virtual one without ``lab``, start a lab of its own.

        Args:
            spec: which board; the virtual one if not given.
            lab: a running lab whose board is meant.
            index: which of the lab's boards.

        Raises:
            PortMissingError: there is no such port.
            PortBusyError: another program holds it.
            LabError: the lab did not start.
        """
        spec = spec or BoardSpec()
        if not spec.virtual:
            return cls(spec, spec.port, None, False)
        used = lab or Lab.start()
        try:
            return cls(spec, used.boards[index].url, used, lab is None)
        except BaseException:
            if lab is None:
                used.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the port and end the lab, if it is this board's own."""
        self.console.close()
        if self._owns_lab and self.lab is not None:
            self.lab.close()

    @property
    def info(self) -> BoardInfo:
        """What the board last said about itself; raises as :meth:`refresh`."""
        return self._info or self.refresh()

    @property
    def simulated(self) -> bool:
        """Whether the board's figures are simulated."""
        return self.info.simulated

    @property
    def part(self) -> ModelPart:
        """The part of a model that is on the board.

        Raises:
            BadInputError: none was flashed or named.
        """
        if self._part is None:
            raise BadInputError("No model is known to be on the board; flash one first.")
        return self._part

    @property
    def stopwatch(self) -> "Stopwatch | None":
        """What an edge server for this board is to measure with.

        Simulated time must not depend on the host's speed, so a virtual board is told a constant.
        """
        if not self.simulated:
            return None
        from hil.edge import FixedStopwatch
        from hil.sim import host_work

        return FixedStopwatch(host_work.TOTAL_US, host_work.INVOKE_US)

    def refresh(self) -> BoardInfo:
        """Ask the board about itself.

        Raises:
            BoardSilent: it does not answer.
            BoardRefused: its answer cannot be read.
            BoardPanic, BootFailure, ConsoleError: as :meth:`hil.console.Console.request`.
        """
        self._info = BoardInfo.parse(self.console.request("info"))
        return self._info

    def flash(
        self,
        build: FirmwareBuild | None,
        model: "Model",
        cut: "Cut | str | int | None" = None,
        role: str = "head",
        *,
        progress: OnProgress | None = None,
    ) -> FlashReport:
        """Bring firmware, partition table and model slot up to date; start and check the board.

        Args:
            build: the firmware; ``None`` for the one that belongs to virtual boards.
            model: the full model.
            cut: where to cut it; ``None`` for its default. Not used in role full.
            role: ``head``, ``tail`` or ``full``.
            progress: called while something is being written.

        Raises:
            BadInputError: the model's part does not fit in slot or arena, or no such cut.
            PortMissingError, PortBusyError, WrongChipError, FlashingError: see
                :func:`hil.flash.flash`.
            BootFailure: the board does not run what was written.
            BoardRefused: it does not accept the model; the code says why.
        """
        build = build or firmware_for(self.port)
        part = ModelPart.of(model, cut, role)
        report = self._write([*build.files, _slot(build, part)], build, progress)
        self.reset()
        check_firmware(self.info, build.app)
        self._accept(part)
        return report

    def load(
        self,
        model: "Model",
        cut: "Cut | str | int | None" = None,
        role: str = "head",
        *,
        build: FirmwareBuild | None = None,
        progress: OnProgress | None = None,
    ) -> FlashReport:
        """Bring only the model slot up to date; the rest as :meth:`flash`."""
        build = build or firmware_for(self.port)
        part = ModelPart.of(model, cut, role)
        report = self._write([_slot(build, part)], None, progress)
        self.reset()
        self._accept(part)
        return report

    def use(self, model: "Model", cut: "Cut | str | int | None" = None, role: str = "head") -> None:
        """Name the model that is on the board already.

        Raises:
            BadInputError: another one is.
        """
        part = ModelPart.of(model, cut, role)
        info = self.info
        other = info.slot == "ok" and (info.role, info.model_id) != (role, part.model_id)
        if other or info.slot == "empty":
            held = f"the {info.role} of {info.name} {info.cut}".rstrip() if other else "no model"
            raise BadInputError(f"The board holds {held}, not {part.title}; flash it.")
        self._accept(part)

    def reset(self) -> None:
        """Reset the board and wait until it answers; what was connected has to be again.

        Raises:
            BootFailure, BoardPanic, BoardSilent: it does not come up.
        """
        self._disconnected()
        self._info = start(self.console, has_line_rate=has_line_rate(self.port))

    def connect(self, edge: "EdgeServer", via: str = "tcp") -> None:
        """Join the network, unless joined already, and open a link to an edge server.

        Raises:
            InfrastructureError: the access point is missing or refuses.
            EdgeError: the edge server cannot be reached.
            BoardRefused: it can, but does not serve the model on the board (``model_mismatch``).
        """
        if not self._address:
            self._address = join(self.console, credentials(self.spec, self.info))
        host = edge_host(self.spec, self.info, self._address)
        bring_up(self.console, via, host, edge.address[1])
        self._edge = edge

    def infer(
        self,
        image: "Photo | NamedPhoto",
        via: str = "tcp",
        *,
        output: bool = True,
        timeout: float | None = None,
    ) -> Inference:
        """Infer end to end on one image.

        Args:
            image: a path, a Pillow image, a :class:`hil.photos.Photo`, uint8 pixels, or the
                model's input tensor itself.
            via: the link; not used in role full.
            output: whether to have the whole output vector sent along.
            timeout: seconds of real time; 60 if not given.

        Raises:
            BadInputError: no model is known, or ``image`` is none.
            EdgeError: the edge server died or did not answer.
            BoardRefused, BoardPanic, BoardSilent, ConsoleError, LabError: as they say.
        """
        part = self.part
        self.store(part.input_tensor(image))
        timeout = timeout or INFER_PATIENCE_S
        if part.role == "full":
            return infer_full(self.console, self.info, part, output=output, timeout=timeout)
        return infer_split(
            self.console, self.info, part, self._edge, via, output=output, timeout=timeout
        )

    def store(self, tensor: Array) -> None:
        """Put an input tensor on the board, unless it is the one that is there.

        Raises:
            BoardRefused, BoardSilent, ConsoleError: as :func:`hil.console_transfer.write_image`.
        """
        data = tensor.tobytes()
        crc = zlib.crc32(data)
        if crc != self._stored:
            self._stored = None
            write_image(self.console, data)
            self._stored = crc

    def read_activation(self) -> Array:
        """Return the last activation as the board has it, of the cut's shape and dtype.

        Raises:
            BoardRefused: there is none.
        """
        return self.part.activation(read_blob(self.console, "activation"))

    def _open_console(self) -> Console:
        try:
            return Console.open(self.port, explain=self._explain)
        except InfrastructureError:
            self._explain()
            raise

    def _explain(self) -> None:
        """Raise LabError if that is why the connection is gone."""
        if self.lab is not None:
            # The kernel closes a dying process's connections before its parent can see it dead.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.lab.process.wait(_DYING_S)
            self.lab.check()

    @contextlib.contextmanager
    def lend_port(self) -> Iterator[str]:
        """Let go of the port for a ``with`` block, in which another program may have it.

        Yields the port. The board is to be reset afterwards, for it is no longer known what it
        does; after an error in the block the console stays closed.
        """
        self._disconnected()
        log = self.console.log
        self.console.close()
        yield self.port
        self.console = self._reopen_console()
        self.console.continue_log(log)

    def _reopen_console(self) -> Console:
        """Open the console after the flasher: a port that was reset may take a moment to return."""
        deadline = time.monotonic() + _REOPEN_PATIENCE_S
        while True:
            try:
                return self._open_console()
            except (PortMissingError, PortBusyError):
                if time.monotonic() > deadline:
                    raise
                time.sleep(_REOPEN_PAUSE_S)  # no event tells of a serial port's return

    def _write(
        self, files: list[FlashFile], build: FirmwareBuild | None, progress: OnProgress | None
    ) -> FlashReport:
        """Flash between two consoles; ``build`` is given where its application is written."""
        self._part = None
        with self.lend_port() as port:
            return flash(
                port,
                files,
                simulated_image=build is not None and build.app.simulated,
                ota=build.ota if build else None,
                progress=progress,
            )

    def _disconnected(self) -> None:
        """Forget what does not outlive a reset."""
        self._info = None
        self._edge = None
        self._stored = None
        self._address = ""

    def _accept(self, part: ModelPart) -> None:
        check_model(self.info, self.console, part.model_id, part.title)
        self._part = part


def _slot(build: FirmwareBuild, part: ModelPart) -> FlashFile:
    slot = build.model_slot()
    return FlashFile(slot.offset, part.slot_file(slot.size), "model")
