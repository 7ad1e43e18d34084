# SPDX-License-Identifier: MIT
"""``hil split --sweep`` and ``--devices``: where to cut a model.

``options``  what was asked for
``sweep``    the two commands
``measure``  a sweep on a board
``table``    tables for people
``tree``     the same as JSON
"""
