# SPDX-License-Identifier: MIT
"""Debian's packages: fetched into a directory and unpacked there; nothing is installed."""

import platform
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from bluez_machine.errors import MachineMissingError

ASK_S = 60.0
FETCH_S = 300.0
UNPACK_S = 120.0

_ONLY_DEPENDS = (
    *("--no-pre-depends", "--no-recommends", "--no-suggests", "--no-enhances"),
    *("--no-conflicts", "--no-breaks", "--no-replaces"),
)
_DEPENDS = re.compile(r" *\|?Depends: ([^<\s:]+)")
_WANTED = re.compile(r"lib|zlib1g$|linux-image-")


def require_debian() -> None:
    """Raise MachineMissingError unless this is a computer that can fetch Debian's packages."""
    if platform.machine() != "x86_64":
        raise MachineMissingError(
            f"The machine with BlueZ is one for x86-64, and this computer is {platform.machine()}; "
            "run these tests on another."
        )
    for tool in ("apt-get", "apt-cache", "dpkg-deb"):
        if shutil.which(tool) is None:
            raise MachineMissingError(
                f"The machine with BlueZ is made of Debian's packages, and {tool} is not here; "
                "run these tests on Debian."
            )


def closure(packages: Sequence[str]) -> list[str]:
    """Return packages, and those of kernels and libraries that they depend on, or these in turn."""
    told = _run(["apt-cache", "depends", "--recurse", *_ONLY_DEPENDS, *packages], ASK_S)
    depends: dict[str, list[str]] = {}
    for line in told.splitlines():
        if not line.startswith(" "):
            depends[line] = found = []
        elif match := _DEPENDS.match(line):
            found.append(match[1])
    chosen = list(packages)
    for name in chosen:  # which grows
        chosen += [n for n in depends.get(name, ()) if _WANTED.match(n) and n not in chosen]
    return chosen


def fetch(packages: Iterable[str], into: Path) -> list[Path]:
    """Return the newest versions of packages as files in a directory, fetching those not there."""
    asked = _run(["apt-get", "download", "--print-uris", *packages], ASK_S)
    offered = re.findall(r"^'\S+' (\S+\.deb) \d+", asked, re.M)
    files = [into / name.replace(":", "%3a") for name in offered]
    missing = [file for file in files if not file.exists()]
    if missing:
        into.mkdir(parents=True, exist_ok=True)
        # A download that was broken off leaves nothing that looks like a package.
        with tempfile.TemporaryDirectory(dir=into) as scratch:
            names = [file.name.partition("_")[0] for file in missing]
            _run(["apt-get", "download", "-q", *names], FETCH_S, Path(scratch))
            for file in Path(scratch).glob("*.deb"):
                file.rename(into / file.name)
    for file in files:
        if not file.exists():
            raise MachineMissingError(
                f"apt-get has not fetched {file.name}; run 'apt-get update' and start again."
            )
    return files


def unpack(files: Iterable[Path], into: Path) -> None:
    """Unpack packages into one directory."""
    for file in files:
        try:
            _run(["dpkg-deb", "-x", str(file), str(into)], UNPACK_S)
        except MachineMissingError:
            file.unlink()
            raise


def _run(command: list[str], timeout_s: float, directory: Path | None = None) -> str:
    try:
        done = subprocess.run(
            command,
            cwd=directory,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise MachineMissingError(
            f"'{_short(command)}' has not ended within {timeout_s:g} s; look at the network."
        ) from error
    except OSError as error:
        raise MachineMissingError(
            f"'{_short(command)}' cannot be run: {error.strerror}; install apt and dpkg."
        ) from error
    if done.returncode:
        lines = [line for line in done.stderr.splitlines() if not line.startswith("W:")]
        why = lines[-1].removeprefix("E: ") if lines else f"exit {done.returncode}"
        raise MachineMissingError(
            f"'{_short(command)}' failed ({why}); run 'apt-get update' and start again."
        )
    return done.stdout


def _short(command: list[str]) -> str:
    return " ".join(command) if len(command) < 5 else " ".join(command[:4]) + " ..."
