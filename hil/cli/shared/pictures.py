# SPDX-License-Identifier: MIT
"""Photos that are named on the command line."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hil.errors import BadInputError

if TYPE_CHECKING:
    from hil.model.inputs.photos import Photo


def photos_at(paths: Sequence[Path]) -> "Iterator[Photo]":
    """Yield the photos that files and directories are, in order.

    Raises:
        BadInputError: there is none at one of the paths, or it cannot be decoded.
    """
    from hil.model.inputs.photos import Photo, load_photos

    for path in paths:
        if path.is_dir():
            yield from load_photos(path)
        elif path.is_file():
            photo = Photo(path, path.name)
            photo.open()  # refuse what is no image before anything is flashed
            yield photo
        elif path.exists():
            raise BadInputError(f"The photo {path} is no file; name another.")
        else:
            raise BadInputError(f"The photo {path} does not exist; name another.")
