# SPDX-License-Identifier: MIT
"""The process of one interpreter: ``python -m hil.model.engine.worker``.

It reads requests from standard input and answers on standard output (:mod:`hil.model.engine.wire`),
and ends when its input does. A model may crash it; nothing else is lost.
"""

import io
import os
import resource
import sys
from typing import Any

from hil.model.array import Array
from hil.model.engine import wire
from hil.model.engine.native import ArenaTooSmallError, Engine, EngineError, Job, open_native

_MEMORY = 4 << 30
"""Address space, far more than any model takes that verifies."""


def main() -> int:
    """Serve requests until there are no more."""
    requests, replies = _private_ends()
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    _limit(resource.RLIMIT_AS, _MEMORY)
    engine: Engine | None = None
    while True:
        try:
            words, arrays = wire.read(requests)
        except EOFError:
            return 0
        _limit(resource.RLIMIT_CPU, int(sum(os.times()[:2])) + words["seconds"])
        answer: dict[str, Any] = {}
        outputs: list[Array] = []
        try:
            if engine is None:
                engine = open_native(arrays[0].tobytes(), _job(words["job"]))
                answer["arena_used"] = engine.arena_used
            else:
                outputs = engine.invoke(arrays)
        except ArenaTooSmallError as error:
            answer["needed"] = error.needed
        except (EngineError, MemoryError) as error:
            answer["refused"] = str(error) or "there is not enough memory"
        replies.write(wire.pack(answer, outputs))
        replies.flush()


def _job(words: dict[str, Any]) -> Job:
    tensors = {key: tuple(words[key]) for key in ("inputs", "outputs")}
    return Job(**{**words, **tensors})


def _private_ends() -> tuple[io.BufferedReader, io.BufferedWriter]:
    """Take the two ends away from native code, which prints."""
    ends = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)
    return ends


def _limit(kind: int, value: int) -> None:
    """Lower the limit, as far as the one that is there allows."""
    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (value if hard == resource.RLIM_INFINITY else min(value, hard), hard))


if __name__ == "__main__":
    sys.exit(main())
