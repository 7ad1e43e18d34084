# SPDX-License-Identifier: MIT
"""Which boards are meant, and what they need: options, the environment, ``hil.toml``."""

import os
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Self

from hil.errors import BadInputError, PortMissingError
from hil.rig.choice import choose_first, choose_second, described
from hil.rig.entry import BoardEntry
from hil.rig.file import RigFile
from hil.rig.hci import checked_hci
from hil.rig.identity import VIRTUAL, Identity
from hil.rig.lookup import OnWait, find_port
from hil.rig.providers.extensions import require_board
from hil.rig.providers.interface import Lender
from hil.rig.providers.named import is_any
from hil.rig.wifi import WifiCredentials, credentials
from hil.serialport.line import USUAL, Line
from hil.serialport.ports import same_port

BOARD_VARIABLE = "HIL_BOARD"


@dataclass(frozen=True)
class BoardSpec:
    """Which board, and what it needs.

    Attributes:
        port: ``virtual``, a device, a pyserial URL, or ``PROVIDER:NAME`` for a board of another
            package's provider, which has a port when it is open.
        wifi: what the board joins; ``None`` for a virtual board, whose lab has its own.
        edge_host: address of this host as the board sees it; ``None``: find it out.
        name: in ``hil.toml``; empty if it has none.
        mac: base MAC address, lower case with colons, where it was named by that.
        baud: highest line rate, in baud; ``None``: 921,600.
        reset: ``auto``, ``uart``, ``usb-jtag`` or ``none``, see :mod:`hil.serialport.reset`.
        line: what is unusual about the board's line.
        power_cycle: command line, run without a shell, that switches this board's USB port off
            and on.
        psram: whether it is said to have PSRAM, so that it is an error if it has none.
        wait_s: seconds to wait while another process holds the board.
        hci: by which radio it is reached over BLE, as an option says, see
            :mod:`hil.rig.hci`.
        auth: whether its links are authenticated, where its firmware knows how.
        lender: of a board that another process lends, whom to ask about it.
        coordinator: of labgrid, as ``hil.toml`` names it.
        place: where it is in a farm, by its provider's name for it; empty for a board at hand.
    """

    port: str = VIRTUAL
    wifi: WifiCredentials | None = None
    edge_host: str | None = None
    name: str = field(default="", kw_only=True)
    mac: str | None = field(default=None, kw_only=True)
    baud: int | None = field(default=None, kw_only=True)
    reset: str = field(default="auto", kw_only=True)
    line: Line = field(default=USUAL, kw_only=True)
    power_cycle: str | None = field(default=None, kw_only=True)
    psram: bool = field(default=False, kw_only=True)
    wait_s: float = field(default=0.0, kw_only=True)
    hci: str | None = field(default=None, kw_only=True)
    auth: bool = field(default=True, kw_only=True)
    lender: Lender | None = field(default=None, kw_only=True, compare=False, repr=False)
    coordinator: str | None = field(default=None, kw_only=True)
    place: str = field(default="", kw_only=True)

    def __str__(self) -> str:
        return f"{self.name} at {self.port}".lstrip()

    @property
    def virtual(self) -> bool:
        """Whether a lab with a virtual board is to be started."""
        return self.port == VIRTUAL


