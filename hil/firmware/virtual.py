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
import sys
import tempfile
from pathlib import Path

from hil.errors import BadInputError
from hil.resources import PACKAGE

ROOT = PACKAGE.parent / "firmware"
CORE = ROOT / "components" / "splitnode"

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


def is_checkout() -> bool:
    """Tell whether the firmware's sources are here (not so in an installed wheel)."""
    return (ROOT / "virtual" / "events.c").is_file()


def version() -> str:
    """Return the firmware's version, which ESP-IDF reads from the same file."""
    return (ROOT / "version.txt").read_text(encoding="utf-8").strip()


def sources() -> list[Path]:
    """List every file that the image depends on, in a stable order."""
    found = [
        *(CORE / "include").rglob("*.h"),
        *(CORE / "src").rglob("*.[ch]"),
        *(ROOT / "virtual").glob("*.[ch]"),
        *(ROOT / "virtual" / "include").rglob("*.h"),
        ROOT / "virtual" / "pack.py",
        ROOT / "partitions.csv",
        ROOT / "version.txt",
    ]
    return sorted(found, key=lambda path: path.relative_to(ROOT).as_posix())


def source_digest(*, test: bool = False) -> str:
    """Return the SHA-256 (hexadecimal) over all sources, compiler version and flags."""
    digest = hashlib.sha256(repr((ZIG_VERSION, FLAGS)).encode())
    for path in sources():
        name = path.relative_to(ROOT).as_posix().encode()
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


def build(out: Path, *, test: bool = False) -> None:
    """Compile and pack the image into `out`, which then looks like an ESP-IDF build directory.

    Args:
        out: the directory; made if it does not exist.
        test: make a test build, which has the verbs of protocol.md, section 2.8.

    Raises:
        BadInputError: no sources, no compiler, or sources that do not compile.
    """
    if not is_checkout():
        raise BadInputError(
            "the firmware can only be built from a checkout of the repository: "
            "an installed package holds no firmware sources"
        )
    if not can_build():
        raise BadInputError(
            f"building the firmware needs zig: pip install 'ziglang=={ZIG_VERSION}' "
            "(or the extra 'firmware')"
        )
    digest = source_digest(test=test)
    with tempfile.TemporaryDirectory(prefix="hil-firmware-") as directory:
        module = Path(directory) / "splitnode.wasm"
        _run(
            [
                *(sys.executable, "-m", "ziglang", "cc", *FLAGS),
                f"-ffile-prefix-map={ROOT}=.",
                f'-DSN_VERSION="{version()}"',
                f'-DSN_SOURCE_DIGEST="{digest[:16]}"',
                *(("-DSN_TEST_BUILD",) if test else ()),
                *("-isystem", str(ROOT / "virtual" / "include")),
                *("-I", str(CORE / "include"), "-I", str(CORE / "src")),
                *(str(path) for path in sources() if path.suffix == ".c"),
                *("-o", str(module)),
            ],
            "the firmware does not compile",
        )
        _run(
            [
                *(sys.executable, str(ROOT / "virtual" / "pack.py")),
                *("--wasm", str(module)),
                *("--version", version()),
                *("--digest", digest),
                *("--partitions", str(ROOT / "partitions.csv")),
                *("--out", str(out)),
            ],
            "the firmware image could not be packed",
        )


def _run(command: list[str], failure: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BadInputError(f"{failure}: {done.stderr.strip() or done.stdout.strip()}")
