# SPDX-License-Identifier: GPL-2.0-or-later
"""esptool's settings for one board's line, which it has for a whole process.

A user's own ``esptool.cfg`` is kept out (``__init__``): it would change resets and waiting times
of every board, and only where a run happens to be started.
"""

from typing import Any

from esptool import loader

from hil.serialport.line import Line

_SEQUENCES = {
    "custom_reset_sequence": "reset_sequence",
    "custom_hard_reset_sequence": "hard_reset_sequence",
}
"""esptool's settings, and what they are called in ``hil.toml``."""

_MARGIN = 1.5
"""Round trips vary."""

_SYNC_S, _MEM_END_S = loader.SYNC_TIMEOUT, loader.MEM_END_ROM_TIMEOUT
"""esptool's own, for a line without delay: they tell a chip that is not there from one that is."""


def tune(line: Line, port: Any) -> None:
    """Have esptool reset and wait as a board's line needs it.

    Args:
        line: what ``hil.toml`` says of it.
        port: open.
    """
    for setting, name in _SEQUENCES.items():
        sequence = getattr(line, name)
        if sequence is not None:
            loader.cfg[setting] = sequence
    extra_s = _MARGIN * line.round_trip_s(port)
    loader.SYNC_TIMEOUT = _SYNC_S + extra_s
    loader.MEM_END_ROM_TIMEOUT = _MEM_END_S + extra_s
