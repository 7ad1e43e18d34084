# SPDX-License-Identifier: MIT
"""What counts as a sign of a sick board, and what is the firmware's, the host's or the air's."""

from typing import Any

import pytest

from hil.crash.report import CrashReport
from hil.crash.reset_reason import parse_start
from hil.crash.signs import Sign
from hil.device.retry import with_retry
from hil.errors import FlashingError
from hil.health.assessment import ERRORS, assess, assess_second, too_much
from hil.health.entry import Signs
from hil.health.limits import HealthLimits

PORT = "/dev/ttyUSB0"
GOOD = HealthLimits()


def document(**sections: Any) -> dict[str, Any]:
    return {
        "tests": [],
        "errors": [],
        "notes": [],
        "lost": [],
        "inferences": [],
        "round_trips": [],
        "budgets": {"link_file": None},
        **sections,
    }


def error(kind: str, name: str, message: str = "It is so.") -> dict[str, Any]:
    return {"kind": kind, "type": name, "message": message, "nodeid": "test"}


def fault(sign: Sign, text: str, start: str = "") -> dict[str, Any]:
    report = CrashReport(sign, text, start=parse_start(start) if start else None)
    return error("product", "BoardPanic", str(report.error()))


def test_tests_that_were_run_are_counted() -> None:
    outcomes = ("passed", "failed", "skipped", "error")
    signs = assess(document(tests=[{"outcome": each} for each in outcomes]), PORT)
    assert signs == Signs(tests=3)


def test_each_further_attempt_is_a_retry_of_the_board_that_it_is_of() -> None:
    noted: list[str] = []
    attempts = iter([FlashingError("No answer."), None])

    def attempt() -> None:
        if (failure := next(attempts)) is not None:
            raise failure

    with_retry([attempt, attempt], noted.append)
    notes = [f"{PORT}: {each}" for each in noted]
    notes += [
        f"{PORT}: At 921600 baud bytes get lost (No answer); wrote at 115200.",
        f"{PORT}: 4 resets until the board was in download mode; look at its cable.",
        f"{PORT}: power-cycling by uhubctl",
        f"/dev/ttyUSB1: {noted[0]}",
    ]
    assert assess(document(notes=notes), PORT).retries == 3
    assert assess_second(document(notes=notes), "/dev/ttyUSB1") == Signs(retries=1)


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_at_the_board_is_a_sign(name: str) -> None:
    signs = assess(document(errors=[error("infrastructure", name, "Mute.")] * 2), PORT)
    assert (signs.errors, signs.error) == (2, "Mute.")
    assert too_much(signs, GOOD) == ["2 errors of the rig at it (Mute)"]


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("infrastructure", "LabError"),
        ("infrastructure", "EdgeError"),
        ("infrastructure", "HostError"),
        ("infrastructure", "BluetoothError"),
        ("infrastructure", "WrongChipError"),
        ("infrastructure", "BoardBusyError"),
        ("product", "BoardSilent"),
        ("product", "BudgetExceeded"),
        ("bad_input", "BadInputError"),
        ("test", "AssertionError"),
    ],
)
def test_what_is_the_hosts_or_the_products_or_the_tests_is_none(kind: str, name: str) -> None:
    assert assess(document(errors=[error(kind, name)]), PORT) == Signs()


def test_resets_by_the_supply_or_by_en_count_and_those_of_the_firmware_do_not() -> None:
    errors = [
        fault(Sign.BROWNOUT, "Brownout detector was triggered", "rst:0xf (BROWNOUT_RST)"),
        fault(Sign.RESET, "rst:0x1 (POWERON)"),
        fault(Sign.RESET, "rst:0x3 (RTC_SW_SYS_RST)"),
        fault(Sign.RESET, "rst:0x7 (TG0WDT_SYS_RST)"),
        fault(Sign.PANIC, "Guru Meditation Error: LoadProhibited", "rst:0xc (RTC_SW_CPU_RST)"),
        fault(Sign.WATCHDOG, "task_wdt: Task watchdog got triggered.", "rst:0x1 (POWERON)"),
    ]
    notes = [
        f"{PORT}: 3 starts until it answered, the last by rst:0xf (BROWNOUT_RST), brown-out",
        f"{PORT}: 2 starts until it answered, the last by rst:0x1 (POWERON), power on",
    ]
    signs = assess(document(errors=errors, notes=notes), PORT)
    assert signs == Signs(resets=3)
    assert too_much(signs, GOOD) == ["3 resets that nobody asked for"]


def test_messages_without_an_answer_are_counted_but_for_those_that_are_explained() -> None:
    answered, unanswered = {"code": None}, {"code": "edge_timeout"}
    trips = [answered] * 6 + [unanswered] * 2
    found = document(lost=[{}, {}], inferences=[{}] * 10, round_trips=trips)
    assert assess(found, PORT) == Signs(lost=4, asked=20)
    assert assess(found, PORT, explained=3) == Signs(lost=1, asked=20)
    shaped = {**found, "budgets": {"link_file": "lossy-68a8fc68"}}
    assert assess(shaped, PORT) == Signs(lost=0, asked=20)


@pytest.mark.parametrize(
    ("lost", "asked", "bad"),
    [(0, 0, False), (1, 1, False), (2, 200, False), (2, 199, True), (3, 200, True)],
)
def test_a_single_loss_or_one_per_cent_proves_nothing(lost: int, asked: int, bad: bool) -> None:
    assert bool(too_much(Signs(lost=lost, asked=asked), GOOD)) == bad


def test_each_limit_may_be_another() -> None:
    signs = Signs(tests=1, retries=3, resets=1, errors=1, error="Mute.", lost=2, asked=10)
    assert len(too_much(signs, GOOD)) == 4
    assert too_much(signs, HealthLimits(retries=3, resets=1, errors=1, losses=20)) == []
