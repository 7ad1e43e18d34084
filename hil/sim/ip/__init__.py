# SPDX-License-Identifier: MIT
"""TCP and UDP of a virtual board, to the host over real sockets and to boards without.

``tcp``          connecting and listening
``tcp_host``     a connection to the host
``tcp_lab``      one between two boards
``tcp_sender``   the sending side's bounded buffer
``udp``          a bounded driver queue in front of the air
``udp_host``     a socket to the host
``udp_address``  addresses as the firmware has them
"""
