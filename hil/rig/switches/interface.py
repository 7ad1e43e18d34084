# SPDX-License-Identifier: MIT
"""What a power switch is; a package registers its own under ``hil.power``."""

from collections.abc import Callable
from typing import Protocol, runtime_checkable


@runtime_checkable
class PowerSwitch(Protocol):
    """Switches the power of boards.

    A package registers a class, or any callable without arguments, that returns one; it is called
    when ``hil.toml`` or a board's provider names it.
    """

    def cycle(self, argument: str, log: Callable[[str], None]) -> None:
        """Take a board's power away and give it back; return when it has it again.

        The harness waits for the board's port afterwards. Nobody else has the board meanwhile, and
        its port is closed.

        Args:
            argument: what stands behind the switch's name and the colon.
            log: called with each line that is worth keeping; no password belongs into it.

        Raises:
            BadInputError: the argument makes no sense.
            InfrastructureError: the switch cannot be reached, or does not do it within a bounded
                time.
        """
        ...
