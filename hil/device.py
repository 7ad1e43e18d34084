# SPDX-License-Identifier: MIT
"""One ESP32-S3, virtual or real, as far as its flash and its console go."""

import contextlib
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Self

from hil.board_info import BoardInfo
from hil.board_port import BoardPort
from hil.console import FAST_BAUD, Console
from hil.errors import BadInputError
from hil.firmware import FirmwareBuild, firmware_for
from hil.flash import FlashFile, FlashReport, Progress, flash
from hil.lab import Lab
from hil.model_part import ModelPart
from hil.ports import has_line_rate
from hil.rig import BoardSpec
from hil.start import check_firmware, check_model, start

if TYPE_CHECKING:
    from hil.model.model import Model
    from hil.model.split import Cut

OnProgress = Callable[[Progress], None]


class Device:
    """A board that can be flashed, started and asked; a context manager. See :meth:`open`.

    Attributes:
        spec: which board this is.
        port: device or URL of its console.
        lab: the lab of a virtual board.
    """

    def __init__(self, spec: BoardSpec, port: str, lab: Lab | None, owns_lab: bool) -> None:
        self.spec = spec
        self.port = port
        self.lab = lab
        self._owns_lab = owns_lab
        self._info: BoardInfo | None = None
        self._part: ModelPart | None = None
        self._fast = False
        self._line = BoardPort(port, lab)

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
        self._line.close()
        if self._owns_lab and self.lab is not None:
            self.lab.close()

    @property
    def console(self) -> Console:
        """The connection to its console; another one after the port has been lent."""
        return self._line.console

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

    def holds(self, role: str, model_id: int) -> bool:
        """Whether this part of this model has been flashed or named."""
        return self._part is not None and (self._part.role, self._part.model_id) == (role, model_id)

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
        model: "Model | None",
        cut: "Cut | str | int | None" = None,
        role: str = "head",
        *,
        progress: OnProgress | None = None,
    ) -> FlashReport:
        """Bring firmware, partition table and model slot up to date; start and check the board.

        Args:
            build: the firmware; ``None`` for the one that belongs to virtual boards.
            model: the full model; ``None`` leaves the slot alone, for a gateway needs none.
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
        part = ModelPart.of(model, cut, role) if model else None
        slot = [_slot(build, part)] if part else []
        report = self._write([*build.files, *slot], build, progress)
        self.reset()
        check_firmware(self.info, build.app)
        if part:
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
        self._forget()
        self._info = start(self.console)
        if has_line_rate(self.port) and not self._info.simulated:
            self.raise_baud()

    def raise_baud(self) -> None:
        """Make the console as fast as images and frames need it, unless it is that already."""
        if not self._fast:
            self.console.set_baud(FAST_BAUD)
            self._fast = True

    @contextlib.contextmanager
    def lend_port(self) -> Iterator[str]:
        """Let go of the port for a ``with`` block, in which another program may have it.

        Yields the port. The board is to be reset afterwards, for it is no longer known what it
        does; after an error in the block the console stays closed.
        """
        self._forget()
        with self._line.lend() as port:
            yield port

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

    def _forget(self) -> None:
        """Forget what does not outlive a reset."""
        self._info = None
        self._fast = False

    def _accept(self, part: ModelPart) -> None:
        check_model(self.info, self.console, part.model_id, part.title)
        self._part = part


def _slot(build: FirmwareBuild, part: ModelPart) -> FlashFile:
    slot = build.model_slot()
    return FlashFile(slot.offset, part.slot_file(slot.size), "model")
