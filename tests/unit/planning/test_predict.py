# SPDX-License-Identifier: MIT
"""A sweep that is predicted, and the stages of a chain, of the tiny model."""

import re
from pathlib import Path

import pytest

from hil.errors import BadInputError
from hil.model.model import Model
from hil.model.split import split_at
from hil.model.tflite.verify import verify
from hil.planning.chain import START, Objective, best_chain
from hil.planning.choice import best_cut, predicted_best
from hil.planning.limits import Limits
from hil.planning.predict import Tail, predict
from hil.planning.stages import StageCosts
from hil.planning.sweep import Sweep
from hil.sim.chip.layout import SUBTYPES_MODEL
from hil.sim.clock.cost import invoke_cycles
from hil.sim.clock.host_work import TOTAL_US
from hil.sim.kernels import open_runner
from hil.sim.processor import WATCHDOG_US

ROOT = Path(__file__).parents[3]
LINKS = ("udp", "ble")


@pytest.fixture(scope="module")
def tiny_sweep(tiny: Model) -> Sweep:
    return predict(tiny, LINKS)


def test_every_legal_cut_has_its_figures(tiny: Model, tiny_sweep: Sweep) -> None:
    assert [each.cut for each in tiny_sweep.cuts] == list(tiny.cuts)
    assert tiny_sweep.baseline.cut == tiny.default_cut
    assert tiny_sweep.simulated
    for each in tiny_sweep.cuts:
        assert each.fits
        assert set(each.times) == set(LINKS)
        assert all(time.tail_us == TOTAL_US for time in each.times.values())


def test_device_time_and_arena_are_those_of_the_virtual_board(
    tiny: Model, tiny_sweep: Sweep
) -> None:
    for each in tiny_sweep.cuts[::5]:
        head = split_at(tiny.int8, each.cut).head
        cycles = invoke_cycles(verify(head))
        assert each.times["udp"].invoke_us == pytest.approx(cycles / 240, abs=1)
        assert each.arena_bytes == open_runner(head, Limits().arena_bytes).arena_used


def test_a_smaller_board_says_what_is_missing(tiny: Model) -> None:
    found = predict(tiny, ("udp",), limits=Limits(arena_bytes=30_000))
    assert not found.cuts[-1].fits
    assert found.cuts[-1].obstacles[0].endswith("bytes more than the arena")
    fastest = found.fastest("udp")
    assert fastest is not None
    assert fastest.fits


def test_the_tail_can_be_timed_here(tiny: Model) -> None:
    found = predict(tiny, ("udp",), arena=False, tail=Tail.HERE)
    assert "this computer" in found.tail
    assert all(0 < each.times["udp"].tail_us < 10_000_000 for each in found.cuts)


def test_a_second_board_takes_its_time_for_the_tail(tiny: Model) -> None:
    found = predict(tiny, ("udp", "espnow"), arena=False, tail=Tail.PEER)
    first, last = found.cuts[0].times["udp"], found.cuts[-1].times["udp"]
    assert first.tail_us > last.tail_us
    assert first.invoke_us + first.tail_us == pytest.approx(last.invoke_us + last.tail_us, rel=0.01)
    by_edge = predict(tiny, ("espnow",), arena=False)
    for here, there in zip(found.cuts, by_edge.cuts, strict=True):
        assert here.times["espnow"].transfer_us < there.times["espnow"].transfer_us


def test_the_limits_are_those_of_the_virtual_boards_firmware() -> None:
    machine = (ROOT / "firmware" / "virtual" / "machine.h").read_text()
    table = (ROOT / "firmware" / "partitions.csv").read_text()
    slot = re.search(rf"model_0, +data, 0x{SUBTYPES_MODEL[0]:x}, +\w+, +(0x\w+)", table)
    assert slot is not None
    assert Limits() == Limits(
        slot_bytes=int(slot[1], 16),
        arena_bytes=_defined(machine, "ARENA_SIZE"),
        tensor_bytes=_defined(machine, "TENSOR_CAPACITY"),
        watchdog_us=WATCHDOG_US,
    )


def _defined(header: str, name: str) -> int:
    found = re.search(rf"#define {name} \(([\d u*]+)\)", header)
    assert found is not None
    product = 1
    for factor in found[1].replace("u", "").split("*"):
        product *= int(factor)
    return product


def test_a_model_without_a_legal_cut_is_one_sentence(uncuttable: Model) -> None:
    with pytest.raises(BadInputError, match=r"^\S+ has no legal cut: .*; it can only run whole\.$"):
        predict(uncuttable, LINKS)


@pytest.fixture
def uncuttable(tiny: Model) -> Model:
    """The last operators of tiny, of which only the output is left."""
    last = tiny.split(tiny.cuts[-1])
    path_free = last.tail
    spec = verify(path_free)
    return Model("lastop", (), path_free, None, tiny.preprocessing, spec.input_spec, tiny.output)


def test_stages_cost_what_heads_do(tiny: Model, tiny_sweep: Sweep) -> None:
    costs = StageCosts(tiny, tiny_sweep, "udp", Limits())
    for end, each in enumerate(tiny_sweep.cuts):
        time = each.times["udp"]
        assert costs.run_us(0, START, end) == pytest.approx(time.load_us + time.invoke_us, abs=1)
        assert costs.uplink_us(end) == time.transfer_us
    found = best_chain(costs, 2, Objective.LATENCY, costs.confirm)
    assert found is not None
    fastest = min(each.times["udp"].total_us for each in tiny_sweep.cuts)
    assert found.cost_us <= fastest + 1


def test_a_stage_is_what_lies_between_two_cuts(tiny: Model, tiny_sweep: Sweep) -> None:
    costs = StageCosts(tiny, tiny_sweep, "udp", Limits())
    first, second = costs.stage(START, 5), costs.stage(5, 9)
    assert first.flatbuffer == split_at(tiny.int8, tiny.cuts[5]).head
    between = verify(second.flatbuffer)
    assert between.input_spec.shape == tiny.cuts[5].shape
    assert between.output_spec.name == tiny.cuts[9].tensor_name
    assert len(between.operators) == tiny.cuts[9].index - tiny.cuts[5].index


def test_boards_too_small_for_one_share_the_model(tiny: Model) -> None:
    """With slots for 40 KB nobody has room for all that the last cuts need."""
    limits = Limits(slot_bytes=4096 + 45_000)
    found = predict(tiny, ("udp",), limits=limits)
    costs = StageCosts(tiny, found, "udp", limits)
    last = len(tiny.cuts) - 1
    assert not costs.fits(0, START, last)
    assert costs.fits(1, 9, last) == costs.confirm(1, 9, last)
    assert any(costs.fits(1, start, last) for start in range(last))


def test_the_best_cut_is_found_without_opening_every_head(tiny: Model, tiny_sweep: Sweep) -> None:
    assert predicted_best(tiny, LINKS) == best_cut(tiny_sweep, LINKS).cut
    assert predicted_best(tiny, ("udp",)) == best_cut(tiny_sweep, ("udp",)).cut


def test_the_best_cut_fits_on_the_board(tiny: Model) -> None:
    small = Limits(arena_bytes=15_500)
    found = best_cut(predict(tiny, ("ble",), limits=small), ("ble",)).cut
    assert predicted_best(tiny, ("ble",), limits=small) == found != predicted_best(tiny, ("ble",))
    with pytest.raises(BadInputError, match=r"No head of tiny fits on a board"):
        predicted_best(tiny, ("ble",), limits=Limits(arena_bytes=1_000))
