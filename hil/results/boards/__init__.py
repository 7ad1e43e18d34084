# SPDX-License-Identifier: MIT
"""The boards of one run side by side. Pure.

``table``     the part of the closing table that tells of several boards
``sides``     what each board has done, in a row
``siblings``  boards that differ from the others
"""
