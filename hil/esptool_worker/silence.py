# SPDX-License-Identifier: GPL-2.0-or-later
"""A logger that drops esptool's prose, for processes whose output is for their parent."""

from typing import Any

from esptool.logger import TemplateLogger


class Silence(TemplateLogger):  # type: ignore[misc]  # esptool has no type information
    """Says nothing."""

    def print(self, *args: Any, **kwargs: Any) -> None:
        """Drop a line."""

    def note(self, message: str) -> None:
        """Drop a remark."""

    def warning(self, message: str) -> None:
        """Drop a warning."""

    def error(self, message: str) -> None:
        """Drop what is raised as well."""

    def stage(self, finish: bool = False) -> None:
        """Drop the beginning or end of a stage."""

    def set_verbosity(self, verbosity: str) -> None:
        """Stay silent."""

    def progress_bar(
        self,
        cur_iter: int,
        total_iters: int,
        prefix: str = "",
        suffix: str = "",
        bar_length: int = 30,
    ) -> None:
        """Drop progress."""
