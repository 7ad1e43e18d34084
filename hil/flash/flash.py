# SPDX-License-Identifier: MIT
"""Brings a board's flash to a wanted content, writing only what differs.

esptool does the work, in a process of its own (:mod:`hil.esptool_worker.flash`); this module
describes
the work, waits for it within a bound, and sorts what can go wrong.
"""

import contextlib
import itertools
import json
import queue
import subprocess
import threading
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from hil import errors
from hil.errors import BadInputError, FlashingError, HilError
from hil.host import child
from hil.host.activity import doing
from hil.host.lifeline import lifeline
from hil.serialport.line import USUAL, Line

WRITE_BAUD = 921_600
"""What every USB bridge on ESP32-S3 devkits manages."""

_BASE_PATIENCE_S = 60.0
"""Connecting in the worst case (four attempts), the stub, and a few MD5 sums; twice, where bytes
get lost at the first line rate."""
_SLOW_BASE_PATIENCE_S = 240.0
"""The same where every question may be under way for half a second."""
_SLOWEST_BYTES_PER_S = 10_000
"""A port that stays at 115,200 baud, uncompressed."""


@dataclass(frozen=True)
class FlashFile:
    """Bytes that belong at an offset of the flash.

    Attributes:
        offset: where they go.
        data: what goes there.
        role: ``bootloader``, ``partition table``, ``app``, ``model``, ``otadata`` or a file name.
    """

    offset: int
    data: bytes
    role: str


@dataclass(frozen=True)
class OtaChoice:
    """What otadata must say for the written application to boot.

    Attributes:
        offset: of the otadata partition.
        slots: number of OTA slots in the partition table.
        slot: the one that the application is written to.
        is_default: whether the bootloader takes it where otadata has no valid entry.
    """

    offset: int
    slots: int
    slot: int
    is_default: bool


@dataclass(frozen=True)
class Needs:
    """What the board must be and have.

    Attributes:
        mac: its base MAC address; ``None``: any.
        flash_size: bytes of flash that the layout reaches over.
        psram: whether the firmware needs PSRAM.
    """

    mac: str | None = None
    flash_size: int = 0
    psram: bool = False


@dataclass(frozen=True)
class Region:
    """A stretch of flash that was written or found to be right."""

    offset: int
    size: int
    role: str


@dataclass(frozen=True)
class FlashReport:
    """What flashing did.

    Attributes:
        written: regions that differed.
        skipped: regions that were right already, by MD5 on the board.
        chip: as esptool names it.
        mac: base MAC address.
        flash_size: bytes.
        virtual: whether it is a virtual board.
        baud: highest line rate, in baud, at which nothing got lost or nothing was tried.
        seconds: duration on the host.
        notes: what did not go as usual, in sentences: a slower line rate, another attempt.
    """

    written: tuple[Region, ...]
    skipped: tuple[Region, ...]
    chip: str
    mac: str
    flash_size: int
    virtual: bool
    baud: int
    seconds: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Progress:
    """How far the region at ``offset`` is: ``done`` of ``total`` bytes on the wire."""

    role: str
    offset: int
    done: int
    total: int


