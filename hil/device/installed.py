# SPDX-License-Identifier: MIT
"""What a board has that no flasher can reach: right already, or to be updated over its console."""

from collections.abc import Sequence

from hil.console.info import BoardInfo
from hil.device.start import check_firmware
from hil.errors import BadInputError, BootFailure
from hil.firmware.app import AppInfo
from hil.flash.flash import FlashFile, FlashReport, Region
from hil.inference.part import ModelPart


def find_installed(
    info: BoardInfo, files: Sequence[FlashFile], app: AppInfo | None, part: ModelPart | None
) -> FlashReport:
    """Return the report on a board that runs what is wanted already, by its own word.

    Args:
        info: what it says about itself.
        files: what is wanted in its flash.
        app: the application among them, if any.
        part: the part of a model among them, if any.

    Raises:
        BadInputError: it runs something else.
    """
    different = None
    if app is not None:
        try:
            check_firmware(info, app)
        except BootFailure as error:
            different = str(error)
    if part is not None and (info.role, info.model_id) != (part.role, part.model_id):
        different = different or f"The board does not hold {part.title}."
    if different is not None:
        raise BadInputError(
            'esptool cannot reach a board without reset lines (reset = "none" in hil.toml, or a '
            f"socket:// port); bring it up to date by 'hil update'. {different}"
        )
    return FlashReport(
        written=(),
        skipped=tuple(Region(file.offset, len(file.data), file.role) for file in files),
        chip=info.chip,
        mac=info.mac,
        flash_size=info.flash,
        virtual=info.simulated,
        baud=0,
        seconds=0.0,
    )
