# SPDX-License-Identifier: MIT
"""What a process is told of boards that it is lent, as plain values.

The access point's password is not among them: every process has it from where it stands.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from hil.errors import BadInputError
from hil.rig.file import RigFile
from hil.rig.hci import checked_hci
from hil.rig.lock import borrow
from hil.rig.providers.interface import Lender
from hil.rig.rig import BoardSpec, Rig
from hil.rig.wifi import credentials
from hil.serialport.line import Line

_UNTOLD = ("wifi", "hci", "auth", "line", "lender")
_ROLES = ("board", "peer", "gateway")


@dataclass(frozen=True)
class Lot:
    """The boards that one process is lent.

    Attributes:
        rig: which, by their roles.
        held: ports of those that the lender has acquired; of the others the process takes care.
    """

    rig: Rig
    held: tuple[str, ...] = field(default=())

    def __str__(self) -> str:
        boards = [spec for spec, _ in self.rig.specs() if spec.port in self.held]
        return " and ".join(spec.name or spec.port for spec in boards)

    def values(self) -> dict[str, Any]:
        """Return it as JSON can have it."""
        specs = {role: getattr(self.rig, role) for role in _ROLES}
        told = {role: _values(spec) for role, spec in specs.items() if spec is not None}
        return {"boards": told, "held": list(self.held)}


@dataclass(frozen=True)
class Loan:
    """What a process is told.

    Attributes:
        values: as :meth:`Lot.values` gives them.
        lender: returns whom to ask about the board at a port.
    """

    values: Mapping[str, Any]
    lender: Callable[[str], Lender]


def lent(
    loan: Loan,
    file: RigFile,
    *,
    shaping: dict[str, object] | None = None,
    hci: str | None = None,
    auth: bool = True,
) -> Rig:
    """Return the boards that this process is lent, which it has from now on.

    Args:
        loan: what it is told.
        file: ``hil.toml``, for what the boards join.
        shaping: what a link file says.
        hci: as of :meth:`hil.rig.rig.Rig.find`.
        auth: likewise.

    Raises:
        BadInputError: the access point's password is not there, or the radio is none.
        InfrastructureError: the lock directory cannot be used.
    """
    around: dict[str, Any] = {
        "wifi": credentials(file, True),
        "hci": checked_hci(hci),
        "auth": auth and file.auth,
    }
    for port in loan.values["held"]:
        borrow(port)
    specs = {role: replace(_spec(each), **around) for role, each in loan.values["boards"].items()}
    for role, spec in specs.items():
        if spec.port in loan.values["held"]:
            specs[role] = replace(spec, lender=loan.lender(spec.port))
    if shaping is not None:
        raise BadInputError(
            "A link file shapes the links of virtual boards, and the board at "
            f"{specs['board'].port} is not one that hil starts; leave it out."
        )
    return Rig(specs["board"], specs.get("peer"), specs.get("gateway"))


def _values(spec: BoardSpec) -> dict[str, Any]:
    told = {each.name: getattr(spec, each.name) for each in fields(spec)}
    line = asdict(spec.line)
    return {name: value for name, value in told.items() if name not in _UNTOLD} | {"line": line}


def _spec(values: Mapping[str, Any]) -> BoardSpec:
    return BoardSpec(**{**values, "line": Line(**values["line"])})
