# SPDX-License-Identifier: MIT
"""The access point of the lab, and how a station fares that wants to join it. Pure."""

from dataclasses import dataclass

# Scan, authentication, association and DHCP of a station that knows its network; an estimate.
JOIN_US = 1_500_000
# ESP-IDF's station gives a handshake that fails about this long; an estimate.
REFUSE_US = 3_000_000


@dataclass(frozen=True)
class AccessPoint:
    """One network with WPA2 on one channel."""

    ssid: str
    password: str
    channel: int

    def join(self, ssid: str, password: str) -> str | None:
        """Return why a station with these credentials is refused, None if it is let in."""
        if ssid != self.ssid:
            return f"no access point named '{ssid}' in range: check the SSID"
        if password != self.password:
            return f"the access point '{ssid}' refused the password"
        return None


# There is one lab to a process and nothing leaves it, so these are no secret.
LAB_ACCESS_POINT = AccessPoint("hil-lab", "not-a-secret", channel=1)
