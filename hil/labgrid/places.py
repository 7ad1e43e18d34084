# SPDX-License-Identifier: MIT
"""Places and serial ports, as the coordinator tells of them."""

from dataclasses import dataclass
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Any

from hil.errors import InfrastructureError, PortMissingError
from hil.labgrid.owner import shown_owner
from hil.rig.providers.named import PLACE

_SERIAL = "NetworkSerialPort"
"""The class of a serial port in the network; the exporter makes such a one of a USB port."""

Path = tuple[str, str, str]
"""Exporter, group and name of a resource."""


@dataclass(frozen=True)
class Resource:
    """Something that an exporter offers.

    Attributes:
        path: where it is.
        kind: labgrid's class of it.
        parameters: of such a thing, by name.
        available: whether it is there.
        behind: the computer through which alone it is reached; empty: none.
    """

    path: Path
    kind: str
    parameters: dict[str, Any]
    available: bool
    behind: str = ""

    @classmethod
    def of(cls, message: Any) -> "Resource":
        """Return what a message of the coordinator tells."""
        extra = _values(message.extra)
        return cls(
            path_of(message.path),
            message.cls,
            _values(message.params),
            message.avail,
            str(extra.get("proxy", "")) if extra.get("proxy_required") else "",
        )

    @property
    def is_serial(self) -> bool:
        """Whether a board's console may be behind it."""
        return self.kind == _SERIAL

    def __str__(self) -> str:
        exporter, group, name = self.path
        return f"{exporter}/{group}/{self.kind}/{name}"

    def url(self) -> str:
        """Return the serial port, as a URL of pyserial's.

        Raises:
            PortMissingError: it is not there.
            InfrastructureError: it cannot be reached from here.
        """
        host, port = self.parameters.get("host"), self.parameters.get("port")
        if not self.available or not host or not port:
            raise PortMissingError(
                f"The exporter says that {self} is not there; plug the board in, or look after its "
                "ser2net."
            )
        if self.behind:
            raise InfrastructureError(
                f"{self} is reached through {self.behind} only (its exporter is isolated); start "
                "the exporter without --isolated, or make its network known by a VPN."
            )
        kind = "socket" if self.parameters.get("protocol") == "raw" else "rfc2217"
        return f"{kind}://{f'[{host}]' if ':' in host else host}:{port}"


@dataclass(frozen=True)
class Place:
    """A place: a board, and what belongs to it.

    Attributes:
        name: of the place.
        tags: by which it is found; its name is one.
        holder: who has it, as he calls himself; empty: nobody.
        reservation: the token of who is to have it next; empty: nobody.
        changed: seconds of the epoch when it last changed hands or was altered.
        patterns: of the resources that belong to it: exporter, group, class and name or ``None``.
    """

    name: str
    tags: dict[str, str]
    holder: str
    reservation: str
    changed: float
    patterns: tuple[tuple[str, str, str, str | None], ...]

    @classmethod
    def of(cls, message: Any) -> "Place":
        """Return what a message of the coordinator tells."""
        return cls(
            message.name,
            {**message.tags, PLACE: message.name},
            message.acquired,
            message.reservation,
            message.changed,
            tuple(
                (each.exporter, each.group, each.cls, each.name if each.HasField("name") else None)
                for each in message.matches
            ),
        )

    def owns(self, resource: Resource) -> bool:
        """Whether a resource belongs to it."""
        exporter, group, name = resource.path
        return any(
            fnmatchcase(exporter, pattern[0])
            and fnmatchcase(group, pattern[1])
            and fnmatchcase(resource.kind, pattern[2])
            and (not pattern[3] or fnmatchcase(name, pattern[3]))
            for pattern in self.patterns
        )

    @property
    def held(self) -> str:
        """Who has it and since when, in words; empty: nobody."""
        if not self.holder:
            return ""
        since = datetime.fromtimestamp(self.changed).astimezone().isoformat(timespec="seconds")
        return f"{shown_owner(self.holder)} since {since}"

    def serial_port(self, resources: "list[Resource]") -> Resource:
        """Return the one serial port that belongs to it.

        Args:
            resources: that there are.

        Raises:
            PortMissingError: there is none.
            InfrastructureError: there are several.
        """
        ports = [each for each in resources if each.is_serial and self.owns(each)]
        if not ports:
            exporters = " or ".join(sorted({pattern[0] for pattern in self.patterns}))
            missing = f"no exporter {exporters} offers it one" if exporters else "it has no match"
            raise PortMissingError(
                f"The place {self.name} of labgrid has no serial port now ({missing}); start its "
                "exporter, or mend what the place matches (labgrid-client add-match)."
            )
        if len(ports) > 1:
            raise InfrastructureError(
                f"The place {self.name} of labgrid has several serial ports "
                f"({', '.join(map(str, ports))}); make a place for each board."
            )
        return ports[0]

    def problem(self, resources: "list[Resource]") -> str | None:
        """Return why its board cannot be used though nobody has it, in a sentence."""
        try:
            port = self.serial_port(resources)
        except InfrastructureError as error:
            return str(error)
        if not port.available:
            return f"The exporter says that {port} is not there; plug the board in."
        return None


def path_of(message: Any) -> Path:
    """Return where a resource is."""
    return message.exporter_name, message.group_name, message.resource_name


def _values(parameters: Any) -> dict[str, Any]:
    return {
        name: getattr(value, kind)
        for name, value in parameters.items()
        if (kind := value.WhichOneof("kind")) is not None
    }
