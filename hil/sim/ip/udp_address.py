# SPDX-License-Identifier: MIT
"""Addresses of UDP as the firmware has them: IPv4 << 16 | port (``sn_source`` of port.h)."""

import ipaddress


def pack_address(host: str, port: int) -> int:
    """Return the number for an address; 0 where it is not of IPv4."""
    try:
        return int(ipaddress.IPv4Address(host)) << 16 | port
    except ipaddress.AddressValueError:
        return 0


def unpack_address(address: int) -> tuple[str, int]:
    """Return IPv4 address and port of a number from 0 to 2**48 - 1."""
    return str(ipaddress.IPv4Address(address >> 16)), address & 0xFFFF
