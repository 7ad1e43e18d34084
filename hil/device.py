# SPDX-License-Identifier: MIT
"""One ESP32-S3, virtual or real, as far as its flash and its console go."""

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from hil.board_info import BoardInfo
from hil.board_lock import BoardLock, Holder
from hil.board_port import BoardPort
from hil.console import FAST_BAUD, Console
from hil.console_input import BAUD
from hil.errors import BadInputError, BoardSilent
from hil.firmware import FirmwareBuild, firmware_for
from hil.flash import FlashFile, FlashReport, Needs, Progress, flash
from hil.installed import find_installed
from hil.lab import Lab
from hil.line_rate import change_rate
from hil.model_part import ModelPart
from hil.ports import has_line_rate
from hil.recovery import Recovery
from hil.reset import ConsoleReset, ResetStrategy, reset_on
from hil.rig import BoardSpec
from hil.start import check_firmware, check_mac, check_model

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
        self._rate = BAUD
        self._fastest = spec.baud or FAST_BAUD
        self._bears = self._fastest
        self._line = BoardPort(port, lab)
        self._recovery = Recovery(spec, self._line)

    @classmethod
    def open(
        cls,
        spec: BoardSpec | None = None,
        *,
        lab: Lab | None = None,
        index: int = 0,
        on_wait: Callable[[Holder], None] | None = None,
    ) -> Self:
        """Open a board; for a virtual one without ``lab``, start a lab of its own.

        A real one, or one at a URL, is locked against other processes until it is closed.

        Args:
            spec: which board; the virtual one if not given.
            lab: a running lab whose board is meant.
            index: which of the lab's boards.
            on_wait: called once with who has the board, if it has to be waited for.

        Raises:
            BoardBusyError: another process had it for all of ``spec.wait_s``.
            PortMissingError: there is no such port.
            PortBusyError: another program holds it.
            LabError: the lab did not start.
        """
        spec = spec or BoardSpec()
        if not spec.virtual:
            with BoardLock.acquire(spec.port, spec.wait_s, on_wait):
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
        try:
            self._line.close()
        finally:
            if self._owns_lab and self.lab is not None:
                self.lab.close()

    @property
    def console(self) -> Console:
        """The connection to its console."""
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
    def notes(self) -> tuple[str, ...]:
        """What did not go as usual, since it was opened, when it was flashed or reset."""
        return tuple(self._recovery.notes)

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
            BadInputError: the model's part does not fit in slot or arena, no such cut, or a board
                without reset lines that holds something else.
            PortMissingError, PortBusyError, WrongChipError, FlashingError: see
                :func:`hil.flash.flash`; two attempts are made.
            BootFailure: the board does not run what was written.
            BoardRefused: it does not accept the model; the code says why.
            ResetError, BoardPanic, BoardSilent: as :meth:`reset`.
        """
        build = build or firmware_for(self.port)
        part = ModelPart.of(model, cut, role) if model else None
        slot = [_slot(build, part)] if part else []
        return self._install([*build.files, *slot], build, part, progress)

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
        return self._install([_slot(build, part)], None, part, progress)

    def use(self, model: "Model", cut: "Cut | str | int | None" = None, role: str = "head") -> None:
        """Name the model that is on the board already.

        Raises:
            BadInputError: another one is, or other firmware than this project's runs.
        """
        part = ModelPart.of(model, cut, role)
        info = self._introduced()
        other = info.slot == "ok" and (info.role, info.model_id) != (role, part.model_id)
        if other or info.slot == "empty":
            held = f"the {info.role} of {info.name} {info.cut}".rstrip() if other else "no model"
            raise BadInputError(f"The board holds {held}, not {part.title}; flash it.")
        self._accept(part)

    def reset(self) -> None:
        """Reset the board and wait until it answers; what was connected has to be again.

        Where the rig is to blame that it does not, it is tried once more, after a power cycle if
        the rig has a command for that.

        Raises:
            BootFailure, BoardPanic, BoardSilent: it does not come up.
            ResetError, PortMissingError: it could not be reset, or its port does not come back.
            WrongChipError: it is not the board that is meant.
        """
        self._restart(self._way_to_reset())

    def reboot(self) -> BoardInfo:
        """Have the firmware restart itself, and return what it then says; raises as :meth:`reset`.

        Unlike a reset, this is a restart for which the bootloader does not fall back to what ran
        before.
        """
        self._restart(ConsoleReset(self._fastest))
        return self.info

    def pulse(self) -> None:
        """Reset the board and do not wait for it.

        Raises:
            ResetError, PortMissingError: it could not be reset, or its port does not come back.
        """
        self._forget()
        self._line.reset(self._way_to_reset())

    def reconnect(self) -> None:
        """Wait for a port that has vanished, and go on with the console there.

        Raises:
            PortMissingError: it does not come back.
        """
        self._line.reopen()

    def _restart(self, how: ResetStrategy) -> None:
        self._forget()
        self._info = self._recovery.start(how)
        check_mac(self._info, self.spec.mac)
        if has_line_rate(self.port) and not self._info.simulated:
            self.raise_baud()

    def _way_to_reset(self) -> ResetStrategy:
        return reset_on(self.port, self.spec.reset, self._fastest)

    def raise_baud(self) -> None:
        """Make the console as fast as images and frames need it and the line bears it."""
        if self._rate < self._bears and not change_rate(self.console, self._bears):
            self._bears = self._rate
        self._rate = self._bears

    @contextlib.contextmanager
    def lend_port(self) -> Iterator[str]:
        """Let go of the port for a ``with`` block, in which another program may have it.

        Yields the port. The board is to be reset afterwards, for it is no longer known what it
        does; after an error in the block the console stays closed.
        """
        self._forget()
        with self._line.lend() as port:
            yield port

    def _install(
        self,
        files: list[FlashFile],
        build: FirmwareBuild | None,
        part: ModelPart | None,
        progress: OnProgress | None,
    ) -> FlashReport:
        """Flash, start and check; ``build`` is given where its application is among the files."""
        noted = len(self.notes)
        self._part = None
        if build:
            self.console.elf = build.elf
        if self.spec.reset == "none":
            self.reset()
            report = find_installed(self.info, files, build.app if build else None, part)
        else:
            report = self._write(files, build, progress)
            self.reset()
            if build:
                check_firmware(self.info, build.app)
        if part:
            self._accept(part)
        return replace(report, notes=self.notes[noted:])

    def _write(
        self, files: list[FlashFile], build: FirmwareBuild | None, progress: OnProgress | None
    ) -> FlashReport:
        self._forget()
        report = self._recovery.flash(
            lambda port: flash(
                port,
                files,
                simulated_image=build is not None and build.app.simulated,
                ota=build.ota if build else None,
                needs=self._needs(build),
                baud=self._bears,
                usb_jtag=self.spec.reset == "usb-jtag",
                progress=progress,
            )
        )
        self._bears = min(self._bears, report.baud)
        return report

    def _needs(self, build: FirmwareBuild | None) -> Needs:
        if build is None:
            return Needs(self.spec.mac)
        return Needs(self.spec.mac, build.flash_size, psram=True)

    def _introduced(self) -> BoardInfo:
        """Return what the board says about itself, if it runs this project's firmware."""
        try:
            return self.info
        except BoardSilent as error:
            raise BadInputError(
                f"The board at {self.port} answers no requests: it runs other firmware than hil's, "
                "or none; flash it."
            ) from error

    def _forget(self) -> None:
        """Forget what does not outlive a reset."""
        self._info = None
        self._rate = BAUD

    def _accept(self, part: ModelPart) -> None:
        check_model(self.info, self.console, part.model_id, part.title)
        self._part = part


def _slot(build: FirmwareBuild, part: ModelPart) -> FlashFile:
    slot = build.model_slot()
    return FlashFile(slot.offset, part.slot_file(slot.size), "model")
