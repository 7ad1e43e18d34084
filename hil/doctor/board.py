# SPDX-License-Identifier: MIT
"""One real board of the rig: its port, its chip, its way to this computer."""

from hil.board import Board
from hil.board_info import BoardInfo
from hil.doctor.finding import Finding, bad, good, look, note
from hil.doctor.reach import reach
from hil.errors import HilError, ProductFailure, WrongChipError
from hil.rig import BoardSpec

_MIB = 1 << 20
_ASK_S = 1.0


def board_findings(spec: BoardSpec, title: str, *, probe: bool, network: bool) -> list[Finding]:
    """Look at a board.

    Args:
        spec: which one.
        title: what to call it.
        probe: whether to ask the chip, which resets it.
        network: whether to try its way to this computer.
    """
    try:
        with Board.open(spec) as board:
            findings = [good(f"{title} port", f"{board.port} can be opened")]
            return findings + _inside(board, title, probe=probe, network=network)
    except HilError as error:
        return [bad(f"{title} port", error)]


def _inside(board: Board, title: str, *, probe: bool, network: bool) -> list[Finding]:
    findings = []
    if probe:
        findings.append(look(f"{title} chip", lambda: _probe(board)))
    try:
        info = BoardInfo.parse(board.console.request("info", timeout=_ASK_S))
    except ProductFailure as error:  # whatever is on it: a run flashes it
        advice = "a run flashes it" if probe else "a run flashes it; --probe asks the chip itself"
        return [*findings, note(f"{title} firmware", f"{error} ({advice})")]
    firmware = f"{info.firmware} on {info.chip}, {_sizes(info)}, reset by {info.reset_reason}"
    findings.append(look(f"{title} firmware", lambda: _fit(info, firmware)))
    if network:
        findings.append(_network(board, info, title))
    return findings


def _sizes(info: BoardInfo) -> str:
    return f"{info.flash // _MIB} MB flash, {info.psram // _MIB} MB PSRAM"


def _fit(info: BoardInfo, text: str) -> str:
    if info.psram == 0:
        raise WrongChipError(
            "The board has no PSRAM, which TFLM's arena needs; use a module such as N16R8."
        )
    return text


def _probe(board: Board) -> str:
    from hil.chip_probe import probe_chip

    with board.lend_port() as port:
        chip = probe_chip(port, board.spec.reset)
    return f"{chip}"


def _network(board: Board, info: BoardInfo, title: str) -> Finding:
    if info.role not in ("head", "full") or info.slot != "ok":
        return note(f"{title} Wi-Fi", "not tried: the board has no head yet; a run flashes it")
    return look(f"{title} Wi-Fi", lambda: reach(board))