@dataclass(frozen=True)
class Rig:
    """The boards that are meant.

    Attributes:
        board: the one under test.
        peer: the one that runs the tail; ``None`` where the edge server does.
        gateway: the one that carries ESP-NOW to this host; may be the peer; ``None`` if there is
            no second board.
        shaping: what a link file says of the links of virtual boards; ``None``: the presets.
    """

    board: BoardSpec = BoardSpec()
    peer: BoardSpec | None = None
    gateway: BoardSpec | None = BoardSpec()
    shaping: dict[str, object] | None = None

    @classmethod
    def find(
        cls,
        board: str | None = None,
        *,
        peer: str | None = None,
        gateway: str | None = None,
        shaping: dict[str, object] | None = None,
        hci: str | None = None,
        directories: Sequence[Path] = (),
        wait_s: float = 0.0,
        on_wait: OnWait | None = None,
        needs_wifi: bool = True,
        absent_ok: bool = False,
        auth: bool = True,
    ) -> Self:
        """Return the boards that are meant, each with its port.

        A second board that is not attached is missed when it is needed, see
        :meth:`hil.board.bench.OpenRig.second`.

        A board is named by its name in ``hil.toml``, ``mac:ADDRESS``, ``serial:NUMBER``, a device,
        a URL, ``PROVIDER:NAME``, ``usb`` (the dut of ``hil.toml``, or the only one attached) or
        ``virtual``.

        Args:
            board: named by an option, if any; then ``HIL_BOARD``, then ``hil.toml``, then virtual.
            peer: named by an option, if any; then ``hil.toml``, then none.
            gateway: likewise; then the peer, then beside a virtual board another one. One that is
                the peer's port by another name is the peer.
            shaping: what a link file says of the links of virtual boards, see
                :func:`hil.sim.radio.link_file.read_link_file`.
            hci: named by an option, if any: by which radio boards are reached over BLE.
            directories: where ``hil.toml`` may be, see :meth:`hil.rig.file.RigFile.find`.
            wait_s: seconds to wait for boards that another process holds.
            on_wait: called before waiting, where that is needed to find a board.
            needs_wifi: whether real boards will have to join the access point.
            absent_ok: whether the board under test, too, is to be given if it is not attached, with
                ``mac:ADDRESS`` or the like for its port.
            auth: whether links are to be authenticated, unless ``hil.toml`` says not.

        Raises:
            BadInputError: a file cannot be understood, its password is not set, a name is
                unknown, or the boards do not go together.
            PortMissingError: a board is not attached, or it is not clear which is meant.
            BoardBusyError: one can only be told by asking it, and another process holds it.
        """
        file = RigFile.find(directories)
        first = choose_first(file, board or os.environ.get(BOARD_VARIABLE))
        virtual = first.identity.value == VIRTUAL
        alone = BoardSpec(wait_s=wait_s, hci=checked_hci(hci), auth=auth and file.auth)
        around = alone if virtual else _surroundings(file, needs_wifi, alone)
        seconds: dict[str, BoardSpec] = {}
        for role, named in (("peer", peer), ("gateway", gateway)):
            entry = choose_second(file, role, named, first)
            if entry is not None:
                _check_kind(first.identity, role, entry)
                seconds[role] = _locate(file, entry, around, on_wait, absent_ok=True)
        taken = [spec.port for spec in seconds.values()]
        under_test = _locate(file, first, around, on_wait, taken, absent_ok=absent_ok)
        for role, named in (("peer", peer), ("gateway", gateway)):
            spec = seconds.get(role)
            if spec is None or virtual or not same_port(under_test.port, spec.port):
                continue
            if is_any(spec.port):
                continue
            if named is not None:
                raise BadInputError(
                    f"The board and the {role} are both at {spec.port}; attach another and name "
                    "its port."
                )
            if first in file.boards:
                raise BadInputError(
                    f"{file.path} describes the board at {spec.port} twice, as dut and as {role}; "
                    "leave one out, or mend what it says of the other."
                )
            del seconds[role]  # the second board of the file is the one under test this time
        beside = alone if virtual else None
        if shaping is not None and not under_test.virtual:
            raise BadInputError(
                "A link file shapes the links of virtual boards, and the board at "
                f"{under_test.port} is not one that hil starts; leave it out."
            )
        return cls(under_test, seconds.get("peer"), _gateway(seconds) or beside, shaping)

    def specs(self) -> list[tuple[BoardSpec, tuple[str, ...]]]:
        """Return each board once, with its roles."""
        boards: list[tuple[BoardSpec, tuple[str, ...]]] = [(self.board, ("dut",))]
        if self.peer is not None:
            also = ("gateway",) if self.gateway == self.peer else ()
            boards.append((self.peer, ("peer", *also)))
        if self.gateway is not None and self.gateway != self.peer:
            boards.append((self.gateway, ("gateway",)))
        return boards

    def lacks_for(self, via: str) -> str | None:
        """Return what is missing for a link, as half a sentence; ``None`` if it can be had."""
        if via != "espnow" or self.peer or self.gateway:
            return None
        return (
            "ESP-NOW needs a second board as gateway to this host: attach one and name its port by "
            "--gateway (pytest: --hil-gateway) or in hil.toml"
        )


def find_board(
    named: str | None = None,
    *,
    directories: Sequence[Path] = (),
    wait_s: float = 0.0,
    on_wait: OnWait | None = None,
) -> BoardSpec:
    """Return one board, to be flashed or looked at: no other is looked for, and it joins nothing.

    Args and errors are those of :meth:`Rig.find`.
    """
    file = RigFile.find(directories)
    first = choose_first(file, named or os.environ.get(BOARD_VARIABLE))
    if first.identity.value == VIRTUAL:
        return BoardSpec(wait_s=wait_s)
    around = _surroundings(file, False, BoardSpec(wait_s=wait_s))
    others = [entry.identity for entry in file.boards if entry is not first]
    taken = [identity.value for identity in others if identity.kind == "port"]
    return _locate(file, first, around, on_wait, taken)


def _locate(
    file: RigFile,
    entry: BoardEntry,
    around: BoardSpec,
    on_wait: OnWait | None,
    taken: Sequence[str] = (),
    *,
    absent_ok: bool = False,
) -> BoardSpec:
    """Return a board with its port, or with its identity for one that is not there.

    Which port a board of another package's has shows when it is had; here its provider is loaded.
    """
    if entry.identity.kind == "port":
        require_board(entry.identity.value)
    try:
        port = find_port(entry.identity, taken=taken, wait_s=around.wait_s, on_wait=on_wait)
    except PortMissingError:
        if not absent_ok:
            raise
        port = str(entry.identity)
    known = described(file, entry, port)
    return replace(
        around,
        port=port,
        name=known.name,
        mac=entry.identity.mac or known.identity.mac,
        baud=known.baud,
        reset=known.reset,
        line=known.line,
        power_cycle=known.power_cycle,
        psram=known.psram,
    )


def _gateway(seconds: dict[str, BoardSpec]) -> BoardSpec | None:
    """Return the gateway: the peer, if none is named or it is that by another name."""
    peer, gateway = seconds.get("peer"), seconds.get("gateway")
    if peer is not None and (gateway is None or same_port(peer.port, gateway.port)):
        return peer
    return gateway


def _check_kind(first: Identity, role: str, second: BoardEntry) -> None:
    """Raise BadInputError where of two boards only one is virtual."""
    if (first.value == VIRTUAL) != (second.identity.value == VIRTUAL):
        raise BadInputError(
            f"The board is {first} and the {role} {second.identity}, but a virtual board and a "
            "real one cannot hear each other; name two of a kind."
        )


def _surroundings(file: RigFile, needs_wifi: bool, alone: BoardSpec) -> BoardSpec:
    """Return what all real boards have in common, beside what virtual ones have."""
    return replace(
        alone,
        wifi=credentials(file, needs_wifi),
        edge_host=file.edge_host,
        coordinator=file.coordinator,
    )
