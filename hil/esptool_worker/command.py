# SPDX-License-Identifier: GPL-2.0-or-later
"""esptool as it is, with the project's RFC 2217 client, as a process of its own."""

import sys

import esptool

from hil import serialport

if __name__ == "__main__":
    serialport.install()
    esptool.main(sys.argv[1:])
