# SPDX-License-Identifier: MIT
"""Writes files whole or not at all."""

import os
from pathlib import Path


def write_whole(content: bytes, path: Path) -> None:
    """Write a file, replacing it in one step; its directory is made if need be.

    Raises:
        OSError: the file cannot be written; what was there before still is, and nothing else.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        partial.write_bytes(content)
        partial.replace(path)
    except BaseException as error:
        partial.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = str(path)  # that of a write that fails is not in it
        raise
