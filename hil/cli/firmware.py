# SPDX-License-Identifier: MIT
"""``hil firmware``: build the firmware image."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from hil.cli.shared.saying import say
from hil.firmware import chip as idf_build
from hil.firmware import virtual as firmware_build
from hil.firmware.build import FirmwareBuild
from hil.firmware.files import companion
from hil.host.activity import doing
from hil.host.terminal import is_terminal
from hil.model.model import Model
from hil.model.tflite.verify import verify

_DEFAULT_OUT = {"virtual": Path("firmware/virtual/build"), "esp32s3": Path("firmware/build")}


@click.group()
def firmware() -> None:
    """Build firmware."""


@firmware.command()
@click.option(
    "--target",
    type=click.Choice(list(_DEFAULT_OUT)),
    default="virtual",
    show_default=True,
    help="Virtual boards, or the chip, which needs ESP-IDF (IDF_PATH).",
)
@click.option(
    "--flash-size",
    type=click.Choice(idf_build.FLASH_SIZES),
    help="esp32s3: flash of the board, and so the partition table.  [default: 16MB]",
)
@click.option("--ansi-c", is_flag=True, help="esp32s3: esp-nn's ANSI C kernels, as the judge.")
@click.option(
    "--operators",
    metavar="MODEL",
    type=click.Path(path_type=Path),
    help="esp32s3: only the operators of this model, and a smaller firmware.  [default: all]",
)
@click.option("--test", is_flag=True, help="Only the test build, into the build directory.")
@click.option("--production", is_flag=True, help="Only the production build.")
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    help="Build directory.  [default: firmware/virtual/build, or firmware/build for esp32s3]",
)
def build(
    target: str,
    flash_size: str | None,
    ansi_c: bool,
    operators: Path | None,
    test: bool,
    production: bool,
    out: Path | None,
) -> None:
    """Build from the sources of this checkout: the virtual board's image, or the chip's firmware.

    The virtual board's image is made reproducibly. The chip's firmware is built by idf.py. Beside
    the production build in DIR lies its test build in DIR-test, which has verbs for what cannot be
    provoked from outside: crash, hang, fail and counter.
    """
    if test and production:
        raise click.UsageError("--test and --production exclude each other: both are the default")
    if target == "virtual" and (flash_size or ansi_c or operators):
        raise click.UsageError("--flash-size, --ansi-c and --operators are for --target esp32s3")
    out = out or _DEFAULT_OUT[target]
    kinds = kinds_of(operators) if operators else ()
    wanted = [(out, test)] if test or production else [(out, False), (companion(out), True)]
    for place, is_test in wanted:
        if target == "virtual":
            _build_virtual(place, is_test)
        else:
            size = flash_size or idf_build.FLASH_SIZES[0]
            _build_chip(place, idf_build.Variant(size, ansi_c, is_test, kinds))


def kinds_of(path: Path) -> tuple[str, ...]:
    """Return the kinds of all operators of a model, whole or in parts, sorted.

    Raises:
        BadInputError: the model does not verify, or cannot be run.
    """
    graph = verify(Model.load(path).int8)
    graphs = [graph, *(each for each in graph.subgraphs if each is not None)]
    return tuple(sorted({operator.kind for each in graphs for operator in each.operators}))


def _build_virtual(out: Path, test: bool) -> None:
    firmware_build.build(out, test=test)
    digest = firmware_build.source_digest(test=test)
    kind = "test build of firmware" if test else "firmware"
    say(f"{out}: {kind} {firmware_build.version()}, sources {digest[:16]}")


def _build_chip(out: Path, variant: idf_build.Variant) -> None:
    with _progress() as progress:
        idf_build.build(out, variant, progress)
    made = FirmwareBuild.load(out)
    taken, room = len(made.files[-1].data), made.app_partition.size
    kind = "test build of firmware" if variant.test else "firmware"
    say(
        f"{out}: {kind} {made.app.version} for esp32s3 with {made.flash_size >> 20} MB of flash, "
        f"{taken:,} bytes ({100 * taken / room:.0f} % of its partition)"
    )


@contextmanager
def _progress() -> Iterator[Callable[[int, int], None]]:
    """Show how far a build is, in lines on standard error where that is no terminal."""
    with doing("building") as step:
        shown = -1

        def tell(done: int, total: int) -> None:
            nonlocal shown
            step.reached(done, total)
            if 10 * done // total != shown and not is_terminal(sys.stderr):
                shown = 10 * done // total
                say(f"building: {done} of {total}", err=True)

        yield tell
