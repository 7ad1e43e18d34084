# SPDX-License-Identifier: MIT
"""Brings a board up to date through its own console, and back if what is new does not work."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from hil.console.info import BoardInfo
from hil.console.transfer import write_update
from hil.device.device import Device
from hil.device.start import check_firmware, check_model
from hil.errors import BadInputError, BoardRefused, BootFailure, HilError, InfrastructureError
from hil.firmware.build import FirmwareBuild
from hil.flash.flash import Progress
from hil.host.activity import doing
from hil.inference.part import ModelPart

_WHOLE_FLASH = 1 << 24
"""Bytes; how much of it a model slot has, only the board knows."""

_BOARDS_LIMITS = ("bad_argument", "unsupported", "not_supported_in_role")
"""Refusals of an update that this board can never take."""

_BOOTS = 3
"""One that still tries what has been uploaded, one that goes back, and one to spare."""


@dataclass(frozen=True)
class UpdateReport:
    """What an update did.

    Attributes:
        before: what the board said about itself.
        after: what it says now.
        written: bytes that were uploaded, by ``app`` and ``model``.
        seconds: duration on the host.
    """

    before: BoardInfo
    after: BoardInfo
    written: dict[str, int]
    seconds: float


def update(
    device: Device,
    build: FirmwareBuild | None,
    part: ModelPart | None,
    progress: Callable[[Progress], None] | None = None,
) -> UpdateReport:
    """Upload an application, a model, or both, try them by a reboot, and confirm them.

    The board is reset first. What does not prove itself is left again: the board then runs what it
    ran before, and the error says so.

    Args:
        device: the board; it must run a firmware of this project.
        build: whose application it shall run, if that is to be updated.
        part: the part of a model that it shall run, likewise.
        progress: called while something is being uploaded.

    Raises:
        BadInputError: the board cannot take or run what it was to be given.
        BootFailure: it does not run what was uploaded.
        BoardRefused: it does not take it; the code says why.
        InfrastructureError, BoardPanic, BoardSilent: as :meth:`hil.device.device.Device.reset`.
    """
    if build is not None:
        build.require_console("a board cannot be updated to it over that console")
    began = time.monotonic()
    before = _at_rest(device)
    uploads = _uploads(before, build, part)
    try:
        with device.noticing_interruption():
            for what, data in uploads.items():
                _upload(device, what, data, progress)
        after = device.reboot()
        _judge(device, before, after, build, part)
        for what in uploads:
            device.console.request("update", what=what, confirm=1)
        after = device.refresh()
    except HilError as error:
        raise _gone_back(device, before, error) from error
    written = {what: len(data) for what, data in uploads.items()}
    return UpdateReport(before, after, written, time.monotonic() - began)


def _at_rest(device: Device) -> BoardInfo:
    """Reset the board until nothing runs on trial."""
    for _ in range(_BOOTS):
        device.reset()
        if device.info.trial == "none":
            break
    return device.info


def _uploads(
    info: BoardInfo, build: FirmwareBuild | None, part: ModelPart | None
) -> dict[str, bytes]:
    uploads = {}
    if build is not None:
        if build.simulated != info.simulated:
            kinds = ("virtual boards", "a real one") if build.simulated else ("chips", "virtual")
            raise BadInputError(
                f"The firmware in {build.directory} is for {kinds[0]}, and the board {info.mac} is "
                f"{kinds[1]}; name another build."
            )
        uploads["app"] = build.files[-1].data
    if part is not None:
        uploads["model"] = part.slot_file(_WHOLE_FLASH)
    if not uploads:
        raise BadInputError("There is nothing to update the board with; name firmware or model.")
    return uploads


def _upload(
    device: Device, what: str, data: bytes, progress: Callable[[Progress], None] | None
) -> None:
    def tell(done: int) -> None:
        step.reached(done, len(data))
        if progress is not None:
            progress(Progress(what, 0, done, len(data)))

    try:
        with doing(f"uploading {_NAMES[what]}") as step:
            write_update(device.console, what, data, tell)
    except BoardRefused as refusal:
        sentence = f"the board does not take {_NAMES[what]} of {len(data)} bytes: {refusal}"
        if refusal.code in _BOARDS_LIMITS:
            raise BadInputError(sentence) from refusal
        raise BoardRefused(refusal.code, sentence) from refusal


_NAMES = {"app": "an application", "model": "a model"}


def _judge(
    device: Device,
    before: BoardInfo,
    after: BoardInfo,
    build: FirmwareBuild | None,
    part: ModelPart | None,
) -> None:
    """Check that what was uploaded runs on trial, and works.

    Raises:
        BootFailure: it does not run, or the model that was there no longer opens.
        BadInputError, BoardRefused: as :func:`hil.device.start.check_model`.
    """
    if build is not None:
        if not after.is_on_trial("app") or after.app == before.app:
            raise BootFailure("the new application did not stay up")
        check_firmware(after, build.app)
    if part is not None:
        if not after.is_on_trial("model"):
            raise BootFailure("the board did not try the new model")
        check_model(after, device.console, part.model_id, part.title)
    elif before.slot == "ok" != after.slot:
        raise BootFailure(f"the new application cannot use the board's model ({after.slot})")


def _gone_back(device: Device, before: BoardInfo, error: HilError) -> HilError:
    """Return the error to raise, which says what the board runs now."""
    if isinstance(error, InfrastructureError):
        error.add_note("What was not confirmed is left at the board's next start.")
        return error
    reason = str(error).rstrip(".")
    try:
        now = _at_rest(device)
    except HilError as another:
        return BootFailure(f"The update failed ({reason}), and then: {another}")
    ran = (before.app, before.source_digest, before.model_slot, before.model_id)
    if (now.app, now.source_digest, now.model_slot, now.model_id) != ran:
        return BootFailure(
            f"The update failed ({reason}), and the board now runs firmware {now.firmware} from "
            f"{now.app} with model slot {now.model_slot}; update it again."
        )
    kind = BadInputError if isinstance(error, BadInputError) else BootFailure
    return kind(
        f"The update failed ({reason}); the board runs what it ran before, firmware "
        f"{now.firmware} from {now.app}."
    )
