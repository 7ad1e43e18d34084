# SPDX-License-Identifier: MIT
"""The board object against virtual boards: flashing, starting, inferring."""

import numpy as np
import pytest

from hil.board.board import Board
from hil.edge import EdgeServer
from hil.errors import BadInputError, BoardPanic, BoardRefused
from hil.firmware.build import FirmwareBuild, default_firmware
from hil.flash import otadata
from hil.flash.flash import FlashFile, flash
from hil.inference.judgement import judge, judge_full
from hil.model.topk import top_k
from hil.resources import resource
from hil.sim.clock import host_work

ROLES = {"bootloader", "partition table", "app", "model"}


@pytest.fixture(scope="module")
def flashed(lab, model):
    """Return a board, flashed for the first time, and the report of that."""
    with Board.open(lab=lab) as board:
        yield board, board.flash(None, model)


@pytest.fixture(scope="module")
def board(flashed):
    """Return a board that no test changes."""
    return flashed[0]


@pytest.fixture(scope="module")
def edge(board):
    with EdgeServer(board.part.split.tail, board.part.model_id, stopwatch=board.stopwatch) as edge:
        board.connect(edge)
        yield edge


@pytest.fixture
def spare(lab):
    """Return a board of unknown state."""
    with Board.open(lab=lab, index=1) as board:
        yield board


@pytest.fixture
def images(model):
    generator = np.random.default_rng(7)
    return [generator.integers(0, 256, model.input.shape, np.uint8) for _ in range(3)]


def roles(regions):
    return {region.role for region in regions}


def test_the_first_flash_writes_everything(flashed):
    _, report = flashed
    assert roles(report.written) == ROLES
    assert report.virtual
    assert report.flash_size == 16 << 20


def test_only_what_differs_is_written(spare, model):
    spare.flash(None, model)
    report = spare.flash(None, model)
    assert report.written == ()
    assert roles(report.skipped) == ROLES
    report = spare.flash(None, model, model.cuts[0])
    assert roles(report.written) == {"model"}
    assert spare.info.cut == model.cuts[0].short_name


def test_the_board_runs_what_was_flashed(board, model):
    build = default_firmware()
    assert board.info.firmware == build.app.version
    assert build.app.source_digest.startswith(board.info.source_digest)
    assert board.info.model_id == model.split().model_id
    assert board.simulated


def test_a_boards_choice_of_slot_is_overwritten_only_if_it_disagrees(spare, model):
    choice = default_firmware().ota.offset
    spare.flash(None, model)
    for slot, written in ((0, set()), (1, {"otadata"})):
        spare.console.close()
        flash(
            spare.port,
            [FlashFile(choice, otadata.selecting(slot), "otadata")],
            simulated_image=False,
        )
        assert roles(spare.flash(None, model).written) == written
        assert spare.info.slot == "ok"


def test_an_inference_is_exact_in_all_three_judgements(board, edge, model, images):
    for x in images:
        inference = board.infer(x)
        verdicts = judge(inference, model, board.part.cut, x)
        assert verdicts.transport.exact, verdicts.transport.message
        assert verdicts.composition.exact, verdicts.composition.message
        assert verdicts.kernel.exact, verdicts.kernel.message


def test_the_top_five_are_those_of_the_full_model(board, edge, model, images):
    for x in images:
        top5 = [(entry.class_id, entry.score_raw) for entry in board.infer(x).top5]
        assert top5 == top_k(model.predict(x))


def test_stages_add_up_and_are_marked_as_simulated(board, edge, lab, images):
    inference = board.infer(images[0])
    stages = inference.stages
    total = stages.load_us + stages.invoke_us + stages.send_us + stages.wait_us
    assert stages.total_us == total
    assert stages.edge_us == host_work.TOTAL_US
    assert stages.transfer_us == stages.send_us + stages.wait_us - stages.edge_us > 0
    assert inference.simulated


def test_the_board_and_the_edge_hold_the_same_activation(board, edge, images):
    inference = board.infer(images[0])
    assert np.array_equal(board.read_activation(), inference.activation)


def test_an_image_is_sent_once_for_repeated_inferences(board, edge, images):
    board.infer(images[1])
    lines = len(board.console.log)
    board.infer(images[1])
    later = [line.text for line in list(board.console.log)[lines:]]
    assert not any("image" in text for text in later)


def test_role_full_gives_the_full_models_output(spare, model, images):
    spare.flash(None, model, role="full")
    verdict = judge_full(spare.infer(images[0]), model, images[0])
    assert verdict.exact, verdict.message


def test_a_board_opened_without_flashing_can_be_used_until_it_is_reset(spare, model, images):
    spare.flash(None, model)
    with pytest.raises(BadInputError, match="flash it"):
        spare.use(model, model.cuts[0])
    spare.use(model)
    part = spare.part
    with EdgeServer(part.split.tail, part.model_id, stopwatch=spare.stopwatch) as edge:
        spare.connect(edge)
        assert spare.infer(images[0]).transport_exact
        spare.reset()
        with pytest.raises(BadInputError, match="not connected"):
            spare.infer(images[0])


def test_a_board_of_unknown_content_is_not_inferred_on(spare, images):
    with pytest.raises(BadInputError, match="flash one first"):
        spare.infer(images[0])


def test_a_refusal_names_the_boards_code(board):
    with pytest.raises(BoardRefused) as caught:
        board.console.request("read", what="nothing")
    assert caught.value.code == "bad_argument"


def test_both_ends_can_change_the_line_rate(board):
    board.console.set_baud(921_600)
    assert board.refresh().role == "head"
    board.console.set_baud(115_200)
    assert board.refresh().role == "head"


def test_a_restart_that_nobody_asked_for_is_a_panic(spare, model):
    spare.flash(None, model)
    spare.console.type_line("reboot")
    with pytest.raises(BoardPanic, match="reset itself"):
        spare.console.wait_event("infer", 30.0)


@pytest.mark.parametrize("verb", ["crash", "hang"])
def test_a_crash_and_a_hang_end_a_wait_with_the_last_lines(spare, model, verb):
    spare.flash(FirmwareBuild.load(resource("firmware").with_name("prebuilt-test")), model)
    assert spare.info.test_build
    spare.console.request(verb, timeout=30.0)
    with pytest.raises(BoardPanic) as caught:
        spare.console.wait_event("infer", 30.0)
    assert "Backtrace" in caught.value.__notes__[0]
    spare.reset()
    assert spare.refresh().slot == "ok"
