# SPDX-License-Identifier: MIT
"""Two virtual boards on lossy links: to each other, and through a gateway to the edge server."""

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from hil.board.board import Board
from hil.edge import EdgeServer
from hil.inference.judgement import judge
from hil.model.model import Model
from hil.model.topk import top_k
from hil.sim.radio.presets import ACTIVATION_BYTES

LOSS = 0.2
MESSAGES = 20


def benchmark() -> ModuleType:
    path = Path(__file__).parents[2] / "benchmarks" / "arq_loss.py"
    spec = importlib.util.spec_from_file_location("arq_loss", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


arq_loss = benchmark()


@pytest.fixture(scope="module")
def boards() -> Iterator[tuple[Board, Board]]:
    with arq_loss.pair(LOSS, seed=1) as (head, tail):
        yield head, tail


def images(model: Model, count: int) -> list[np.ndarray]:
    generator = np.random.default_rng(7)
    return [generator.integers(0, 256, model.input.shape, np.uint8) for _ in range(count)]


@pytest.mark.parametrize("via", arq_loss.LINKS)
def test_no_message_is_lost_wrong_or_doubled_and_little_is_sent_again(boards, via: str) -> None:
    outcome = arq_loss.echo(*boards, via, MESSAGES, loss=LOSS)
    assert outcome.ok, outcome
    assert outcome.resent_there  # the link did lose something
    assert outcome.resent_back


def test_a_board_predicts_with_the_tail_on_another_one(boards, model: Model) -> None:
    head, tail = boards
    head.connect(tail, "espnow")
    for x in images(model, 3):
        inference = head.infer(x)
        assert inference.transport_exact
        top5 = [(entry.class_id, entry.score_raw) for entry in inference.top5]
        assert top5 == top_k(model.predict(x))


def test_a_second_board_as_gateway_joins_a_board_to_the_edge_server(boards, model: Model) -> None:
    head, gateway = boards
    part = head.part
    with EdgeServer(part.split.tail, part.model_id, stopwatch=head.stopwatch) as edge:
        head.connect(edge, "espnow", gateway=gateway)
        for x in images(model, 3):
            verdicts = judge(head.infer(x), model, part.cut, x)
            assert verdicts.transport.exact, verdicts.transport.message
            assert verdicts.composition.exact, verdicts.composition.message
            assert verdicts.kernel.exact, verdicts.kernel.message
        assert head.rtt(ACTIVATION_BYTES).us is not None
        head.disconnect()
        gateway.end_gateway()
        assert head.info.role == "head"
        assert gateway.refresh().role == "tail"


def test_a_channel_other_than_the_access_points_is_refused_by_name(boards) -> None:
    head, _ = boards
    head.disconnect()
    head.join_network()
    head.console.request("peer", mac="02:48:49:4c:00:02", channel=6)
    head.console.forget("link")
    head.console.request("link", via="espnow", state="up")
    event = head.console.wait_event("link", 10.0, via="espnow")
    assert (event["state"], event["code"]) == ("down", "radio")
    assert "ESP_ERR_ESPNOW_CHAN" in event["msg"]
