# SPDX-License-Identifier: MIT
"""Which boards a session over several of them may have, in order, by options and ``hil.toml``."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from hil.errors import BadInputError
from hil.rig.choice import choose_first
from hil.rig.entry import BoardEntry
from hil.rig.file import RigFile
from hil.rig.identity import USB, VIRTUAL
from hil.rig.providers.extensions import BOARDS
from hil.rig.providers.having import is_extension, offers
from hil.rig.providers.interface import Offer, Wanted
from hil.rig.providers.named import place_of, provider_of
from hil.rig.quarantine import Refusals, refusal_of
from hil.serialport.ports import discover_ports

_OPTION = "--hil-board"
_FEWER = "name more of them, or take fewer workers (-n)."


@dataclass(frozen=True)
class Candidates:
    """Boards by the names under which :func:`hil.rig.rig.find_board` finds them.

    Attributes:
        firsts: those that may be under test.
        seconds: those that may only stand beside one.
        any_of: a name under which there may be several boards; empty: each name is one board.
        there: how many there are of that; ``None``: nobody can tell.
        free: how many of them nobody has.
        source: who says so, for sentences.
        aside: why boards are not among them that are set aside, as sentences.
    """

    firsts: tuple[str, ...] = ()
    seconds: tuple[str, ...] = ()
    any_of: str = ""
    there: int | None = None
    free: int | None = None
    source: str = "named"
    aside: tuple[str, ...] = ()

    @property
    def virtual(self) -> bool:
        """Whether each process starts boards of its own, as many as it likes."""
        return self.any_of == VIRTUAL

    @classmethod
    def find(cls, named: Sequence[str], directories: Sequence[Path] = ()) -> Self:
        """Find out which boards are meant.

        Args:
            named: by options; if none are, every dut of ``hil.toml`` is meant, or else as many
                virtual ones as wanted.
            directories: where ``hil.toml`` may be, see :meth:`hil.rig.file.RigFile.find`.

        Raises:
            BadInputError: ``hil.toml`` or a provider cannot be used, or they do not go together.
            InfrastructureError: a provider cannot tell.
        """
        file = RigFile.find(directories)
        if not named:
            return cls._of_file(file)
        if list(named) == [USB]:
            return cls._attached(file)
        entries = [choose_first(file, each) for each in named]
        virtual = [each.identity.value == VIRTUAL for each in entries]
        if any(virtual):
            if not all(virtual):
                raise BadInputError(
                    f"{_OPTION} names virtual boards and others; one session tests either."
                )
            return cls(any_of=VIRTUAL)
        if len(entries) == 1 and is_extension(entries[0].identity.value):
            counted = _count(entries[0].identity.value, file.coordinator)
            there, free = counted or (None, None)
            return cls(any_of=named[0], there=there, free=free)
        return cls(*_by_role(zip(named, entries, strict=True)))

    @classmethod
    def _of_file(cls, file: RigFile) -> Self:
        entries = file.with_role("dut")
        if not entries or any(each.identity.value == VIRTUAL for each in entries):
            choose_first(file, None)  # which says what is wrong, if anything is
            return cls(any_of=VIRTUAL)
        others = [each for each in file.boards if {"peer", "gateway"}.intersection(each.roles)]
        names = ((_name(each), each) for each in (*entries, *others))
        return cls(*_by_role(names), source=str(file.path))

    @classmethod
    def _attached(cls, file: RigFile) -> Self:
        ports = discover_ports()
        ports = [port for port in ports if port.is_esp] or ports
        known = [(port.stable_name, file.on_port(port)) for port in ports]
        named = [(_name(entry) if entry is not None else name, entry) for name, entry in known]
        return cls(*_by_role(named), source="attached by USB")

    def in_use(self, directories: Sequence[Path] = ()) -> Self:
        """Return them without those that are set aside; all of them, if all of these are.

        Args:
            directories: as of :meth:`find`.

        Raises:
            InfrastructureError: what is known of one cannot be read.
        """
        file = RigFile.find(directories)
        why = {each: refusal_of(file, each) for each in (*self.firsts, *self.seconds)}
        firsts, seconds = (
            tuple(each for each in names if why[each] is None)
            for names in (self.firsts, self.seconds)
        )
        if not firsts:
            return self
        aside = tuple(f"{each} is not taken: {said}" for each, said in why.items() if said)
        return replace(self, firsts=firsts, seconds=seconds, aside=aside)

    def suffice_for(self, per_worker: int) -> int | None:
        """Return for how many workers there are boards that nobody has; ``None``: for any number.

        Args:
            per_worker: boards that each is to have.
        """
        if self.any_of:
            return None if self.free is None else self.free // per_worker
        both = len(self.firsts) + len(self.seconds)
        return len(self.firsts) if per_worker == 1 else min(len(self.firsts), both // per_worker)

    def require(self, workers: int, per_worker: int) -> None:
        """Make sure that there are enough.

        Raises:
            BadInputError: there are fewer; the sentence names them.
        """
        enough = self.suffice_for(per_worker)
        if self.any_of:  # those that somebody has may be waited for
            enough = None if self.there is None else self.there // per_worker
        if enough is None or enough >= workers:
            return
        need = workers * per_worker
        who = f"{workers} worker{'s need' if workers > 1 else ' needs'} {_boards(need)}"
        if per_worker > 1:
            who += f", {per_worker} each"
        if self.any_of:
            there = f"there {'is' if self.there == 1 else 'are'} {self.there} of {self.any_of}"
            raise BadInputError(f"{who}, and {there} that can be used; {_FEWER}")
        names = (*self.firsts, *(self.seconds if per_worker > 1 else ()))
        there = f"there {'is' if len(names) == 1 else 'are'} {len(names)}"
        which = f"{self.source}: {', '.join(names)}" if names else self.source
        raise BadInputError(f"{who}, and {there} ({which}); {_FEWER}")


def _boards(number: int) -> str:
    return f"{number} board{'s' if number > 1 else ''}"


def _name(entry: BoardEntry) -> str:
    return entry.name or str(entry.identity)


def _by_role(
    named: Iterable[tuple[str, BoardEntry | None]],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the names of boards that may be under test, and of those that may not."""
    firsts: list[str] = []
    seconds: list[str] = []
    for name, entry in named:
        second = entry is not None and entry.roles and "dut" not in entry.roles
        (seconds if second else firsts).append(name)
    return tuple(firsts), tuple(seconds)


def _count(port: str, coordinator: str | None) -> tuple[int, int] | None:
    """Return how many boards of a provider's a name means, and how many of them nobody has.

    Those that are out of order, or set aside, do not count. A provider whose names may mean several
    boards says by ``matching`` which. Of one without it, a name that it offers is one board, and an
    empty one all that it offers; of another name nobody can tell.
    """
    provider, name = provider_of(port)
    matching = getattr(BOARDS.make(provider), "matching", None)
    with BOARDS.answering_for(provider):
        if matching is not None:
            found: list[Offer] = list(matching(name, Wanted(coordinator=coordinator)))
        else:
            found = [each for each in offers(provider) if name in ("", each.name)]
    if matching is None and not found:
        return None
    refusals = Refusals()
    usable = [
        each
        for each in found
        if not each.problem and refusals.of(place_of(f"{provider}:{each.name}")) is None
    ]
    return len(usable), sum(not each.holder for each in usable)
