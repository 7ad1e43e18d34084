# SPDX-License-Identifier: MIT
"""The boards of one run side by side. Pure.

``table``      the part of the closing table that tells of several boards
``sides``      what each board has done, in a row
``differing``  what is said, and what is kept, of boards that differ from the others
``health``     how each board fares when the run ends
``siblings``   the rule by which they differ: what is like, what is far
"""
