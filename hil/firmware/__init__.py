# SPDX-License-Identifier: MIT
"""Firmware builds: reading and checking them, making them.

``build``    a build, read and checked: what is flashed
``app``      what its application says about itself
``files``    the files of one, in a directory or a zip
``chip``     makes the chip's, with an installed ESP-IDF
``virtual``  makes the virtual board's, reproducibly
"""
