# SPDX-License-Identifier: MIT
"""The words of notes that tell of retries: those who write them and those who count them agree."""

AGAIN = "trying again after: "
"""How a note begins that tells why a board is started or flashed once more."""

RESETS_UNTIL = " resets until the board was in download mode"
"""Behind the number, where a flasher needed many."""

RATE_FELL = " baud bytes get lost"
"""Behind the rate, where a flasher had to write at a lower one."""


def is_retry(note: str) -> bool:
    """Whether a note tells that flashing or starting a board took another attempt."""
    return note.startswith(AGAIN) or RESETS_UNTIL in note or RATE_FELL in note
