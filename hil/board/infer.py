# SPDX-License-Identifier: MIT
"""One inference on the stored image, with a copy of what crossed beside it."""

import time
import zlib
from typing import TYPE_CHECKING

import numpy as np

from hil.board.connection import Connection
from hil.console.console import Console
from hil.console.exchange import exchange, exchange_in_lab
from hil.console.info import BoardInfo
from hil.console.refusal import raise_refusal
from hil.console.transfer import read_blob
from hil.inference.completion import (
    Completion,
    parse_completion,
    predictions,
    require_possible,
)
from hil.inference.inference import HostTimes, Inference
from hil.inference.part import ModelPart
from hil.model.array import Array

if TYPE_CHECKING:
    from hil.edge import EdgeRecord

INFER_PATIENCE_S = 60.0
"""The board gives up on the edge server after ten; a head without esp-nn may take half a minute."""


def infer_split(
    console: Console,
    info: BoardInfo,
    part: ModelPart,
    connection: Connection,
    *,
    output: bool,
    timeout: float,
) -> Inference:
    """Infer on a board in role head; raises as :meth:`hil.Board.infer`."""
    done, took_us = _complete(console, info, part, timeout, output=int(output), via=connection.via)
    record = connection.record(done.message_id)
    if record is None:
        activation = read_blob(console, "activation")
        vector = part.output(read_blob(console, "output")) if output else _nothing(part)
    else:
        activation = record.activation
        vector = _output(console, part, record, done.output_crc) if output else _nothing(part)
    return Inference(
        top5=predictions(done.top5, part.model),
        output=vector,
        stages=done.stages,
        activation=part.activation(activation),
        activation_crc=done.activation_crc,
        received_crc=done.received_crc,
        message_id=done.message_id,
        via=connection.via,
        simulated=info.simulated,
        host=HostTimes(took_us, record.host_total_us, record.host_invoke_us)
        if record
        else HostTimes(took_us),
        wire=done.wire,
    )


def infer_full(
    console: Console, info: BoardInfo, part: ModelPart, *, output: bool, timeout: float
) -> Inference:
    """Infer on a board in role full; raises as :meth:`hil.Board.infer`."""
    done, took_us = _complete(console, info, part, timeout, output=int(output))
    return Inference(
        top5=predictions(done.top5, part.model),
        output=part.output(read_blob(console, "output")) if output else _nothing(part),
        stages=done.stages,
        activation=None,
        activation_crc=None,
        received_crc=None,
        message_id=done.message_id,
        via="none",
        simulated=info.simulated,
        host=HostTimes(took_us),
    )


def _complete(
    console: Console, info: BoardInfo, part: ModelPart, timeout: float, **arguments: str | int
) -> tuple[Completion, int]:
    """Start an inference; return what the board says at its end, and the host's microseconds."""
    started = time.perf_counter_ns()
    ask = exchange_in_lab if info.simulated else exchange
    event = ask(console, "infer", timeout, **arguments)
    took_us = (time.perf_counter_ns() - started) // 1000
    if event.get("state") != "ok":
        raise_refusal(event, "The inference failed")
    done = parse_completion(event)
    require_possible(done, part.model)
    return done, took_us


def _output(console: Console, part: ModelPart, record: "EdgeRecord", crc: int) -> Array:
    """Return the edge's output if it is what the board got, else what the board got."""
    if zlib.crc32(record.output.tobytes()) == crc:
        return record.output
    return part.output(read_blob(console, "output"))


def _nothing(part: ModelPart) -> Array:
    return np.zeros(0, part.model.output.dtype)
