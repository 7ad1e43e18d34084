# SPDX-License-Identifier: MIT
"""One ESP32-S3, virtual or real, and what is on its flash: firmware and the part of a model."""

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from hil.console.info import BoardInfo
from hil.device.device import Device
from hil.device.installed import find_installed
from hil.device.start import check_firmware, check_model
from hil.errors import BadInputError, BoardSilent, HilError, InfrastructureError
from hil.firmware.build import FirmwareBuild, firmware_for
from hil.flash.flash import FlashFile, FlashReport, Needs, Progress, flash
from hil.inference.part import ModelPart
from hil.rig.providers.interface import Lease
from hil.rig.rig import BoardSpec
from hil.sim.process import Lab

if TYPE_CHECKING:
    from hil.model.model import Model
    from hil.model.split import Cut

OnProgress = Callable[[Progress], None]


class Flashable(Device):
    """A board whose flash can be brought to a wanted content.

    Attributes:
        half_flashed: whether flashing it was cut short: what it does until it is flashed anew says
            nothing about the firmware.
        plain: the firmware that has been flashed, if it does not speak hil's console.
    """

    def __init__(
        self, spec: BoardSpec, port: str, lab: Lab | None, lease: Lease | None = None
    ) -> None:
        super().__init__(spec, port, lab, lease)
        self.half_flashed = False
        self.plain: FirmwareBuild | None = None
        self._part: ModelPart | None = None

    @property
    def simulated(self) -> bool:
        """Whether the board's figures are simulated."""
        return super().simulated if self.plain is None else self.plain.simulated

    @property
    def part(self) -> ModelPart:
        """The part of a model that is on the board.

        Raises:
            BadInputError: none was flashed or named.
        """
        if self._part is None:
            self.console.health.require_protocol("a model")
            raise BadInputError("No model is known to be on the board; flash one first.")
        return self._part

    @property
    def has_part(self) -> bool:
        """Whether :attr:`part` is known."""
        return self._part is not None

    def holds(self, role: str, model_id: int) -> bool:
        """Whether this part of this model has been flashed or named."""
        return self._part is not None and (self._part.role, self._part.model_id) == (role, model_id)

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
            model: the full model; ``None`` leaves the slot alone, for a gateway needs none, and
                plain firmware takes none.
            cut: where to cut it; ``None`` for its default. Not used in role full.
            role: ``head``, ``tail`` or ``full``.
            progress: called while something is being written.

        Raises:
            BadInputError: the model's part does not fit in slot or arena, no such cut, a model for
                plain firmware, or a board without reset lines that holds something else.
            PortMissingError, PortBusyError, WrongChipError, FlashingError: see
                :func:`hil.flash.flash.flash`; two attempts are made.
            BootFailure: the board does not run what was written.
            BoardRefused: it does not accept the model; the code says why.
            ResetError, BoardPanic, BoardSilent: as :meth:`reset`.
        """
        build = build or firmware_for(self.port)
        if model is not None:
            build.require_console("no model can be put on it")
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
        self.console.health.require_protocol("a model")
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

    def _install(
        self,
        files: list[FlashFile],
        build: FirmwareBuild | None,
        part: ModelPart | None,
        progress: OnProgress | None,
    ) -> FlashReport:
        """Flash, start and check; ``build`` is given where its application is among the files."""
        self.half_flashed = True
        try:
            with self.noticing_interruption():
                report = self._bring(files, build, part, progress)
        except HilError as error:
            # Where the rig has kept it from its end nobody knows what is on the flash.
            self.half_flashed = isinstance(error, InfrastructureError)
            raise
        self.half_flashed = False
        return report

    def _bring(
        self,
        files: list[FlashFile],
        build: FirmwareBuild | None,
        part: ModelPart | None,
        progress: OnProgress | None,
    ) -> FlashReport:
        noted = len(self.notes)
        self._part = None
        if build:
            self.console.elf = build.elf
            self.plain = build if build.plain else None
            self.console.health.plain = build.app.project if build.plain else None
        if self.spec.reset == "none":
            if build and build.plain:
                raise BadInputError(
                    'esptool cannot reach a board without reset lines (reset = "none" in hil.toml, '
                    f"or a socket:// port), nor can '{build.app.project}' be asked what it is; "
                    "give the board lines."
                )
            self.reset()
            report = find_installed(self.info, files, build.app if build else None, part)
        else:
            report = self._write(files, build, progress)
            self.reset()
            if build and not build.plain:
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
                line=self.spec.line,
                progress=progress,
            )
        )
        self._bears = min(self._bears, report.baud)
        return report

    def _needs(self, build: FirmwareBuild | None) -> Needs:
        if build is None:
            return Needs(self.spec.mac)
        return Needs(self.spec.mac, build.flash_size, psram=not build.plain)

    def _introduced(self) -> BoardInfo:
        """Return what the board says about itself, if it runs this project's firmware."""
        try:
            return self.info
        except BoardSilent as error:
            raise BadInputError(
                f"The board at {self.port} answers no requests: it runs other firmware than hil's, "
                "or none; flash it."
            ) from error

    def _accept(self, part: ModelPart) -> None:
        check_model(self.info, self.console, part.model_id, part.title)
        self._part = part


def _slot(build: FirmwareBuild, part: ModelPart) -> FlashFile:
    slot = build.model_slot()
    return FlashFile(slot.offset, part.slot_file(slot.size), "model")
