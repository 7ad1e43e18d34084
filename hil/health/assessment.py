# SPDX-License-Identifier: MIT
"""What a session's results say of a board's health, and what of it is too much. Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from hil.crash.report import UNASKED
from hil.crash.reset_reason import BY_SUPPLY_OR_EN, SUPPLY, parse_start
from hil.crash.signs import Sign
from hil.health.entry import LONGEST, Compared, Session, Signs
from hil.health.limits import HealthLimits
from hil.health.remarks import is_retry
from hil.host.shortened import shortened

ERRORS = ("FlashingError", "ResetError", "PortMissingError", "ConsoleError")
"""Errors of the rig that are a board's, or its cable's. The others are of this computer, its radio,
its access point, or say that another board is there than was meant."""

_FEWEST_LOST = 2


def assess(document: Mapping[str, Any], port: str, explained: int = 0) -> Signs:
    """Return what a session's results say of the board under test.

    Panics, failed tests and figures beyond their budgets are the product's, and no sign of a sick
    board.

    Args:
        document: by ``docs/results.schema.json``, of one board.
        port: of the board, as the document's notes have it.
        explained: messages that were lost because a test impaired its link.
    """
    errors = [each for each in document["errors"] if _is_boards(each)]
    mine = [each["message"] for each in errors if each["kind"] == "infrastructure"]
    notes = _notes(document, port)
    lost, asked = _messages(document)
    if document["budgets"]["link_file"] is not None:
        explained = lost  # the file says how many; boards that one shapes end with their session
    return Signs(
        tests=sum(each["outcome"] != "skipped" for each in document["tests"]),
        retries=sum(map(is_retry, notes)),
        resets=sum(map(_blames_supply, notes)) + len(errors) - len(mine),
        errors=len(mine),
        error=shortened(mine[0], LONGEST) if mine else "",
        lost=max(0, lost - explained),
        asked=asked,
    )


def assess_second(document: Mapping[str, Any], port: str) -> Signs:
    """Return what they say of a second board, of which they have nothing but notes."""
    notes = _notes(document, port)
    return Signs(retries=sum(map(is_retry, notes)), resets=sum(map(_blames_supply, notes)))


def too_much(signs: Signs, limits: HealthLimits) -> list[str]:
    """Return what of a session is beyond the limits, as parts of a sentence; none if nothing."""
    faults = []
    if signs.retries > limits.retries:
        faults.append(f"{signs.retries} retries of flashing or starting it")
    if signs.resets > limits.resets:
        faults.append(f"{signs.resets} {_plural('reset', signs.resets)} that nobody asked for")
    if signs.errors > limits.errors:
        tests = _plural("error", signs.errors)
        faults.append(f"{signs.errors} {tests} of the rig at it ({signs.error.rstrip('. ')})")
    if signs.lost >= _FEWEST_LOST and signs.lost * 100 > limits.losses * signs.asked:
        faults.append(f"{signs.lost} of {signs.asked} messages lost")
    return faults


def faults_of(
    session: Session, compared: Sequence[Compared], limits: HealthLimits
) -> tuple[str, ...]:
    """Return what made a session a bad one; nothing: it was a good one.

    Args:
        session: the session.
        compared: how the board differed from its siblings in it.
        limits: how much is too much.
    """
    far = [
        f"{each.stage}{f' over {each.via}' if each.via else ''} took "
        f"{each.median_us / 1000:,.3f} ms, and {each.siblings_us / 1000:,.3f} ms on its siblings"
        for entry in compared
        for each in entry.differences
        if is_far(each.median_us, each.siblings_us, limits)
    ]
    return (*too_much(session.signs, limits), *far)


def is_far(median_us: int, siblings_us: float, limits: HealthLimits) -> bool:
    """Whether a median is further from the siblings' than the limits let it be."""
    return abs(median_us - siblings_us) * 100 > limits.deviation * siblings_us


def _is_boards(error: Mapping[str, Any]) -> bool:
    """Whether an error is a sign of a sick board: one of the rig, or a reset by its supply."""
    if error["kind"] == "infrastructure":
        return error["type"] in ERRORS
    message = error["message"]
    if error["kind"] != "product" or error["type"] != "BoardPanic":
        return False
    start = parse_start(message)
    if start is not None and message.startswith(UNASKED):
        return start.code in BY_SUPPLY_OR_EN
    return Sign.BROWNOUT.value in message


def _blames_supply(note: str) -> bool:
    """Whether a note tells of a start that was one too many, by the supply."""
    start = parse_start(note)
    return start is not None and start.code in SUPPLY


def _notes(document: Mapping[str, Any], port: str) -> list[str]:
    begin = f"{port}: "
    return [each.removeprefix(begin) for each in document["notes"] if each.startswith(begin)]


def _messages(document: Mapping[str, Any]) -> tuple[int, int]:
    """Return how many messages got no answer, and how many there were."""
    echoes = document["round_trips"]
    lost = len(document["lost"]) + sum(each["code"] is not None for each in echoes)
    return lost, len(document["lost"]) + len(document["inferences"]) + len(echoes)


def _plural(noun: str, count: int) -> str:
    return noun if count == 1 else f"{noun}s"
