# SPDX-License-Identifier: MIT
"""What a run needs of this computer."""

import contextlib
import platform
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from hil.computer import no_interpreter
from hil.doctor.finding import Finding, bad, good, look, note
from hil.errors import InfrastructureError
from hil.host.files.reading import read_file
from hil.rig import lock as board_lock

_PATIENCE_S = 5.0
_NO_BOARD = "/dev/hil-doctor"
"""A port that does not exist, to try its lock."""


def host_findings() -> Iterator[Finding]:
    """Yield what is found about kernels, clock and lock directory."""
    yield look("kernels", _kernels)
    yield _clock()
    yield look("locks", _locks)


def bluetooth() -> str:
    """Return that BLE can be used, as far as that can be found out here.

    Raises:
        BluetoothError: it cannot.
    """
    import asyncio
    import sys

    if sys.platform != "linux":
        return "not asked: only Linux tells of its adapter before it is used"
    from hil.transport.ble.bluez import check_bluez

    asyncio.run(check_bluez())
    return "BlueZ answers, and an adapter is switched on"


def _kernels() -> str:
    """Run a model apart, for a wheel may be installed and not fit the processor."""
    import numpy as np

    from hil.model.engine.apart import EngineApart
    from hil.model.engine.choice import job_of
    from hil.model.engine.native import EngineError, backend_name, micro_available
    from hil.model.tflite import schema
    from hil.model.tflite.verify import verify
    from hil.resources import resource

    schema.load()
    model = read_file(resource("models/tiny") / "full_int8.tflite")
    graph = verify(model)
    inputs = [np.zeros(each.shape, each.dtype) for each in graph.input_specs]
    for kernels in ("BUILTIN_REF", *(["micro"] if micro_available() else [])):
        try:
            with contextlib.closing(EngineApart(model, job_of(graph, kernels))) as engine:
                engine.invoke(inputs)
        except EngineError as error:
            raise no_interpreter(error) from error
    micro = " and TensorFlow Lite Micro run" if micro_available() else " runs"
    return f"{backend_name()}{micro} models under Python {platform.python_version()}"


def _locks() -> str:
    with board_lock.BoardLock.acquire(_NO_BOARD):
        return f"{board_lock.lock_directory()} can be used"


def _clock() -> Finding:
    """Results and TLS depend on it, and a small computer without a battery may be years behind."""
    written = Path(__file__).stat().st_mtime
    now = time.time()
    if now < written:
        return bad(
            "clock",
            InfrastructureError(
                f"The clock says {datetime.fromtimestamp(now, UTC):%Y-%m-%d}, before this program "
                "was installed; set it (timedatectl set-ntp true)."
            ),
        )
    try:
        done = subprocess.run(
            ["timedatectl", "show", "--property=NTPSynchronized", "--value"],
            capture_output=True,
            text=True,
            timeout=_PATIENCE_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return note("clock", "plausible; whether it is synchronized could not be asked")
    if done.stdout.strip() == "yes":
        return good("clock", "synchronized")
    return note("clock", "plausible, but not synchronized: timedatectl set-ntp true")
