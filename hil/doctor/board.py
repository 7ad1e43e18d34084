# SPDX-License-Identifier: MIT
"""One real board of the rig: its port, its chip, its way to this computer."""

from hil.board.board import Board
from hil.console.info import BoardInfo
from hil.doctor.finding import Finding, State, bad, good, look, note
from hil.doctor.reach import reach
from hil.errors import HilError, PortBusyError, ProductFailure
from hil.flash.chip_fit import check_chip, check_flash_size, check_psram
from hil.rig.probe import probe_chip
from hil.rig.rig import BoardSpec
from hil.serialport.users import port_users

_MIB = 1 << 20
_ASK_S = 1.0


def board_findings(
    spec: BoardSpec, title: str, *, layout: int, probe: bool, network: bool
) -> list[Finding]:
    """Look at a board.

    Args:
        spec: which one.
        title: what to call it.
        layout: bytes of flash that it must have.
        probe: whether to ask the chip, which resets it.
        network: whether to try its way to this computer.
    """
    try:
        _check_users(spec.port)
        with Board.open(spec) as board:
            findings = [good(f"{title} port", f"{board.port} can be opened")]
            if probe:
                findings.append(_chip(board, title, layout))
            if findings[-1].state is not State.FAIL:
                findings += _firmware(board, title, layout, asked=probe, network=network)
            return findings
    except HilError as error:
        return [bad(f"{title} port", error)]


def _check_users(port: str) -> None:
    """Not every program locks a port that it reads from, and each byte goes to one reader."""
    if users := port_users(port):
        raise PortBusyError(f"{port} is open in {', '.join(users)} as well; end it.")


def _chip(board: Board, title: str, layout: int) -> Finding:
    check = f"{title} chip"
    if board.spec.reset == "none":
        return note(check, 'not asked: it has no reset lines (reset = "none", or a socket:// port)')
    return look(check, lambda: _ask(board, layout))


def _ask(board: Board, layout: int) -> str:
    with board.lend_port() as port:
        chip = probe_chip(port, board.spec.reset, line=board.spec.line)
    check_chip(chip.chip, secure_download=chip.secure_download)
    check_psram(has=chip.psram_size != 0)
    if chip.flash_size is not None:
        check_flash_size(chip.flash_size, layout)
    return str(chip)


def _firmware(
    board: Board, title: str, layout: int, *, asked: bool, network: bool
) -> list[Finding]:
    check = f"{title} firmware"
    try:
        info = BoardInfo.parse(board.console.request("info", timeout=_ASK_S))
    except ProductFailure as error:  # whatever is on it: a run flashes it
        advice = "a run flashes it" if asked else "a run flashes it; --probe asks the chip itself"
        return [note(check, f"{error} ({advice})")]
    findings = [look(check, lambda: _describe(info, layout))]
    if network:
        findings.append(_network(board, info, title))
    return findings


def _describe(info: BoardInfo, layout: int) -> str:
    check_psram(has=info.psram > 0)
    check_flash_size(info.flash, layout)
    return (
        f"{info.firmware} on {info.chip}, {info.flash // _MIB} MB flash, "
        f"{info.psram // _MIB} MB PSRAM, reset by {info.reset_reason}"
    )


def _network(board: Board, info: BoardInfo, title: str) -> Finding:
    if info.role not in ("head", "full") or info.slot != "ok":
        return note(f"{title} Wi-Fi", "not tried: the board has no head yet; a run flashes it")
    return look(f"{title} Wi-Fi", lambda: reach(board))
