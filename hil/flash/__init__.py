# SPDX-License-Identifier: MIT
"""What is to be on a board's flash, and the report of what was written.

``flash``     brings a flash to the wanted content, through a process of ``hil.esptool_worker``
``otadata``   which application slot boots
``chip_fit``  whether a chip can take and run the firmware
"""
