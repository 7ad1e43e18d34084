# SPDX-License-Identifier: MIT
"""What the board has left, after all that the suite has asked of it (docs/memory.md)."""

import pytest

from hil.board.board import Board
from hil.console.memory import BoardMemory
from hil.symptoms import Misbehaviour, expect

pytestmark = pytest.mark.hil

STACK_RESERVE = 512
"""Bytes. An interrupt lays its frame, some 200 of them, on the stack of the task that it finds, and
the watchpoint at the end of each stack takes up to 60; the rest is for a path not seen here."""

WIFI_BUFFER = 1_600
"""Bytes of a buffer of the Wi-Fi driver (ESP-IDF's Wi-Fi guide)."""

HEAP_LEAST = 5 * WIFI_BUFFER
"""Bytes. Sending goes on with fewer buffers, but a timer, a queue or a socket that finds no memory
ends in a refusal, and in ESP-IDF's own parts in an abort."""

DMA_BLOCK = 2 * WIFI_BUFFER
"""Bytes: one frame is being sent while the next is made."""


@pytest.fixture
def memory(board: Board) -> BoardMemory:
    return BoardMemory.parse(board.console.request("stats"))


def test_every_task_has_stack_to_spare(memory: BoardMemory) -> None:
    expect(
        bool(memory.stacks),
        "figures-missing",
        stage="stats",
        expected="what each task has left of its stack",
        got="none",
    )
    for task, left in memory.stacks.items():
        expect(
            left >= STACK_RESERVE,
            "stack-low",
            stage=f"stats, task {task}",
            expected=f"{STACK_RESERVE} bytes of stack that were never used",
            got=left,
        )


def test_the_radios_have_memory_to_spare(board: Board, memory: BoardMemory) -> None:
    if board.simulated:
        pytest.skip("a virtual board has no internal heap: its radios are the lab's")
    heap, dma = memory.heap, memory.dma
    least = heap.least if heap else None
    block = dma.block if dma else None
    for name, found, needed in (
        ("heap_least", least, HEAP_LEAST),
        ("dma_block", block, DMA_BLOCK),
    ):
        if found is None:
            raise Misbehaviour("figures-missing", stage="stats", expected=name, got="none")
        expect(
            found >= needed,
            "heap-low",
            stage=f"stats, {name}",
            expected=f"{needed} bytes or more",
            got=found,
        )
