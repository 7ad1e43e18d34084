# SPDX-License-Identifier: MIT
"""Build the virtual board's firmware image from the sources of a checkout, reproducibly.

The core and its WebAssembly port are compiled by zig (``ziglang`` from PyPI), and packed as
ESP32-S3 flash files by ``firmware/virtual/pack.py``. The same sources give the same bytes on any
host: paths are mapped away, nothing holds a time, and compiler and flags are part of the source
digest that the image carries.
"""

import hashlib
import importlib.util
import subprocess
import tempfile
from pathlib import Path

from hil.errors import BadInputError
from hil.host import child
from hil.host.activity import doing
from hil.resources import PACKAGE

ROOT = PACKAGE.parent / "firmware"
_CORE = Path("components") / "splitnode"

ZIG_VERSION = "0.17.1"
STACK_BYTES = 65536
FLAGS = (
    "-target",
    "wasm32-freestanding",
    "-mcpu=generic+bulk_memory",
    "-std=c11",
    "-Os",
    "-g",  # for the names of functions; pack.py drops the rest of it
    "-nostdlib",
    "-Wall",
    "-Wextra",
    "-Wconversion",
    "-Werror",
    "-Wl,--no-entry",
    f"-Wl,-z,stack-size={STACK_BYTES}",
)


def is_checkout(root: Path = ROOT) -> bool:
    """Tell whether the firmware's sources are here (not so in an installed wheel).

    Args:
        root: here and below, the folder ``firmware`` that is meant.
    """
    return (root / "virtual" / "events.c").is_file()


def version(root: Path = ROOT) -> str:
    """Return the firmware's version, which ESP-IDF reads from the same file."""
    return (root / "version.txt").read_text(encoding="utf-8").strip()


def sources(root: Path = ROOT) -> list[Path]:
    """List every file that the image depends on, in a stable order."""
    core = root / _CORE
    found = [
        *(core / "include").rglob("*.h"),
        *(core / "src").rglob("*.[ch]"),
        *(root / "virtual").glob("*.[ch]"),
        *(root / "virtual" / "include").rglob("*.h"),
        root / "virtual" / "pack.py",
        root / "partitions.csv",
        root / "version.txt",
    ]
    return sorted(found, key=lambda path: path.relative_to(root).as_posix())


def source_digest(root: Path = ROOT, *, test: bool = False) -> str:
    """Return the SHA-256 (hexadecimal) over all sources, compiler version and flags."""
    digest = hashlib.sha256(repr((ZIG_VERSION, FLAGS)).encode())
    for path in sources(root):
        name = path.relative_to(root).as_posix().encode()
        content = path.read_bytes()
        digest.update(len(name).to_bytes(4, "little") + name)
        digest.update(len(content).to_bytes(4, "little") + content)
    return test_digest(digest.hexdigest()) if test else digest.hexdigest()


def test_digest(production: str) -> str:
    """Return the digest that a test build carries, from that of the production build."""
    return hashlib.sha256(f"test build of {production}".encode()).hexdigest()


def can_build() -> bool:
    """Tell whether the compiler is installed."""
    return importlib.util.find_spec("ziglang") is not None


@doing("compiling the firmware")
def build(out: Path, *, test: bool = False, root: Path = ROOT, digest: str | None = None) -> None:
    """Compile and pack the image into `out`, which then looks like an ESP-IDF build directory.

    Args:
        out: the directory; made if it does not exist.
        test: make a test build, which has the verbs of protocol.md, section 2.8.
        root: the folder ``firmware`` to build.
        digest: what the image is to carry in place of :func:`source_digest`, to compare two.

    Raises:
        BadInputError: no sources, no compiler, or sources that do not compile.
    """
    if not is_checkout(root):
        raise BadInputError(
            "the firmware can only be built from a checkout of the repository: "
            "an installed package holds no firmware sources"
        )
    if not can_build():
        raise BadInputError(
            f"building the firmware needs zig: pip install 'ziglang=={ZIG_VERSION}' "
            "(or the extra 'firmware')"
        )
    core = root / _CORE
    digest = digest or source_digest(root, test=test)
    with tempfile.TemporaryDirectory(prefix="hil-firmware-") as directory:
        module = Path(directory) / "splitnode.wasm"
        _run(
            [
                *child.command("ziglang", "cc", *FLAGS),
                f"-ffile-prefix-map={root}=.",
                f'-DSN_VERSION="{version(root)}"',
                f'-DSN_SOURCE_DIGEST="{digest[:16]}"',
                *(("-DSN_TEST_BUILD",) if test else ()),
                *("-isystem", str(root / "virtual" / "include")),
                *("-I", str(core / "include"), "-I", str(core / "src")),
                *(str(path) for path in sources(root) if path.suffix == ".c"),
                *("-o", str(module)),
            ],
            "the firmware does not compile",
            # Objects carry the digest, so none is ever used again: left in the user's cache, they
            # would be megabytes a build.
            ZIG_GLOBAL_CACHE_DIR=directory,
            ZIG_LOCAL_CACHE_DIR=directory,
        )
        _run(
            [
                *child.command(str(root / "virtual" / "pack.py")),
                *("--wasm", str(module)),
                *("--version", version(root)),
                *("--digest", digest),
                *("--partitions", str(root / "partitions.csv")),
                *("--out", str(out)),
            ],
            "the firmware image could not be packed",
            # For esptool: a user's own settings have no say.
            ESPTOOL_CFGFILE=str(PACKAGE / "esptool_worker" / "esptool.cfg"),
        )


def _run(command: list[str], failure: str, **environment: str) -> None:
    done = subprocess.run(
        command,
        env=child.environment(**environment),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise BadInputError(f"{failure}: {done.stderr.strip() or done.stdout.strip()}")
