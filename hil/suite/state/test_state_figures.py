# SPDX-License-Identifier: MIT
"""Figures that should move do, and those with a known value have it."""

from pathlib import Path

import pytest

from hil.board.board import Board
from hil.console.memory import BoardMemory
from hil.firmware.build import FirmwareBuild
from hil.model.inputs.samples import Sample
from hil.model.tflite.verify import verify
from hil.sim.kernels import has_arena, open_runner
from hil.suite.helpers.answers import Answers
from hil.suite.helpers.console.asking import ended, outcome
from hil.suite.helpers.expecting import expect_equal
from hil.suite.helpers.link.linking import connect_again
from hil.symptoms import expect

pytestmark = pytest.mark.hil


def test_a_start_forgets_all_that_was(
    small_board: Board, digits: list[Path], answers: Answers
) -> None:
    console = small_board.console
    link = small_board.connection
    assert link is not None
    small_board.store(small_board.part.input_tensor(digits[0]))
    reason = small_board.reboot().reset_reason
    expect("SW" in reason, "reset-unexplained", stage="reboot", expected="SW in it", got=reason)
    memory = BoardMemory.parse(console.request("stats"))
    code = ended(outcome(console, via=link.via))
    expect_equal(code, "link_down", "other-answer", "infer after a start", link.via)
    connect_again(small_board, link)
    x = small_board.part.input_tensor(digits[1])
    small_board.store(x)
    event = outcome(console, via=link.via, output=1)
    answers.check(event, digits[1], "other-answer", stage="infer after a start", link=link.via)
    used = BoardMemory.parse(console.request("stats"))
    expect_stack_used(small_board, memory, used)
    trip = small_board.rtt(x.nbytes)
    expect_equal(trip.lost, False, "unanswered", "rtt", link.via)
    event = outcome(console, via=link.via, output=1)
    answers.check(event, digits[1], "other-answer", stage="infer after a round trip", link=link.via)


def expect_stack_used(board: Board, before: BoardMemory, after: BoardMemory) -> None:
    """Look whether stacks have been used further by an inference, and never less far."""
    grown = {task: reserve for task, reserve in after.stacks.items() if task in before.stacks}
    moved = [before.stacks[task] - reserve for task, reserve in grown.items()]
    holds = min(moved) >= 0 and (max(moved) > 0 or not board.simulated)
    wanted = f"less than {dict(before.stacks)}, as before"
    expect_figure(holds, "stacks after an inference", wanted, dict(after.stacks))


def test_figures_with_a_known_value_have_it(small_board: Board, firmware: FirmwareBuild) -> None:
    info, part = small_board.refresh(), small_board.part
    assert part.cut is not None
    source = part.model.input
    wanted = {
        "role": "head",
        "slot": "ok",
        "model_id": part.model_id,
        "name": part.slot_name,
        "cut": part.slot_cut,
        "input": f"{source.dtype}:{'x'.join(map(str, source.shape))}",
        "output": f"{part.cut.dtype}:{'x'.join(map(str, part.cut.shape))}",
        "app": firmware.app_partition.name,
        "model_slot": firmware.model_slot().name,
        "trial": "none",
    }
    got = {key: getattr(info, key) for key in wanted}
    expect_equal(got, wanted, "wrong-figure", "info")
    least = firmware.flash_size
    expect_figure(info.flash >= least, "flash of info", f"at least {least}", info.flash)
    expect_figure(info.psram > info.arena, "psram of info", f"more than {info.arena}", info.psram)


def test_an_inference_tells_how_long_its_activation_and_output_are(
    board: Board, photos: list[Sample]
) -> None:
    """With the model under test: of the small one, image and activation are equally long."""
    assert board.connection is not None
    assert board.part.cut is not None
    board.store(board.part.input_tensor(photos[0]))
    event = outcome(board.console, via=board.connection.via)
    got = {key: event.get(key) for key in ("act_len", "out_len")}
    model, cut = board.part.model, board.part.cut
    wanted = {"act_len": str(cut.bytes), "out_len": str(model.output.bytes)}
    expect_equal(got, wanted, "wrong-figure", "infer", board.connection.via)


def test_the_arena_is_what_the_model_under_test_takes(board: Board) -> None:
    expect_arena(board)


def test_the_arena_is_what_the_small_model_takes(small_board: Board) -> None:
    expect_arena(small_board)


def expect_arena(board: Board) -> None:
    """Compare the arena that a board tells with what its model needs.

    A chip's TFLM has smaller pointers than this host's: there only the tensors are known. A virtual
    board has no arena where TFLM has no wheel.
    """
    info, model = board.refresh(), board.part.flatbuffer
    graph = verify(model)
    needed = max(
        sum(
            graph.tensors[each].bytes
            for each in {*operator.inputs, *operator.outputs}
            if each >= 0 and graph.tensors[each].data is None
        )
        for operator in graph.operators
    )
    needed = needed if has_arena() or not info.simulated else 0
    stage = f"arena_used of {board.part.title}"
    wanted = f"{needed} to {info.arena}"
    holds = needed <= info.arena_used <= info.arena
    expect(holds, "arena-misreported", stage=stage, expected=wanted, got=info.arena_used)
    if info.simulated and (used := open_runner(model, info.arena).arena_used):
        expect_equal(info.arena_used, used, "arena-misreported", stage)


def test_memory_has_its_place(small_board: Board) -> None:
    info = small_board.refresh()
    memory = BoardMemory.parse(small_board.console.request("stats"))
    for name in ("heap", "dma", "psram"):
        region = getattr(memory, name)
        if region is None:
            continue
        holds = 0 < region.least <= region.free
        expect_figure(holds, f"{name}_least", f"at most {region.free}, which is free", region.least)
        if region.block is not None:
            holds = region.block <= region.free
            expect_figure(holds, f"{name}_block", f"at most {region.free}", region.block)
    if memory.psram is not None:
        most = info.psram - info.arena
        expect_figure(
            memory.psram.free <= most,
            "psram_free",
            f"at most {most}, the arena being in it",
            memory.psram.free,
        )


def expect_figure(holds: bool, stage: str, expected: object, got: object) -> None:
    expect(holds, "wrong-figure", stage=stage, expected=expected, got=got)
