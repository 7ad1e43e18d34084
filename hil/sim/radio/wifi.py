# SPDX-License-Identifier: MIT
"""The access point of the lab, and how a station fares that wants to join it. Pure."""

from dataclasses import dataclass

# Scan, authentication, association and DHCP of a station that knows its network; an estimate.
JOIN_US = 1_500_000
# ESP-IDF's station gives a handshake that fails about this long; an estimate.
REFUSE_US = 3_000_000
# The firmware's keep-alive finds a connection without a network dead after 3 s and three probes a
# second apart (firmware/main/tcp.c).
KEEP_ALIVE_US = 6_000_000
NOTHING_HEARD = "nothing has been heard of the peer for 6 s"

NO_ACCESS_POINT = "no access point named '{}' in range: check the SSID"


@dataclass(frozen=True)
class AccessPoint:
    """One network with WPA2 on one channel."""

    ssid: str
    password: str
    channel: int

    def join(self, ssid: str, password: str) -> str | None:
        """Return why a station with these credentials is refused, None if it is let in."""
        if ssid != self.ssid:
            return NO_ACCESS_POINT.format(ssid)
        if password != self.password:
            return f"the access point '{ssid}' refused the password"
        return None


# There is one lab to a process and nothing leaves it, so these are no secret.
LAB_ACCESS_POINT = AccessPoint("hil-lab", "not-a-secret", channel=1)
