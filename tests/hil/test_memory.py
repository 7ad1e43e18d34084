# SPDX-License-Identifier: MIT
"""What the board has left, after all that the suite has asked of it (docs/memory.md)."""

import pytest

from hil.board import Board
from hil.board_memory import BoardMemory

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
    assert memory.stacks, "the board reports no stack"
    short = {task: left for task, left in memory.stacks.items() if left < STACK_RESERVE}
    assert not short, f"bytes of stack never used, of which {STACK_RESERVE} must stay: {short}"


def test_the_radios_have_memory_to_spare(board: Board, memory: BoardMemory) -> None:
    if board.simulated:
        pytest.skip("a virtual board has no internal heap: its radios are the lab's")
    assert memory.heap is not None
    assert memory.dma is not None
    assert memory.dma.block is not None
    assert memory.heap.least >= HEAP_LEAST
    assert memory.dma.block >= DMA_BLOCK