def flash(
    port: str,
    files: Sequence[FlashFile],
    *,
    simulated_image: bool,
    ota: OtaChoice | None = None,
    needs: Needs = Needs(),
    baud: int = WRITE_BAUD,
    usb_jtag: bool = False,
    line: Line = USUAL,
    progress: Callable[[Progress], None] | None = None,
) -> FlashReport:
    """Write what differs, verify it, and reset the board.

    Args:
        port: device or URL, as :func:`hil.serialport.open.open_port` takes it.
        files: the wanted content; the file with role ``model`` is written last.
        simulated_image: whether the application is WebAssembly for a virtual board, which a real
            chip must not get.
        ota: given where an application is among the files.
        needs: what the board must be and have.
        baud: line rate to write at; where bytes get lost, 115,200 takes its place.
        usb_jtag: whether the port is the chip's own, behind a server that does not tell.
        line: what is unusual about the line.
        progress: called while something is being written.

    Raises:
        PortMissingError: there is no such port.
        PortBusyError: another program holds it.
        WrongChipError: it is not an ESP32-S3, or not one that can take or run what is written.
        FlashingError: esptool could not do it, or did not come to an end.
    """
    started = time.monotonic()
    total = sum(len(file.data) for file in files)
    base_s = _SLOW_BASE_PATIENCE_S if line.slow or "://" in port else _BASE_PATIENCE_S
    deadline = started + base_s + total / _SLOWEST_BYTES_PER_S
    plan = {
        "port": port,
        "baud": baud,
        "connect_mode": "usb-reset" if usb_jtag else "default-reset",
        "line": vars(line),
        "needs": vars(needs),
        "simulated_image": simulated_image,
        "ota": None if ota is None else vars(ota),
        "regions": [
            {"offset": file.offset, "size": len(file.data), "role": file.role} for file in files
        ],
    }
    request = json.dumps(plan).encode() + b"\n" + b"".join(file.data for file in files)
    notes: list[str] = []
    with doing("flashing") as step, contextlib.closing(_run_worker(request, deadline)) as events:
        for event in events:
            kind = event.pop("event")
            if kind == "progress":
                reached = Progress(**event)
                step.reached(reached.done, reached.total, f"writing {reached.role}")
                if progress is not None:
                    progress(reached)
            elif kind == "note":
                notes.append(event["text"])
            elif kind == "error":
                raise _error(event["kind"], event["message"])
            elif kind == "result":
                return _report(event, time.monotonic() - started, tuple(notes))
    raise AssertionError("the events end with a result or an exception")


def _report(event: dict[str, Any], seconds: float, notes: tuple[str, ...]) -> FlashReport:
    written, skipped = (
        tuple(Region(**entry) for entry in event.pop(key)) for key in ("written", "skipped")
    )
    return FlashReport(written, skipped, **event, seconds=seconds, notes=notes)


def _error(kind: str, message: str) -> HilError:
    factory = getattr(errors, kind, FlashingError)
    assert issubclass(factory, HilError)
    return factory(message)


def _run_worker(request: bytes, deadline: float) -> Generator[dict[str, Any], None, None]:
    """Yield the worker's events; the worker is gone when the generator ends, however it ends."""
    lines: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    complaints: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    with _worker(request, lines.put, complaints.put):
        while True:
            try:
                line = lines.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                raise FlashingError(
                    "Flashing did not come to an end in time; check the cable and flash again."
                ) from None
            if not line:
                break
            yield json.loads(line)
    last = "no message"
    while complaint := complaints.get():
        last = complaint.decode(errors="replace").strip()
    raise FlashingError(f"The flashing process died ({last}); flash again.")


@contextlib.contextmanager
def _worker(
    request: bytes, on_line: Callable[[bytes], None], on_complaint: Callable[[bytes], None]
) -> Iterator[None]:
    """Run the worker on ``request``; both callables get its lines, and an empty one at the end."""
    with lifeline() as end:
        worker = subprocess.Popen(
            child.command("hil.esptool_worker.flash", str(end)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=child.environment(),
            pass_fds=(end,),
            # Ctrl-C is for this process, which then ends the worker without a traceback of its own.
            start_new_session=True,
        )
        threads = [
            threading.Thread(target=_feed, args=(worker.stdin, request)),
            threading.Thread(target=_forward, args=(worker.stdout, on_line)),
            threading.Thread(target=_forward, args=(worker.stderr, on_complaint)),
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            worker.kill()
            worker.wait()
            for thread in threads:  # the pipes have ended with the worker, and so will these
                thread.join()


def _feed(stream: BinaryIO, request: bytes) -> None:
    # A worker that died early says why on its other streams.
    with contextlib.suppress(BrokenPipeError), stream:
        stream.write(request)


def _forward(stream: BinaryIO, put: Callable[[bytes], None]) -> None:
    with stream:
        for line in stream:
            put(line)
    put(b"")


def check_layout(files: Sequence[FlashFile]) -> None:
    """Refuse files that overlap.

    Raises:
        BadInputError: two files claim the same flash.
    """
    ordered = sorted(files, key=lambda file: file.offset)
    for first, second in itertools.pairwise(ordered):
        if first.offset + len(first.data) > second.offset:
            raise BadInputError(
                f"The {first.role} reaches into the {second.role} at 0x{second.offset:x}; "
                "use files of one build."
            )
