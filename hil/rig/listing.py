# SPDX-License-Identifier: MIT
"""What is known of the boards that are attached, and of those that ``hil.toml`` describes."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from hil.errors import BadInputError, InfrastructureError
from hil.resources import PROJECT
from hil.rig.entry import BoardEntry
from hil.rig.file import RigFile
from hil.rig.holder import Holder
from hil.rig.identity import VIRTUAL, Identity
from hil.rig.lock import holder
from hil.rig.lookup import OnWait
from hil.rig.probe import Chip, probe_chip
from hil.rig.providers.extensions import BOARDS, package
from hil.rig.providers.having import is_extension, offers
from hil.rig.providers.named import LABGRID, provider_of
from hil.serialport.line import USUAL
from hil.serialport.permission import may_open, permission_sentence
from hil.serialport.ports import SerialPort, discover_ports


@dataclass(frozen=True)
class ListedBoard:
    """A port, or a board of ``hil.toml`` that is on none of them.

    Attributes:
        port: device or URL; ``None``: not attached.
        usb: what USB says of the port; ``None`` for a URL.
        mac: base MAC address, where the chip or its USB serial number tells.
        entry: what ``hil.toml`` says.
        holder: who holds it.
        chip: what the chip says, if it was asked.
        problem: why it cannot be used or asked, in a sentence.
        provider: the name of another package's provider that offers it, and that package.
        taken_by: who holds it, as its provider says; empty: nobody.
        tags: of a place of labgrid's.
    """

    port: str | None
    usb: SerialPort | None = None
    mac: str | None = None
    entry: BoardEntry | None = None
    holder: Holder | None = None
    chip: Chip | None = None
    problem: str | None = None
    provider: tuple[str, str] | None = None
    taken_by: str = ""
    tags: Mapping[str, str] = field(default_factory=dict)


def list_boards(
    file: RigFile, *, probe: bool = False, wait_s: float = 0.0, on_wait: OnWait | None = None
) -> Iterator[ListedBoard]:
    """Yield the attached ports first, then the rest of a file's boards, then what others offer.

    Args:
        file: ``hil.toml``.
        probe: whether to ask the chips, which resets them.
        wait_s: seconds to wait for one that another process holds, to ask it.
        on_wait: called before that.

    Raises:
        InfrastructureError: the lock directory cannot be used.
    """

    def look(
        port: str, usb: SerialPort | None, mac: str | None, entry: BoardEntry | None
    ) -> ListedBoard:
        held, chip, problem = holder(port), None, None
        if usb is not None and not may_open(port):
            problem = permission_sentence(port)
        elif probe:
            try:
                reset = entry.reset if entry else "auto"
                line = entry.line if entry else USUAL
                chip = probe_chip(port, reset, line=line, wait_s=wait_s, on_wait=on_wait)
                mac = chip.mac or mac
            except (BadInputError, InfrastructureError) as error:
                problem = str(error)
        return ListedBoard(port, usb, mac, entry or file.with_mac(mac), held, chip, problem)

    listed = []
    for usb in discover_ports():
        mac = Identity("serial", usb.serial_number).mac if usb.serial_number else None
        listed.append(look(usb.device, usb, mac, file.on_port(usb)))
        yield listed[-1]
    for entry in file.boards:
        kind, value = entry.identity.kind, entry.identity.value
        if value == VIRTUAL or any(each.entry is entry for each in listed):
            continue
        if kind == "port" and is_extension(value):
            continue
        if kind == "port" and "://" in value:
            yield look(value, None, None, entry)
        else:
            hidden = kind == "mac" and not probe and any(not each.mac for each in listed)
            yield ListedBoard(None, None, entry.identity.mac, entry, problem=_absent(entry, hidden))

    yield from _offered(file)


def list_places(file: RigFile) -> Iterator[ListedBoard]:
    """Yield the places of labgrid's coordinator; raises InfrastructureError if it cannot tell."""
    for offer in offers(LABGRID):
        port = f"{LABGRID}:{offer.name}"
        yield ListedBoard(
            port,
            entry=next((each for each in file.boards if each.identity.value == port), None),
            problem=offer.problem,
            provider=(LABGRID, PROJECT),
            taken_by=offer.holder,
            tags=offer.tags,
        )


def _offered(file: RigFile) -> Iterator[ListedBoard]:
    """Yield the boards of other packages' providers, and a file's that none of them offers."""
    left = [e for e in file.boards if e.identity.kind == "port" and is_extension(e.identity.value)]
    for name, entries in sorted(BOARDS.others().items()):
        packages = " and ".join(map(package, entries))
        try:
            found = offers(name)
        except (BadInputError, InfrastructureError) as error:
            yield ListedBoard(f"{name}:", problem=str(error), provider=(name, packages))
            continue
        for offer in found:
            port = f"{name}:{offer.name}"
            entry = next((each for each in left if each.identity.value == port), None)
            left = [each for each in left if each is not entry]
            yield ListedBoard(
                port,
                mac=offer.chip.mac if offer.chip else None,
                entry=entry,
                chip=offer.chip,
                problem=offer.problem,
                provider=(name, packages),
                taken_by=offer.holder,
            )
    for entry in left:
        yield ListedBoard(None, entry=entry, problem=_unoffered(entry))


def _unoffered(entry: BoardEntry) -> str:
    if provider_of(entry.identity.value)[0] == LABGRID:
        return f"{entry.identity} is looked for when it is used; --labgrid lists the places."
    return f"{entry.identity} is offered by nobody."


def _absent(entry: BoardEntry, hidden: bool) -> str:
    if hidden:
        return f"{entry.identity} is not seen; --probe asks the chips behind bridges."
    return f"{entry.identity} is not attached; plug it in."
