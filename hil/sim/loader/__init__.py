# SPDX-License-Identifier: MIT
"""The chip's ROM loader and flasher stub, as esptool uses them.

``rom``             download mode, and the stub
``flash_commands``  the commands that read, erase and write the flash
``flash_writer``    one download into it
``mishaps``         what befalls a board meanwhile
``registers``       the registers that a loader can reach
``command``         requests and responses
``slip``            their framing
"""
