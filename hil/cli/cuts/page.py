# SPDX-License-Identifier: MIT
"""A sweep as a page: one file, complete in itself."""

from pathlib import Path

from hil.errors import BadInputError
from hil.host.files.reading import encode
from hil.host.files.whole_file import write_whole
from hil.planning.sweep import Sweep
from hil.shortage import shortage


def write_page(sweep: Sweep, path: Path) -> None:
    """Write the page; raises BadInputError where that cannot be."""
    from hil.report.sweep import sweep_page

    try:
        write_whole(encode(sweep_page(sweep)), path)
    except OSError as error:
        if (told := shortage(error)) is not None:
            raise told from error
        raise BadInputError(
            f"{path} cannot be written ({error.strerror}); name another file by --html."
        ) from error
