# SPDX-License-Identifier: MIT
"""Two boards, head and tail: what is asked of them, and what is expected of it."""

from pathlib import Path

from hil.board.board import Board
from hil.errors import BoardRefused, MessageLost
from hil.inference.inference import Inference, RoundTrip
from hil.inference.judgement import judge
from hil.model.topk import top_k
from hil.symptoms import Misbehaviour, expect


def infer(head: Board, digit: Path, trouble: str) -> Inference:
    """Infer on one image, which is to be answered, and exact.

    Where a board has other kernels than the reference ones, its own part is left out of account.
    """
    connection, part = head.connection, head.part
    assert connection is not None
    assert connection.tail is not None
    assert part.cut is not None
    stage = f"inference of {digit.name}, {trouble}"
    try:
        inference = head.infer(digit)
    except (MessageLost, BoardRefused) as failure:
        raise _unanswered(connection.via, stage, failure) from failure
    verdicts = judge(inference, part.model, part.cut, part.input_tensor(digit))
    for verdict, kernels, symptom in (
        (verdicts.transport, "reference", "altered-activation"),
        (verdicts.composition, connection.tail.info.kernels, "altered-output"),
        (verdicts.kernel, head.info.kernels, "wrong-activation"),
    ):
        expect(
            verdict.exact or kernels != "reference",
            symptom,
            link=inference.via,
            stage=stage,
            expected="every bit",
            got=verdict.message,
        )
    best = top_k(inference.output)
    told = [(each.class_id, each.score_raw) for each in inference.top5]
    expect(told == best, "wrong-top-five", link=inference.via, stage=stage, expected=best, got=told)
    stages = inference.stages
    expect(
        0 < stages.edge_invoke_us < stages.edge_us < stages.wait_us,
        "stage-times",
        link=inference.via,
        stage=stage,
        expected="the tail's kernels within the tail's time within the wait for it",
        got=f"{stages.edge_invoke_us}, {stages.edge_us} and {stages.wait_us} us",
    )
    return inference


def echo(head: Board, size: int, trouble: str) -> RoundTrip:
    """Have bytes echoed, which are to come back."""
    connection = head.connection
    assert connection is not None
    stage = f"an echo of {size} bytes, {trouble}"
    try:
        trip = head.rtt(size)
    except (MessageLost, BoardRefused) as failure:
        raise _unanswered(connection.via, stage, failure) from failure
    expect(
        not trip.lost,
        "loss-not-repaired",
        link=connection.via,
        stage=stage,
        expected="it to come back",
        got=trip.code,
    )
    return trip


def counted(board: Board, *names: str) -> dict[str, int]:
    """Return some of a board's counters."""
    stats = board.console.request("stats")
    return {name: int(stats[name]) for name in names}


def _unanswered(via: str, stage: str, failure: MessageLost | BoardRefused) -> Misbehaviour:
    return Misbehaviour(
        "loss-not-repaired" if failure.code == "edge_timeout" else "unanswered",
        link=via,
        stage=stage,
        expected="an answer",
        got=failure.code,
    )
