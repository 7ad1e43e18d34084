# SPDX-License-Identifier: MIT
"""Waits for Bluetooth, but neither for ever nor on a radio that is no more."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from hil.errors import BluetoothError
from hil.transport.ble_words import RESTART

ABANDON_S = 5.0
"""What a cancelled call of bleak is left to clean up in: BlueZ takes 2 to 3.5 s to disconnect."""

Result = TypeVar("Result")


async def outcome(
    work: Coroutine[Any, Any, Result],
    lost: "asyncio.Future[str]",
    timeout_s: float | None,
    doing: str,
) -> Result:
    """Return what `work` returns, or raise what it raises.

    bleak's own timeouts end in calls that BlueZ may never answer.

    Args:
        work: what to wait for; it is cancelled, and then left to itself, if it does not end.
        lost: done with a reason when the radio is lost.
        timeout_s: seconds until BlueZ is said to be stuck; None: any number.
        doing: what it is stuck with, as in "BlueZ does not get done with ...".

    Raises:
        BluetoothError: the radio is lost, or the time is over.
    """
    task = asyncio.ensure_future(work)
    task.add_done_callback(_heed)
    either: set[asyncio.Future[Any]] = {task, lost}
    try:
        await asyncio.wait(either, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        await _abandon(task)
        raise
    if task.done():
        return task.result()
    if lost.done():
        await _abandon(task)
        raise BluetoothError(lost.result())
    await _abandon(task)
    raise BluetoothError(f"BlueZ does not get done with {doing} in {timeout_s:g} s; {RESTART}.")


async def _abandon(task: "asyncio.Task[Any]") -> None:
    task.cancel()
    await asyncio.wait({task}, timeout=ABANDON_S)


def _heed(task: "asyncio.Task[Any]") -> None:
    """Take note of how it ended, or asyncio complains that nobody did."""
    if not task.cancelled():
        task.exception()
