# SPDX-License-Identifier: MIT
"""The serial port of a virtual board, from the host's socket to the chip's UART.

``server``         a TCP port that is a serial port
``rfc2217``        the server's half of RFC 2217
``bridge``         the USB bridge
``line``           its two wires to the chip
``uart``           bytes in simulated time
``console_units``  what the host sends, in units that do not depend on how it arrived
``gateway_host``   the host behind a gateway
"""
