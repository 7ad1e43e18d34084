# SPDX-License-Identifier: MIT
"""Gives the addresses of a backtrace names and lines, by the ELF file of the firmware.

By the toolchain's addr2line where it is on ``PATH``, else by :mod:`hil.crash.elf`. A decoder is
prepared in the background when the firmware is known, because a test that a panic ends waits for
the names.
"""

import contextlib
import functools
import hashlib
import re
import shutil
import subprocess
import threading
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from hil.crash.backtrace import Frame
from hil.host.files.reading import read_file

TOOLS = ("xtensa-esp32s3-elf-addr2line", "xtensa-esp-elf-addr2line")
"""Names of addr2line in ESP-IDF's toolchains for the ESP32-S3."""

_LOCK_PATIENCE_S = 2.0
_TOOL_PATIENCE_S = 2.0
"""addr2line takes 0.03 s for 20 addresses in a file of 24 MB."""

_INLINING_S, _LINES_S = 0.03, 0.07
"""Seconds for inlined functions, and for lines, by :mod:`hil.crash.elf`; innermost frame first."""

_DISCRIMINATOR = re.compile(r" \(discriminator \d+\)$")


class NotDecoded(Exception):  # noqa: N818 - a crash is reported all the same
    """Addresses have no names; the message is the reason, as half a sentence."""


class Decoder:
    """Names addresses of one ELF file. May be used from several threads. See :meth:`of`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._known: dict[int, list[Frame]] = {}
        self._digest = ""
        self._source: _Source | None = None

    @classmethod
    def of(cls, path: Path) -> "Decoder":
        """Return the decoder of a file; the same one for the same content."""
        try:
            status = path.stat()
        except OSError:
            return cls(path)  # decode() tells the reason
        return _decoder(path, status.st_mtime_ns, status.st_size)

    def prepare(self) -> None:
        """Do in the background what does not depend on the addresses."""
        threading.Thread(target=self._prepare, name=f"ELF {self.path.name}", daemon=True).start()

    def decode(self, addresses: Sequence[int], digest: str = "") -> list[Frame]:
        """Return the functions at work at these addresses, inlined ones included.

        Args:
            addresses: of instructions, innermost first.
            digest: the beginning of the SHA-256 (hexadecimal) that the board says its ELF file has.

        Raises:
            NotDecoded: the file cannot be read, or is not that of the firmware.
        """
        with self._locked():
            source = self._load()
            if not self._digest.startswith(digest):
                raise NotDecoded(
                    f"{self.path.name} is not the ELF file of what runs "
                    f"({self._digest[: len(digest)]}, not {digest})"
                )
            missing = [each for each in addresses if each not in self._known]
            if missing:
                self._known.update(zip(missing, source.frames(missing), strict=True))
            return [frame for each in addresses for frame in self._known[each]]

    def _prepare(self) -> None:
        try:
            with self._locked():
                self._load()
        except NotDecoded:
            pass  # decode() says so when it matters

    @contextlib.contextmanager
    def _locked(self) -> Iterator[None]:
        # A file that is damaged behind its headers can send pyelftools round in circles.
        if not self._lock.acquire(timeout=_LOCK_PATIENCE_S):
            raise NotDecoded(f"{self.path.name} keeps its decoder busy; it may be damaged")
        try:
            yield
        finally:
            self._lock.release()

    def _load(self) -> "_Source":
        if self._source is None:
            content = _read(self.path)
            self._digest = hashlib.sha256(content).hexdigest()
            tool = next(filter(None, map(shutil.which, TOOLS)), None)
            self._source = (
                _Tool(tool, self.path, self._digest) if tool else _Library(self.path.name, content)
            )
        return self._source


@functools.lru_cache(maxsize=4)
def _decoder(path: Path, _mtime_ns: int, _size: int) -> Decoder:
    return Decoder(path)


class _Library:
    """Names addresses by pyelftools."""

    def __init__(self, name: str, content: bytes) -> None:
        from hil.crash.elf import Elf, ElfError  # 0.1 s, in vain on most days

        self._error = ElfError
        try:
            self._elf = Elf(content)
        except ElfError as error:
            raise NotDecoded(f"{name} is not a sound ELF file ({error})") from error

    def frames(self, addresses: Iterable[int]) -> list[list[Frame]]:
        now = time.monotonic()
        try:
            return [self._elf.frames(each, now + _INLINING_S, now + _LINES_S) for each in addresses]
        except self._error as error:
            raise NotDecoded(f"the ELF file is damaged ({error})") from error


class _Tool:
    """Names addresses by addr2line, and by pyelftools where that fails."""

    def __init__(self, tool: str, path: Path, digest: str) -> None:
        self._command = [tool, "-e", str(path), "-a", "-f", "-i", "-C"]
        self._path = path
        self._digest = digest
        self._modified = _modified(path)

    def frames(self, addresses: Sequence[int]) -> list[list[Frame]]:
        command = [*self._command, *(f"0x{each:x}" for each in addresses)]
        self._require_unchanged()
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=_TOOL_PATIENCE_S, check=True
            )
            return parse_addr2line(done.stdout, addresses)
        except (OSError, subprocess.SubprocessError, ValueError):
            return _Library(self._path.name, _read(self._path)).frames(addresses)

    def _require_unchanged(self) -> None:
        """Refuse a file that a build has replaced since the firmware was flashed."""
        if _modified(self._path) != self._modified and (
            hashlib.sha256(_read(self._path)).hexdigest() != self._digest
        ):
            raise NotDecoded(f"{self._path.name} is not what it was when the firmware was flashed")


def _read(path: Path) -> bytes:
    try:
        return read_file(path)
    except OSError as error:
        raise NotDecoded(f"{path} cannot be read ({error.strerror})") from error


def _modified(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError as error:
        raise NotDecoded(f"{path} cannot be read ({error.strerror})") from error


_Source = _Library | _Tool


def parse_addr2line(output: str, addresses: Sequence[int]) -> list[list[Frame]]:
    """Read what ``addr2line -a -f -i`` has printed for these addresses.

    Raises:
        ValueError: that is not what it prints.
    """
    found: list[list[Frame]] = []
    lines = iter(output.splitlines())
    for line in lines:
        if line.startswith("0x"):
            found.append([])
            continue
        file, _, number = _DISCRIMINATOR.sub("", next(lines, "")).rpartition(":")
        known, address = line != "??", addresses[len(found) - 1]
        if found and found[-1]:
            found[-1][-1] = _inlined(found[-1][-1])
        found[-1].append(
            Frame(
                address,
                line if known else "",
                "" if file == "??" else file,
                int(number) if number.isdecimal() else 0,
            )
        )
    if len(found) != len(addresses) or not all(found):
        raise ValueError(f"addr2line printed {len(found)} answers to {len(addresses)} addresses")
    return found


def _inlined(frame: Frame) -> Frame:
    return Frame(frame.address, frame.function, frame.file, frame.line, inlined=True)
