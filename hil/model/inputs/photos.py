# SPDX-License-Identifier: MIT
"""Photos to infer on: the default set of the repository, or any directory of images.

Nothing is decoded until it is asked for, and Pillow is imported no earlier than that.
"""

import io
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hil.errors import BadInputError
from hil.host.files.reading import read_file
from hil.model.inputs.samples import Sample, listed
from hil.resources import resource

if TYPE_CHECKING:
    from PIL import Image

SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})

FORMATS = ("BMP", "GIF", "JPEG", "PNG", "TIFF", "WEBP")
"""What is decoded, by content: none of them runs a program, as PostScript does."""

MAX_PIXELS = 50_000_000

_BITS_PER_SAMPLE = 258
"""Number of the tag in a TIFF."""


@dataclass(frozen=True)
class Photo(Sample):
    """A photo that can be opened."""

    def open(self) -> "Image.Image":
        """Decode the photo: upright, RGB, transparent parts laid on white, 8 bits a channel.

        Of several frames or pages the first one counts; 16 bits are scaled to 8.

        Raises:
            BadInputError: the file cannot be read, is no image of :data:`FORMATS`, or has more
                than :data:`MAX_PIXELS`.
        """
        return self._decoded(None)

    def thumbnail(self, edge: int) -> "Image.Image":
        """Decode the photo as :meth:`open` does, no larger than ``edge`` pixels either way."""
        picture = self._decoded(edge)
        picture.thumbnail((edge, edge))
        return picture

    def _decoded(self, edge: int | None) -> "Image.Image":
        """Decode it; where an edge is given, only about as fine as that needs."""
        from PIL import Image, ImageOps

        try:
            with Image.open(io.BytesIO(read_file(self.path)), formats=FORMATS) as opened:
                width, height = opened.size
                if width * height > MAX_PIXELS:
                    raise ValueError(f"it has {width} x {height} pixels, more than 50 million")
                if edge is not None:
                    opened.draft("RGB", (edge, edge))
                upright = _of_8_bits(ImageOps.exif_transpose(opened), opened)
                if not upright.has_transparency_data:
                    return upright.convert("RGB")
                ground = Image.new("RGBA", upright.size, "white")
                ground.alpha_composite(upright.convert("RGBA"))
                return ground.convert("RGB")
        except _UNDECODABLE as error:
            raise self._undecodable(_reason(error)) from error
        except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
            raise self._undecodable("it has more than 50 million pixels") from error

    def _undecodable(self, reason: str) -> BadInputError:
        return BadInputError(
            f"{self.path} cannot be decoded as an image ({reason}): replace or remove it"
        )


# SyntaxError is how Pillow reports a broken PNG; the others come of broken lengths and tables.
_UNDECODABLE = (
    OSError,
    SyntaxError,
    ValueError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    EOFError,
    LookupError,
    RuntimeError,
    TypeError,
    struct.error,
    zlib.error,
)


def _reason(error: Exception) -> str:
    from PIL import UnidentifiedImageError

    if isinstance(error, UnidentifiedImageError):
        return f"it is none of {', '.join(FORMATS)}"
    return (isinstance(error, OSError) and error.strerror) or str(error)


def _of_8_bits(image: "Image.Image", opened: "Image.Image") -> "Image.Image":
    """Scale grey values of more than 8 bits, which Pillow would clip; colours it scales itself.

    Args:
        image: what was decoded.
        opened: the same as it was opened, which knows of its file.
    """
    from PIL import Image

    if image.mode not in ("I", "F") and not image.mode.startswith("I;16"):
        return image
    if image.mode == "F" or (image.mode == "I" and opened.format != "PNG"):
        raise ValueError("its grey values have 32 bits and no known range; save it with 8 or 16")
    # A TIFF may have 12 bits in such an image, and says so.
    bits = int(getattr(opened, "tag_v2", {}).get(_BITS_PER_SAMPLE, (16,))[0])
    most = (1 << bits) - 1
    wide = np.asarray(image).astype(np.uint32)
    grey = np.minimum((wide * 255 + most // 2) // most, 255).astype(np.uint8)
    if isinstance(clear := opened.info.get("transparency"), int):
        grey[wide == clear] = 255
    return Image.fromarray(grey)


def default_photos() -> Path:
    """Return the directory of the photos that come with the harness.

    Raises:
        InfrastructureError: the installation lacks them.
    """
    return resource("photos")


def load_photos(directory: Path) -> list[Photo]:
    """List the photos of a directory, sorted by name.

    Args:
        directory: holds an ``index.csv`` (then only the files it lists count, and their SHA-256
            is checked), or images, or sub-directories named after the label of their images.

    Raises:
        BadInputError: no such directory, no photo in it, one that is no file, or an index that
            does not fit its files.
    """
    if not directory.is_dir():
        raise BadInputError(
            f"{directory} is not a directory of photos: give one that exists, with --hil-photos"
        )
    photos = [Photo(**vars(sample)) for sample in listed(directory, SUFFIXES)]
    if not photos:
        raise BadInputError(
            f"{directory} holds no photos: put {', '.join(sorted(SUFFIXES))} files into it, "
            "or into one sub-directory for each label"
        )
    return photos
