# SPDX-License-Identifier: MIT
"""Small pictures of photos, as data URIs that a page can hold."""

import base64
import io
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from hil.errors import BadInputError
from hil.host.printable import printable
from hil.model.inputs.photos import Photo

_EDGE = 160
"""Pixels of the longer side."""

_QUALITY = 70
_TOGETHER_BYTES = 2_500_000
"""Of all pictures in one page, as data URIs."""


class Thumbnail:
    """A picture, or why there is none.

    Attributes:
        uri: ``data:image/jpeg;base64,...``; empty where there is none.
        why: half a sentence; empty where there is one.
    """

    def __init__(self, uri: str = "", why: str = "") -> None:
        self.uri = uri
        self.why = why


def thumbnails(
    names: Sequence[str], files: Mapping[str, str], directory: Path
) -> dict[str, Thumbnail]:
    """Make the pictures of photos, as many as a page is to hold.

    Args:
        names: of the photos, those first that matter most.
        files: where each is, relative to ``directory``.
        directory: of the results.

    Returns:
        by name, one for each.
    """
    with ThreadPoolExecutor(2) as pool:  # decoding leaves Python's lock free
        made = pool.map(lambda name: _made(files.get(name), directory), names)
        found, together = {}, 0
        for name, each in zip(names, made, strict=True):
            together += len(each.uri)
            fits = together <= _TOGETHER_BYTES
            found[name] = each if fits else Thumbnail(why="left out, for the page has enough")
    return found


def _made(file: str | None, directory: Path) -> Thumbnail:
    if file is None:
        return Thumbnail(why="the results do not say where the photo is")
    path = directory / file
    try:
        picture = Photo(path, path.name).thumbnail(_EDGE)
    except BadInputError:
        there = path.exists()
        why = "is no photo that can be shown" if there else "is not there any more"
        return Thumbnail(why=f"{printable(path.name)} {why}")
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_QUALITY, optimize=True)
    return Thumbnail(f"data:image/jpeg;base64,{base64.b64encode(buffer.getvalue()).decode()}")
