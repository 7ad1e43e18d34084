# SPDX-License-Identifier: MIT
"""What packages register by entry points: found when it is named, and not before."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hil.errors import BadInputError, HilError, InfrastructureError
from hil.resources import PROJECT
from hil.rig.providers.named import provider_of

if TYPE_CHECKING:
    from importlib.metadata import EntryPoint


@dataclass(frozen=True)
class Seam:
    """A kind of thing that other packages may add to.

    Attributes:
        group: of entry points.
        what: such a thing is, in words.
        built_in: what this package registers there itself: it is found without a search, and
            nobody else's takes its place.
        methods: that such a thing must have.
    """

    group: str
    what: str
    built_in: dict[str, str]
    methods: tuple[str, ...]
    _made: dict[str, object] = field(default_factory=dict, repr=False, compare=False)

    def others(self) -> "dict[str, list[EntryPoint]]":
        """Return what other packages register, by name."""
        from importlib.metadata import entry_points  # which takes a while, as does the search

        found: dict[str, list[EntryPoint]] = {}
        for entry in entry_points(group=self.group):
            if entry.dist is None or entry.dist.name != PROJECT:
                found.setdefault(entry.name, []).append(entry)
        return found

    def knows(self, name: str) -> bool:
        """Whether a package that is installed registers such a name."""
        return name in self.built_in or name in self.others()

    def require(self, name: str) -> None:
        """Make sure that what is registered under a name can be used; raises as :meth:`make`."""
        if name not in self.built_in:
            self.make(name)

    def make(self, name: str) -> object:
        """Return what is registered under a name, the same for the whole process.

        Raises:
            BadInputError: nothing is, or by two packages, or it cannot be imported or made, or is
                none.
        """
        if name not in self._made:
            self._made[name] = self._make(name)
        return self._made[name]

    def _make(self, name: str) -> object:
        if (built_in := self.built_in.get(name)) is not None:
            module, _, attribute = built_in.partition(":")
            made: object = getattr(importlib.import_module(module), attribute)()
            return made
        others = self.others()
        entries = others.get(name, [])
        if not entries:
            known = ", ".join(f"{each} of {package(others[each][0])}" for each in sorted(others))
            raise BadInputError(
                f"There is no {self.what} {name!r} (other packages have {known or 'none'}); "
                "install the package that has it, or mend the name."
            )
        if len(entries) > 1:
            raise BadInputError(
                f"The {self.what} {name!r} is in {' and in '.join(map(package, entries))}; "
                "uninstall all but one."
            )
        return self._load(entries[0])

    def _load(self, entry: "EntryPoint") -> object:
        title = f"The {self.what} {entry.name!r} of {package(entry)}"
        try:
            factory = entry.load()
        except Exception as error:
            raise BadInputError(
                f"{title} cannot be imported ({_told(error)}); mend or uninstall that package."
            ) from error
        try:
            made: object = factory()
        except HilError:
            raise
        except Exception as error:
            raise BadInputError(
                f"{title} cannot be made ({_told(error)}); mend or uninstall that package."
            ) from error
        missing = [name for name in self.methods if not callable(getattr(made, name, None))]
        if missing:
            raise BadInputError(
                f"{title} is none: it has no {' and no '.join(missing)}; "
                "mend or uninstall that package."
            )
        return made

    @contextmanager
    def answering_for(self, name: str) -> Iterator[None]:
        """Make an error of the rig of whatever other people's code raises in a ``with`` block.

        What is built in raises what it means, and what this computer is short of.

        Raises:
            HilError: as it is.
            InfrastructureError: for all else.
        """
        if name in self.built_in:
            yield
            return
        try:
            yield
        except HilError:
            raise
        except Exception as error:
            where = " and ".join(map(package, self.others().get(name, ())))
            raise InfrastructureError(
                f"The {self.what} {name!r} of {where} failed ({_told(error)}); look at "
                "what it needs, or tell its authors."
            ) from error


BOARDS = Seam(
    "hil.boards",
    "board provider",
    {
        "virtual": "hil.device.virtual:VirtualBoards",
        "usb": "hil.rig.providers.attached:UsbBoards",
        "mac": "hil.rig.providers.attached:BoardsByMac",
        "serial": "hil.rig.providers.attached:BoardsBySerialNumber",
        "port": "hil.rig.providers.attached:BoardsByPort",
        "labgrid": "hil.labgrid.provider:LabgridBoards",
    },
    ("acquire", "offers"),
)
"""Providers of boards, see :class:`hil.rig.providers.interface.BoardProvider`."""

POWER = Seam(
    "hil.power",
    "power switch",
    {"command": "hil.rig.switches.command:CommandSwitch"},
    ("cycle",),
)
"""Power switches, see :class:`hil.rig.switches.interface.PowerSwitch`."""


def require_board(port: str) -> None:
    """Make sure that a board's provider can be used, and that its name means something to it.

    Nobody is asked for the board yet.

    Raises:
        BadInputError: there is no such provider, or it understands no such name.
    """
    provider, name = provider_of(port)
    BOARDS.require(provider)
    understand = getattr(BOARDS.make(provider), "understand", None)
    if understand is not None:
        with BOARDS.answering_for(provider):
            understand(name)


def package(entry: "EntryPoint") -> str:
    """Return name and version of the package that registers something."""
    return f"{entry.dist.name} {entry.dist.version}" if entry.dist else entry.value


def _told(error: Exception) -> str:
    return f"{type(error).__name__}: {error}".rstrip(": ")
