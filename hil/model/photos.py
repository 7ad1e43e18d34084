# SPDX-License-Identifier: MIT
"""Photos to infer on: the default set of the repository, or any directory of images.

Three shapes of directory are understood (docs/photos.md): one with an ``index.csv``, one with a
sub-directory for each label, and a flat one without labels. Nothing is decoded until it is asked
for, and Pillow is imported no earlier than that.
"""

import csv
import hashlib
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hil.errors import BadInputError
from hil.resources import resource

if TYPE_CHECKING:
    from PIL import Image

SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".webp"})
INDEX = "index.csv"
# Stanford Dogs names its directories after WordNet synsets: n02085620-Chihuahua.
SYNSET_PREFIX = re.compile(r"n\d{8}-")


@dataclass(frozen=True)
class Photo:
    """A photo that can be opened.

    Attributes:
        path: where the file is.
        name: its path relative to the directory it was loaded from, with ``/`` as separator.
        label: what it shows, or None where that is not known.
    """

    path: Path
    name: str
    label: str | None = None

    def __fspath__(self) -> str:
        return str(self.path)

    def open(self) -> "Image.Image":
        """Decode the photo: upright, RGB, transparent parts laid on white.

        Raises:
            BadInputError: the file cannot be read or is not an image.
        """
        from PIL import Image, ImageOps

        try:
            with Image.open(self.path) as opened:
                upright = ImageOps.exif_transpose(opened)
                if not upright.has_transparency_data:
                    return upright.convert("RGB")
                ground = Image.new("RGBA", upright.size, "white")
                ground.alpha_composite(upright.convert("RGBA"))
                return ground.convert("RGB")
        except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
            # SyntaxError is how Pillow reports a broken PNG.
            raise BadInputError(
                f"{self.path} cannot be decoded as an image ({error}): replace or remove it"
            ) from error


def default_photos() -> Path:
    """Return the directory of the photos that come with the harness.

    Raises:
        InfrastructureError: the installation lacks them.
    """
    return resource("photos")


def label_key(label: str) -> str:
    """Return the form in which labels are compared: case, ``_``, ``-`` and spacing do not count."""
    return " ".join(re.split(r"[\s_-]+", label.casefold())).strip()


def load_photos(directory: Path) -> list[Photo]:
    """List the photos of a directory, sorted by name.

    Args:
        directory: holds an ``index.csv`` (then only the files it lists count, and their SHA-256
            is checked), or images, or sub-directories named after the label of their images.

    Raises:
        BadInputError: no such directory, no photo in it, or an index that does not fit its files.
    """
    if not directory.is_dir():
        raise BadInputError(
            f"{directory} is not a directory of photos: give one that exists, with --hil-photos"
        )
    index = directory / INDEX
    found = _indexed(directory, index) if index.is_file() else _scanned(directory)
    photos = sorted(found, key=lambda photo: photo.name)
    if not photos:
        raise BadInputError(
            f"{directory} holds no photos: put {', '.join(sorted(SUFFIXES))} files into it, "
            "or into one sub-directory for each label"
        )
    return photos


def _scanned(directory: Path) -> Iterator[Photo]:
    """Find the images in ``directory`` and, labelled, those one level below."""
    for entry in directory.iterdir():
        if _is_image(entry):
            yield Photo(entry, entry.name)
        elif entry.is_dir() and not entry.name.startswith("."):
            label = SYNSET_PREFIX.sub("", entry.name, count=1)
            for path in filter(_is_image, entry.iterdir()):
                yield Photo(path, f"{entry.name}/{path.name}", label)


def _is_image(path: Path) -> bool:
    """Tell by its name whether ``path`` is a visible image file."""
    return path.suffix.lower() in SUFFIXES and not path.name.startswith(".") and path.is_file()


def _indexed(directory: Path, index: Path) -> Iterator[Photo]:
    """Read the index of a directory and check every file against it."""
    try:
        text = index.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise BadInputError(f"{index} cannot be read ({error}): save it as UTF-8 text") from error
    rows = csv.DictReader(io.StringIO(text, newline=""))
    if not {"file", "sha256"} <= set(rows.fieldnames or ()):
        raise BadInputError(
            f"{index} lacks the columns 'file' and 'sha256': add them, or remove the index"
        )
    seen: set[str] = set()
    for row in rows:
        name = (row["file"] or "").strip()
        if not name or name in seen:
            raise BadInputError(
                f"{index} line {rows.line_num} names no file, or one named before: mend that line"
            )
        seen.add(name)
        path = directory / name
        try:
            checksum = hashlib.sha256(path.read_bytes()).hexdigest()
        except OSError as error:
            raise BadInputError(
                f"{path} is listed in {INDEX} but cannot be read ({error.strerror}): restore the "
                "file or remove its line"
            ) from error
        if checksum != (row["sha256"] or "").strip().lower():
            raise BadInputError(
                f"{path} is not the file that {INDEX} lists (SHA-256 differs): restore the file "
                "or correct its line"
            )
        yield Photo(path, name, (row.get("label") or "").strip() or None)
