# SPDX-License-Identifier: MIT
"""The figures of memory in the answer to ``stats``."""

import pytest

from hil.console.memory import BoardMemory, Region
from hil.errors import BoardRefused

CHIP = {
    "heap_free": "61000",
    "heap_least": "50000",
    "heap_block": "31744",
    "dma_free": "54000",
    "dma_least": "43000",
    "dma_block": "30720",
    "psram_free": "4000000",
    "psram_least": "3900000",
    "stacks": "main:5120,nimble_host:900",
}


def test_a_chip_reports_three_kinds_of_memory_and_its_tasks() -> None:
    assert BoardMemory.parse(CHIP) == BoardMemory(
        heap=Region(61000, 50000, 31744),
        dma=Region(54000, 43000, 30720),
        psram=Region(4000000, 3900000),
        stacks={"main": 5120, "nimble_host": 900},
    )


def test_what_a_board_does_not_have_it_does_not_report() -> None:
    assert BoardMemory.parse({"rx_frames": "1"}) == BoardMemory(None, None, None, {})


@pytest.mark.parametrize(
    "wrong",
    [
        {**CHIP, "heap_least": "much"},
        {key: value for key, value in CHIP.items() if key != "dma_least"},
        {**CHIP, "stacks": "main"},
        {**CHIP, "stacks": "main:512,links:"},
    ],
)
def test_figures_that_cannot_be_read_are_the_firmwares_fault(wrong: dict[str, str]) -> None:
    with pytest.raises(BoardRefused, match=r"answer to stats cannot be read.*flash it again"):
        BoardMemory.parse(wrong)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("heap_free", "-1"),
        ("heap_block", "nan"),
        ("dma_least", str(1 << 32)),
        ("psram_free", "1_000"),
        ("stacks", "main:-5"),
        ("stacks", "main:" + "9" * 4000),
    ],
)
def test_a_figure_that_no_memory_has_breaks_the_protocol(key, value) -> None:
    with pytest.raises(BoardRefused) as caught:
        BoardMemory.parse({**CHIP, key: value})
    assert caught.value.code == "protocol"
    assert len(str(caught.value)) < 300
