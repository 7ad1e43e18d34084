# SPDX-License-Identifier: MIT
"""The console's codecs (docs/protocol.md, section 2). Pure.

``chunk``    binary data in acknowledged pieces
``line``     requests, answers, events and log lines
``numbers``  numbers among their values
``cobs``     frames without zeros
"""
