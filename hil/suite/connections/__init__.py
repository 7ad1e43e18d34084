# SPDX-License-Identifier: MIT
"""Links that come and go.

``test_connections``           how a board takes an end, and what it does then
``test_connections_hello``     whom it greets, and whom it refuses
``test_connections_requests``  what it is told about its links, and being a gateway
``test_connections_tail``      a tail on a second board
"""
