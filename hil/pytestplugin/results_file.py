# SPDX-License-Identifier: MIT
"""``results.json`` of a run under way: written as far as it goes, whatever this computer lacks."""

import os
import time
from pathlib import Path
from typing import Any

from hil.errors import BadInputError, InfrastructureError
from hil.shortage import telling_shortages

_SHARE = 0.02
"""Of the session's time that may be spent on it; a run that is killed has what was written last."""


class ResultsFile:
    """Keeps a descriptor in reserve, for a test may have used up all others.

    Args:
        path: of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reserve: int | None = None
        self._written = 0.0
        self._took_s = 0.0

    @property
    def is_due(self) -> bool:
        """Whether writing it again costs little of the time since it was written."""
        return time.monotonic() - self._written > self._took_s / _SHARE

    def write(self, document: dict[str, Any]) -> None:
        """Write the document, replacing the file in one step.

        Raises:
            BadInputError: the path is none.
            InfrastructureError: it cannot be written to.
        """
        from hil.results import write_document

        started = time.monotonic()
        self.close()
        try:
            with telling_shortages():
                write_document(document, self._path)
                self._reserve = os.open(os.devnull, os.O_RDONLY)
        except InfrastructureError as error:
            raise type(error)(
                f"{self._path} cannot be written: {error} --hil-log-dir names another directory."
            ) from error
        except OSError as error:
            raise BadInputError(
                f"{self._path} cannot be written ({error.strerror}); "
                "name another directory by --hil-log-dir."
            ) from error
        finally:
            # The first one also loads what writes it; and the first test's result is always kept.
            self._took_s = time.monotonic() - started if self._written else 0.0
            self._written = time.monotonic()

    def clear_remains(self) -> None:
        """Remove what runs that were killed have left beside it."""
        for pattern in ("results-gw*.json", "results*.json.*.part"):
            for stale in self._path.parent.glob(pattern):
                stale.unlink(missing_ok=True)

    def close(self) -> None:
        """Give the reserve back."""
        if self._reserve is not None:
            os.close(self._reserve)
            self._reserve = None
