# SPDX-License-Identifier: MIT
"""Makes records of what went wrong."""

from collections.abc import Sequence

from hil.console.log import NOTE
from hil.results.records import ErrorRecord
from hil.results.serial_log import Entry


def error_record(
    error: BaseException,
    kind: str,
    nodeid: str | None,
    phase: str,
    place: tuple[str | None, int | None] = (None, None),
    log: Sequence[Entry] = (),
) -> ErrorRecord:
    """Make the record of an error; ``place`` is file and line of the test that met it.

    Of the exception's notes the console's last lines are left out, which ``log`` has.
    """
    first = next(iter(str(error).splitlines()), "")
    notes = tuple(each for each in getattr(error, "__notes__", ()) if not each.startswith(NOTE))
    rows = tuple(each.columns for each in log)
    return ErrorRecord(nodeid, phase, kind, type(error).__name__, first, notes, *place, rows)
