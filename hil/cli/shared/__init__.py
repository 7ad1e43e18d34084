# SPDX-License-Identifier: MIT
"""What several commands share.

``connected``  a board brought up to date and connected
``options``    options; those that belong together reach a command as one value
``finite``     numbers that are none, refused
``chosen``     what these values stand for: boards, firmware, model and cut
``pictures``   photos that are named
``saying``     what commands print
``progress``   what moves meanwhile
``ending``     signals that end a command in order
"""
