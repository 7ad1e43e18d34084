# SPDX-License-Identifier: MIT
"""All checks, from the ground up."""

from collections.abc import Callable, Iterator
from pathlib import Path

from hil.budgets import Budgets
from hil.budgets.file import FILE_NAME
from hil.doctor.board import board_findings
from hil.doctor.build import build_finding
from hil.doctor.extensions import extension_findings
from hil.doctor.finding import Finding, bad, look, note
from hil.doctor.host import bluetooth, host_findings
from hil.doctor.ports import port_findings
from hil.errors import HilError
from hil.links import IP_LINKS, LINKS
from hil.rig.hci import reaches_by_own_radio
from hil.rig.rig import Rig


def examine(
    find: Callable[[], Rig],
    *,
    firmware: Path | None = None,
    via: tuple[str, ...] = LINKS,
    probe: bool = False,
) -> Iterator[Finding]:
    """Yield what is found, as it is found.

    Args:
        find: returns the rig, or raises what is wrong with its description.
        firmware: build that a run would write, if it is named.
        via: the links that a run would test.
        probe: whether boards may be reset, to ask the chips themselves.
    """
    yield from host_findings()
    yield from extension_findings()
    if (budgets := Path(FILE_NAME)).exists():
        yield look("budgets", lambda: _budgets(budgets))
    try:
        rig = find()
    except HilError as error:
        yield bad("rig", error)
        yield from port_findings(())
        return
    build, layout = build_finding(firmware, rig.board.port)
    if firmware or not rig.board.virtual:
        yield build
    if rig.board.virtual:
        yield look("lab", _lab)
        yield from port_findings(())
        if "ble" in via and reaches_by_own_radio(rig.board.hci):
            yield look("Bluetooth", bluetooth)
        return
    boards = rig.specs()
    for spec, roles in boards:
        network = spec == rig.board and any(link in via for link in IP_LINKS)
        yield from board_findings(
            spec, spec.name or roles[0], layout=layout, probe=probe, network=network
        )
    yield from port_findings([spec.port for spec, _ in boards])
    for link in via:
        if why := rig.lacks_for(link):
            yield note(link, f"will be skipped: {why}")
    if "ble" in via:
        yield look("Bluetooth", bluetooth)


def _budgets(path: Path) -> str:
    sections = len(Budgets.load(path).latency)
    return f"{path.absolute()} has limits of {sections} boards and models"


def _lab() -> str:
    from hil.sim.kernels import has_arena
    from hil.sim.process import Lab

    with Lab.start() as lab:
        said = f"a virtual {lab.boards[0].chip} can be started; all its times are simulated"
    if has_arena():
        return said
    return f"{said}; it runs reference kernels without an arena (no TensorFlow Lite Micro here)"
