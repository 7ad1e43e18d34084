# SPDX-License-Identifier: MIT
"""Writes files whole or not at all."""

import os
from pathlib import Path


def write_whole(content: str | bytes, path: Path) -> None:
    r"""Write a file, replacing it in one step; its directory is made if need be.

    Text becomes UTF-8. Bytes of a file's name that are no UTF-8 (surrogates in Python's text) are
    escaped in it as JSON and Python do, ``\udcfc``.

    Raises:
        OSError: the file cannot be written; what was there before still is, and nothing else.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        if isinstance(content, str):
            content = content.encode("utf-8", errors="backslashreplace")
        partial.write_bytes(content)
        partial.replace(path)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(path)  # that of a write that fails is not in it
        raise
