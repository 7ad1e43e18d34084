# SPDX-License-Identifier: MIT
"""The machine in two files: Debian's kernel, and an initramfs with everything else.

Made once, and kept below ``.cache/bluez`` for as long as packages and these sources stay the same.
"""

import gzip
import hashlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from bluez_machine import debian, kernel, programs
from bluez_machine.cpio import Entry, archive, with_directories
from bluez_machine.errors import MachineMissingError

CACHE = Path(__file__).parents[3] / ".cache" / "bluez"

PACKAGES = ("linux-image-amd64", "bluez", "busybox-static", "dbus-bin", "dbus-daemon", "socat")
"""The first depends on the kernel, whose package has the version in its name."""

PROGRAMS = (
    *("busybox", "dbus-daemon", "dbus-send", "socat"),
    *("bluetoothd", "btattach", "bluetoothctl", "btmon"),
)

# Of the machine; of the kernel's Bluetooth, which looks for its ciphers by name; and of BlueZ.
MODULES = ("virtio_pci", "virtio_net", "virtio_rng", "hci_uart", "uhid")
CIPHERS = (
    *("cmac", "ecb", "aes_generic", "sha256_generic", "ecdh_generic"),
    *("algif_hash", "algif_skcipher"),
)

_EMPTY = ("proc", "sys", "dev", "run/dbus", "tmp", "var/lib/bluetooth", "root")
_HERE = Path(__file__).parent
_SOURCES = ("init", "bus.conf", "main.conf", "cpio.py", "kernel.py", "programs.py", "image.py")
_PATIENCE_S = 600.0


class Image(NamedTuple):
    """The machine's two files."""

    kernel: Path
    initramfs: Path


def build(cache: Path = CACHE) -> Image:
    """Return the machine's files, made of the newest packages unless they are there already.

    Raises:
        MachineMissingError: packages cannot be had; the sentence says why.
    """
    debian.require_debian()
    cache.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(cache / "lock", timeout=_PATIENCE_S):
            return _build(cache)
    except Timeout as error:
        raise MachineMissingError(
            f"Another run has been making the machine in {cache} for {_PATIENCE_S:g} s; end it."
        ) from error


def _build(cache: Path) -> Image:
    files = debian.fetch(debian.closure(PACKAGES), cache / "packages")
    made = cache / _key(files)
    image = Image(made / "vmlinuz", made / "initramfs.gz")
    if made.exists():
        return image
    with tempfile.TemporaryDirectory(dir=cache) as scratch:
        root, new = Path(scratch, "root"), Path(scratch, "new")
        new.mkdir()
        debian.unpack(files, root)
        vmlinuz = sorted((root / "boot").glob("vmlinuz-*"))[-1]
        shutil.copyfile(vmlinuz, new / image.kernel.name)
        # Level 1: half the size in a second, where the best takes ten and gains a tenth.
        with gzip.GzipFile(new / image.initramfs.name, "wb", compresslevel=1, mtime=0) as out:
            for piece in archive(with_directories(_entries(root))):
                out.write(piece)
        new.rename(made)
    return image


def _entries(root: Path) -> Iterator[Entry]:
    yield Entry("init", (_HERE / "init").read_bytes())
    yield Entry("etc/bus.conf", (_HERE / "bus.conf").read_bytes())
    yield Entry("etc/bluetooth/main.conf", (_HERE / "main.conf").read_bytes())
    yield from (Entry(name, None) for name in _EMPTY)
    yield from programs.entries(root, PROGRAMS)
    modules = kernel.in_order(root / "lib" / "modules", (*MODULES, *CIPHERS))
    for number, (name, data) in enumerate(modules.items()):
        yield Entry(f"modules/{number:03}-{name}.ko", data)


def _key(files: list[Path]) -> str:
    """Return a name for what these packages and the sources here make."""
    digest = hashlib.sha256("\n".join(sorted(file.name for file in files)).encode())
    for source in _SOURCES:
        digest.update((_HERE / source).read_bytes())
    return digest.hexdigest()[:16]
