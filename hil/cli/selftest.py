# SPDX-License-Identifier: MIT
"""``hil selftest``: does the suite catch the defects that it is known to be able to catch?"""

import json
import sys
import time
from pathlib import Path

import click

from hil.cli.shared.options import json_option
from hil.cli.shared.saying import say
from hil.errors import BadInputError
from hil.host.activity import doing
from hil.host.terminal import columns, is_terminal
from hil.shortage import shortage

_FILE_COLUMNS = 200

_EXIT_CODES = """\b
Exit codes:
  0   every mutant was caught, with its symptom
  1   one was not, or the unmodified firmware does not pass
  2   a mutant does not apply, does not compile or changes nothing, or the input cannot be used
  10  the unmodified firmware could not be run: host or lab"""


@click.command(epilog=_EXIT_CODES)
@click.option(
    "--only",
    multiple=True,
    metavar="PATTERN",
    help="Mutants by name, number or family, as a shell pattern; may be given again.",
)
@click.option(
    "--firmware-sources",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="The folder 'firmware' to make mutants of; this checkout's if none is named.",
)
@click.option(
    "-n",
    "workers",
    type=click.IntRange(1),
    metavar="N",
    help="How many to run side by side; as many as there are cores if none is named.",
)
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("hil-selftest"),
    show_default=True,
    metavar="DIR",
    help="Directory for the matrix, and for each mutant's build and report.",
)
@json_option
def selftest(
    only: tuple[str, ...],
    firmware_sources: Path | None,
    workers: int | None,
    out: Path,
    as_json: bool,
) -> None:
    """Run the suite on firmware with known defects, and show which ones it catches.

    Each patch of tests/mutants is applied to the firmware's sources, built, flashed to a virtual
    board and run through the suite, which must fail with the symptom that the patch names. The
    unmodified firmware is run first and must pass. Needs a checkout, git and zig.
    """
    from hil.firmware.virtual import ROOT
    from hil.host.cores import usable_cores
    from hil.results import write_document
    from hil.selftest.matrix import document, table
    from hil.selftest.mutant import own_mutants, read_mutants
    from hil.selftest.selftest import Selftest

    begun = time.monotonic()
    mutants = read_mutants(own_mutants(), only)
    run = Selftest(mutants, firmware_sources or ROOT, out)
    with doing("unmodified firmware, then mutants", 1 + len(mutants)) as step:

        def tell(name: str, verdict: str, seconds: float) -> None:
            step.advance()
            if not is_terminal(sys.stderr):
                say(f"{name}: {verdict}, {seconds:.0f} s", err=True)

        rows, unmodified = run.run(workers or usable_cores(), tell)
    matrix = document(rows, unmodified, time.monotonic() - begun)
    try:
        write_document(matrix, out / "matrix.json")
        lines = table(matrix, _FILE_COLUMNS)
        (out / "matrix.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    except OSError as error:
        if (told := shortage(error)) is not None:
            raise told from error
        raise BadInputError(
            f"{out} cannot be written ({error.strerror}); name another directory by --out."
        ) from error
    say(json.dumps(matrix) if as_json else "\n".join(table(matrix, columns())))
    click.get_current_context().exit(matrix["exit_status"])
