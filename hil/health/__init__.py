# SPDX-License-Identifier: MIT
"""How each board has fared over its sessions, and which of them are set aside; see docs/farm.md.

``books``       a session entered, and the board set aside if that was one too many
``store``       what is known of each board, in files that sessions share
``folder``      the files of one board
``history``     what a board's entries come to: fit, or set aside since when and why. Pure
``assessment``  what a session's results say of a board; what of it is too much. Pure
``limits``      how much is too much, by ``[health]`` of ``hil.toml``. Pure
``entry``       what is known of a board, one entry a time; as JSON. Pure
``remarks``     how the notes begin that tell of retries
"""
