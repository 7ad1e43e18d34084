# SPDX-License-Identifier: MIT
"""Writes files whole or not at all."""

import os
from pathlib import Path


def write_text(text: str, path: Path) -> None:
    r"""Write text as UTF-8, replacing the file in one step; its directory is made if need be.

    Bytes of a file's name that are no UTF-8 (surrogates in Python's text) are escaped as JSON and
    Python do, ``\udcfc``.

    Raises:
        OSError: the file cannot be written; what was there before still is, and nothing else.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        partial.write_text(text, encoding="utf-8", errors="backslashreplace")
        partial.replace(path)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(path)  # that of a write that fails is not in it
        raise
