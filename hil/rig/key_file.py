# SPDX-License-Identifier: MIT
"""A key in a file that nobody else may read (docs/protocol.md, section 1.8)."""

import os
import re
import stat
from pathlib import Path

from hil.errors import BadInputError
from hil.host.secret import Unseen
from hil.protocol.auth import KEY_SIZE, is_key, new_key

_MODE = 0o600
_OTHERS = 0o077
_DIGITS = re.compile(rb"[0-9A-Fa-f]{%d}" % (2 * KEY_SIZE))
_MOST = 256
"""Bytes of a file that are looked at: 32 digits and whatever white space is around them."""

_NON_BLOCKING = getattr(os, "O_NONBLOCK", 0)  # opening a pipe would wait for its other end


def read_or_make_key(path: Path) -> tuple[Unseen, bool]:
    """Return the key of a file, which is made with a new one if it is not there.

    Returns:
        the key, and whether it was made.

    Raises:
        BadInputError: as :func:`read_key`, or the file cannot be made.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
    except FileExistsError:
        return read_key(path), False
    except OSError as error:
        raise BadInputError(
            f"The key file {path} cannot be made ({error.strerror}); name another place."
        ) from error
    with os.fdopen(descriptor, "wb") as file:
        key = new_key()
        file.write(Unseen(key.hex().encode() + b"\n"))
    return key, True


def read_key(path: Path) -> Unseen:
    """Return the key that a file holds as 32 hexadecimal digits.

    Raises:
        BadInputError: it is not there or no file, others can read or write it, or what it holds is
            no key.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | _NON_BLOCKING)
    except FileNotFoundError:
        raise BadInputError(
            f"There is no key file {path}; 'hil serve --key-file {path}' makes it."
        ) from None
    except OSError as error:
        raise BadInputError(
            f"The key file {path} cannot be read ({error.strerror}); name one that can."
        ) from error
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise BadInputError(f"{path} is no file, so it holds no key; name one that is.")
        if os.name == "posix":
            _check_private(path, status)
        text = Unseen(Unseen(os.read(descriptor, _MOST)).strip())
    finally:
        os.close(descriptor)
    digits = Unseen(text if _DIGITS.fullmatch(text) else b"")
    key = Unseen(bytes.fromhex(digits.decode()))
    if not is_key(key):
        raise BadInputError(
            f"{path} holds no key, which is 32 hexadecimal digits that are not all zero; remove "
            f"it, and 'hil serve --key-file {path}' makes a new one."
        )
    return key


def _check_private(path: Path, status: os.stat_result) -> None:
    mode = stat.S_IMODE(status.st_mode)
    if mode & _OTHERS:
        raise BadInputError(
            f"Others can read or write the key file {path} (mode {mode:04o}), so its key is none; "
            "remove it and make a new one, which only its owner can read (mode 0600)."
        )
    if status.st_uid != os.geteuid():
        raise BadInputError(f"The key file {path} belongs to somebody else; make one of your own.")
