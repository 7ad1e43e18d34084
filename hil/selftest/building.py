# SPDX-License-Identifier: MIT
"""A mutant's images, made as ``hil firmware build`` makes them, and whether they differ at all."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hil.errors import BadInputError
from hil.firmware import virtual
from hil.firmware.build import FirmwareBuild
from hil.firmware.files import companion
from hil.selftest.mutant import Mutant
from hil.selftest.sources import apply, copy_sources
from hil.shortage import shortage
from hil.sim.chip.image import module_of, parse_image

BUILD = "build"
_NAMES = 0  # the number of custom sections, of which only the names of functions are left


def check_compiler() -> None:
    """Raise BadInputError where the compiler is not installed."""
    if not virtual.can_build():
        raise BadInputError(
            f"The selftest builds firmware, which needs zig: pip install 'ziglang=="
            f"{virtual.ZIG_VERSION}' (or the extra 'firmware')."
        )


def build_unmodified(root: Path, directory: Path) -> Path:
    """Build the sources as they are.

    Args:
        root: the folder ``firmware``.
        directory: for the build directory and its companion, the test build.

    Returns:
        the build directory.

    Raises:
        BadInputError: they do not compile.
    """
    out = directory / BUILD
    virtual.build(out, root=root)
    virtual.build(companion(out), root=root, test=True)
    return out


def build_mutant(mutant: Mutant, root: Path, directory: Path) -> Path:
    """Build the sources with a mutant's defect.

    Args:
        mutant: the defect.
        root: the folder ``firmware`` of the unmodified sources.
        directory: as for :func:`build_unmodified`.

    Raises:
        BadInputError: it does not apply, or does not compile.
    """
    with _changed(mutant, root, directory) as changed:
        return build_unmodified(changed, directory)


def differs(mutant: Mutant, root: Path, out: Path, unmodified: Path) -> bool:
    """Tell whether a board with a mutant can be told from a board without.

    What only a debugger sees (comments, names) and what only the test build has does not count.
    An image carries the digest of its sources, which also moves other strings: those compared
    carry one and the same.

    Args:
        mutant: the defect.
        root: as for :func:`build_mutant`.
        out: the mutant's build directory.
        unmodified: that of the sources as they are.
    """
    before = FirmwareBuild.load(unmodified)
    if len(FirmwareBuild.load(out).files[-1].data) != len(before.files[-1].data):
        return True
    with _changed(mutant, root, out.parent) as changed:
        same = changed.parent / "same-digest"
        virtual.build(same, root=changed, digest=before.app.source_digest)
        return _content(FirmwareBuild.load(same)) != _content(before)


@contextmanager
def _changed(mutant: Mutant, root: Path, directory: Path) -> Iterator[Path]:
    """Yield a copy of the folder ``firmware`` that has the defect."""
    with tempfile.TemporaryDirectory(prefix="hil-selftest-", dir=directory) as place:
        changed = copy_sources(root, Path(place))
        apply(mutant, Path(place))
        yield changed


def _content(build: FirmwareBuild) -> list[tuple[int, list[bytes]]]:
    *others, app = build.files
    module = module_of(parse_image(app.data))
    assert module is not None
    code = list(_sections(module))
    return [*((file.offset, [file.data]) for file in others), (app.offset, code)]


def _sections(module: bytes) -> Iterator[bytes]:
    """Yield the sections of a WebAssembly module but for those that only name things."""
    at = 8
    while at < len(module):
        start, number = at, module[at]
        size = shift = 0
        at += 1
        while module[at] & 0x80:
            size |= (module[at] & 0x7F) << shift
            shift += 7
            at += 1
        size |= module[at] << shift
        at += 1 + size
        if number != _NAMES:
            yield module[start:at]


def emptied(directory: Path) -> Path:
    """Return a directory, made or emptied.

    Raises:
        BadInputError: it cannot be.
    """
    try:
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
    except OSError as error:
        if (told := shortage(error)) is not None:
            raise told from error
        raise BadInputError(
            f"{directory} cannot be written ({error.strerror}); name another directory by --out."
        ) from error
    return directory
