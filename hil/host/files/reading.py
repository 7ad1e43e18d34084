# SPDX-License-Identifier: MIT
"""Files that somebody else made: read only where they are files, and only so far.

A name may stand for a pipe that nobody writes to, for a device without an end, or for a file that
would fill the memory; JSON and TOML may be nested until a parser gives up. All of it is told as
:class:`OSError` (what is there cannot be read; ``strerror`` says why, as half a sentence) or
:class:`ValueError` (what it says is not what it should be), for the caller to make a sentence of.
"""

import errno
import json
import os
import stat
import tomllib
from pathlib import Path
from typing import Any

TEXT_BYTES = 1 << 20
"""Most bytes of a file that people write: settings, manifests, indexes of files."""

DATA_BYTES = 1 << 28
"""Most bytes of one that programs write: models, images, tensors."""

DEPTH = 32
"""Most levels of nested JSON or TOML; no file of this project has more than six."""

_FLAGS = os.O_RDONLY | sum(
    # Non-blocking, since opening a pipe waits for its other end; regular files do not care. Windows
    # has none of the first three, and would translate line ends without the last.
    getattr(os, name, 0)
    for name in ("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_BINARY")
)

_LINE = 4096
"""Most characters in a line of TOML: the time to read a dotted key grows with its square."""

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFSOCK: "a socket",
    stat.S_IFDIR: "a directory",
    stat.S_IFLNK: "a symbolic link",
}


def read_file(path: str | os.PathLike[str], most: int = DATA_BYTES) -> bytes:
    """Return the contents of a regular file, or of one that a symbolic link leads to.

    Args:
        path: what to read; never waits for a writer.
        most: largest size in bytes.

    Raises:
        OSError: there is none, it is something other than a file, it is larger than that, or it
            cannot be read.
    """
    descriptor = os.open(path, _FLAGS)
    try:
        status = os.fstat(descriptor)
        _check(status.st_mode, path)
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = b"" if status.st_size > most else file.read(most + 1)
    finally:
        os.close(descriptor)
    if status.st_size > most or len(data) > most:
        raise OSError(errno.EINVAL, f"it has more than {_size(most)}", os.fspath(path))
    return data


def check_file(path: str | os.PathLike[str]) -> None:
    """Refuse what is no file, for those who open it by themselves.

    Raises:
        OSError: as :func:`read_file`.
    """
    _check(Path(path).stat().st_mode, path)


def read_text(path: str | os.PathLike[str], most: int = TEXT_BYTES) -> str:
    """Return the text of a file, a byte order mark left out.

    Raises:
        OSError: as :func:`read_file`.
        ValueError: it is not UTF-8.
    """
    data = read_file(path, most)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"byte {error.start} is not UTF-8") from error


def read_json(path: str | os.PathLike[str]) -> Any:
    """Return what a JSON file says.

    Raises:
        OSError: as :func:`read_file`.
        ValueError: it is not JSON, or nested too deeply.
    """
    return parse_json(read_text(path))


def parse_json(text: str) -> Any:
    """Return what a JSON text says; raises ValueError as :func:`read_json`."""
    try:
        tree = json.loads(text)
    except RecursionError:
        raise _too_deep() from None
    _check_depth(tree)
    return tree


def read_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return what a TOML file says.

    Raises:
        OSError: as :func:`read_file`.
        ValueError: it is not TOML, has an endless line, or is nested too deeply.
    """
    return parse_toml(read_text(path))


def parse_toml(text: str) -> dict[str, Any]:
    """Return what a TOML text says; raises ValueError as :func:`read_toml`."""
    for number, line in enumerate(text.splitlines(), 1):
        if len(line) > _LINE:
            raise ValueError(f"line {number} has more than {_LINE:,} characters")
    try:
        # TOML ends lines like this; whoever reads text through Python has them as \n already.
        tree = tomllib.loads(text.replace("\r\n", "\n"))
    except RecursionError:
        raise _too_deep() from None
    _check_depth(tree)
    return tree


def encode(text: str) -> bytes:
    r"""Return JSON text as UTF-8; parts of file names that are not UTF-8 as ``\udcNN``.

    Python keeps such a byte as half of a surrogate pair, and JSON has that very escape for one: who
    reads the file by Python has the name again.
    """
    return text.encode("utf-8", "backslashreplace")


def kind_of(mode: int) -> str:
    """Return what something is that is no file, such as ``a pipe``."""
    return _KINDS.get(stat.S_IFMT(mode), "something else")


def _check(mode: int, path: str | os.PathLike[str]) -> None:
    if not stat.S_ISREG(mode):
        raise OSError(errno.EINVAL, f"it is {kind_of(mode)}, not a file", os.fspath(path))


def _check_depth(tree: Any) -> None:
    level = [tree]
    for _ in range(DEPTH):
        inner = [each for each in level if isinstance(each, dict | list)]
        level = [
            item for each in inner for item in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return
    raise _too_deep()


def _too_deep() -> ValueError:
    return ValueError(f"it is nested more than {DEPTH} levels deep")


def _size(count: int) -> str:
    return f"{count >> 20} MB" if count >= 1 << 20 else f"{count:,} bytes"
