# SPDX-License-Identifier: MIT
"""Build the chip's firmware from the sources of a checkout, with an installed ESP-IDF.

It is ``idf.py build`` with the files of defaults that the wanted variant needs; who works on the
firmware itself calls ``idf.py`` in ``firmware/`` instead.
"""

import os
import re
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hil.errors import BadInputError
from hil.firmware.virtual import ROOT, is_checkout

FLASH_SIZES = ("16MB", "8MB")
_PATIENCE_S = 3600.0
"""A build takes minutes; with a first download of components on a slow line, many."""
_STEP = re.compile(r"^\[(\d+)/(\d+)\]")
_ERROR = re.compile(r"\berror\b|^FAILED|^CMake Error|^ERROR", re.IGNORECASE)
_SHOWN_LINES = 12


@dataclass(frozen=True)
class Variant:
    """What can be chosen about a build.

    Attributes:
        flash_size: one of :data:`FLASH_SIZES`.
        ansi_c: take esp-nn's ANSI C kernels, which give the bits of the reference kernels.
        test: a test build, which has the verbs of protocol.md, section 2.8.
        operators: kinds of operators to register, as models name them; empty for all of TFLM's.
    """

    flash_size: str = FLASH_SIZES[0]
    ansi_c: bool = False
    test: bool = False
    operators: tuple[str, ...] = ()

    @property
    def defaults(self) -> list[str]:
        """The files of defaults in ``firmware/``, later ones over earlier ones."""
        chosen = {"8mb": self.flash_size == "8MB", "ansi": self.ansi_c, "test": self.test}
        return ["sdkconfig.defaults", *(f"sdkconfig.{name}" for name, on in chosen.items() if on)]


def build(out: Path, variant: Variant, progress: Callable[[int, int], None]) -> None:
    """Run ESP-IDF's build into the directory `out`.

    Args:
        out: the build directory; made if it does not exist, and built anew only as far as needed.
        variant: what to build.
        progress: called with the number of steps done and of all steps.

    Raises:
        BadInputError: no sources, no ESP-IDF, or sources that do not build.
    """
    if not is_checkout():
        raise BadInputError(
            "The firmware can only be built from a checkout of the repository: an installed "
            "package holds no firmware sources."
        )
    out = out.resolve()
    # A configuration of its own for each variant: defaults do not change one that exists.
    config = "-".join(("sdkconfig", *(each.split(".")[1] for each in variant.defaults[1:])))
    command = [
        *_idf_py(),
        *("-C", str(ROOT), "-B", str(out)),
        f"-DSDKCONFIG={out / config}",
        f"-DSDKCONFIG_DEFAULTS={';'.join(variant.defaults)}",
        f"-DHIL_OPERATORS={';'.join(variant.operators)}",  # empty too: CMake remembers
        *("-DIDF_TARGET=esp32s3", "build"),
    ]
    out.mkdir(parents=True, exist_ok=True)
    status, said = _follow(command, progress)
    if status:
        wrong = [line for line in said if _ERROR.search(line)] or list(said)
        lines = "\n".join(wrong[-_SHOWN_LINES:])
        raise BadInputError(f"The firmware does not build (idf.py: {status}):\n{lines}")


def _idf_py() -> list[str]:
    """Return the command line that idf.py is called by, in its own environment.

    Raises:
        BadInputError: there is no ESP-IDF, or it has not been installed.
    """
    path = os.environ.get("IDF_PATH")
    if not path:
        raise BadInputError(
            "Building for esp32s3 needs ESP-IDF 5.3 or newer: install it, and set IDF_PATH or "
            "source its export.sh."
        )
    script, export = Path(path) / "tools" / "idf.py", Path(path) / "export.sh"
    if not script.is_file():
        raise BadInputError(
            f"IDF_PATH is {path}, which holds no ESP-IDF (no tools/idf.py); set it to one."
        )
    python = os.environ.get("IDF_PYTHON_ENV_PATH")
    if python:  # export.sh has been sourced
        return [str(Path(python) / "bin" / "python"), str(script)]
    bash = shutil.which("bash")
    if bash is None or not export.is_file():
        raise BadInputError(f"Source {export} first: {path} is not in this shell's environment.")
    return [bash, "-c", '. "$0" >&2 && exec idf.py "$@"', str(export)]


def _follow(command: list[str], progress: Callable[[int, int], None]) -> tuple[int, deque[str]]:
    """Run idf.py and return its exit status and the last it said."""
    said: deque[str] = deque(maxlen=400)
    try:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as error:
        raise BadInputError(
            f"{command[0]} cannot be started ({error.strerror}): run ESP-IDF's install.sh."
        ) from error
    limit = threading.Timer(_PATIENCE_S, process.kill)
    limit.start()
    try:
        with process:
            assert process.stdout is not None
            for line in process.stdout:
                said.append(line.rstrip())
                step = _STEP.match(line)
                if step:
                    progress(int(step[1]), int(step[2]))
    finally:
        limit.cancel()
    return process.returncode, said
