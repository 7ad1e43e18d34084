# SPDX-License-Identifier: MIT
"""The ways to say which board is meant: by MAC address, by USB serial number, by port."""

import re
from dataclasses import dataclass
from typing import Self

from hil.errors import BadInputError
from hil.serialport.ports import same_port

VIRTUAL = "virtual"
USB = "usb"

_MAC = re.compile(r"[0-9a-f]{2}([:-]?[0-9a-f]{2}){5}")
_MAC_SPELLED = re.compile(r"[0-9a-f]{2}([:-][0-9a-f]{2}){5}")


@dataclass(frozen=True)
class Identity:
    """Which board is meant.

    Attributes:
        kind: ``mac``, ``serial`` (a USB serial number) or ``port``.
        value: the address in lower case with colons, the number, or ``virtual``, ``usb``, a device
            or a URL.
    """

    kind: str
    value: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what an option says: ``mac:ADDRESS``, ``serial:NUMBER``, an address, or a port.

        Raises:
            BadInputError: an address is none, or there is nothing behind ``serial:``.
        """
        kind, colon, value = text.partition(":")
        if colon and kind in ("mac", "serial"):
            return cls.of(kind, value)
        if _MAC_SPELLED.fullmatch(text.lower()):
            return cls.of("mac", text)
        return cls("port", text)

    @classmethod
    def of(cls, kind: str, value: str) -> Self:
        """Return an identity of a kind.

        Raises:
            BadInputError: the value is not of that kind.
        """
        if kind == "mac":
            if not _MAC.fullmatch(value.lower()):
                raise BadInputError(
                    f"{value!r} is no MAC address; write it as f4:12:fa:01:02:03 "
                    "('hil boards --probe' shows those of attached boards)."
                )
            digits = re.sub("[:-]", "", value.lower())
            return cls("mac", ":".join(re.findall("..", digits)))
        if not value:
            raise BadInputError(
                f"A board is named by its {kind}, but there is none; 'hil boards' shows them."
            )
        return cls(kind, value)

    def __str__(self) -> str:
        return self.value if self.kind == "port" else f"{self.kind}:{self.value}"

    def same(self, other: "Identity") -> bool:
        """Whether two of them say the same, as far as can be told without looking."""
        if self.kind == other.kind == "port":
            return same_port(self.value, other.value)
        return self._key() == other._key()

    @property
    def mac(self) -> str | None:
        """The MAC address: the USB serial number of an Espressif chip is one, too."""
        spelled = self.value.lower().replace("-", ":")
        return spelled if self.kind != "port" and _MAC_SPELLED.fullmatch(spelled) else None

    def _key(self) -> tuple[str, str]:
        return ("mac", self.mac) if self.mac else (self.kind, self.value.lower())
