# SPDX-License-Identifier: MIT
"""Photos inferred on a board, each one judged while the board has the next."""

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from hil.inference.inference import Inference
from hil.inference.judgement import Judgement, judge
from hil.inference.references import References
from hil.model.array import Array
from hil.model.compare import Comparison, compare
from hil.model.inputs.photos import Photo
from hil.model.inputs.samples import Sample
from hil.model.model import Model
from hil.model.predictions import Predictions
from hil.model.split import Cut
from hil.model.topk import shared_best, top_k
from hil.pytestplugin.bench.recording import RecordingBoard
from hil.results import DistanceRecord, JudgementRecord, Results

_PENDING = 4
"""Inferences that may wait to be judged: memory stays flat, though judging take longer."""

_ACTIVATIONS = 16 << 20
"""Bytes of activations that are kept for comparison with later ones, the first photos' first."""


@dataclass(frozen=True)
class Shot:
    """One photo, what became of it on the board, and what is to be said about it.

    The inference of a photo behind the first ones has its activation no more.
    """

    photo: Sample
    inference: Inference
    judgement: Judgement
    full: Comparison


class _Input(NamedTuple):
    """A photo as the input of the model, and of its float version if there is one."""

    x: Array
    float32: Array | None


class Shots:
    """Infers each photo when it is first asked for, and enters the judgements into the results.

    Beside the judgements stand the predictions of the other ways to run the model, so that one
    way through the photos is all that a run takes.

    Args:
        board: flashed and connected.
        model: the full model.
        cut: where it is cut.
        photos: all of them.
        results: where judgements and predictions go.
        kept: outputs of the reference models by earlier runs.
        started: is called with the number of photos that are to be inferred, and returns what is
            called with how many are done.
    """

    def __init__(
        self,
        board: RecordingBoard,
        model: Model,
        cut: Cut,
        photos: list[Sample],
        results: Results,
        kept: Predictions | None = None,
        started: Callable[[int], Callable[[int], None]] = lambda total: lambda done: None,
    ) -> None:
        self._board = board
        self._model = model
        self._cut = cut
        self._photos = photos
        self._results = results
        self._kept = kept
        self._started = started
        self._references = References.of(model, cut, kept)
        self._shots: dict[str, Shot] = {}
        self._activations = 0

    def __len__(self) -> int:
        return len(self._photos)

    def __iter__(self) -> Iterator[Shot]:
        self.take(self._photos)
        return iter([self._shots[photo.name] for photo in self._photos])

    def of(self, photo: Sample) -> Shot:
        """Return what became of one photo, the rest being left for later."""
        self.take([photo])
        return self._shots[photo.name]

    @property
    def via(self) -> str:
        """The link that the photos were sent over."""
        return next(iter(self._shots.values())).inference.via if self._shots else ""

    @property
    def steps(self) -> float:
        """How far the board's kernels may be from the reference ones, in quantization steps."""
        budgets = self._results.budgets
        return budgets.activation_steps.get(self._board.info.kernels, 0.0) if budgets else 0.0

    def take(self, photos: list[Sample]) -> None:
        """Infer and judge those that have not been yet; raises as :meth:`hil.Board.infer`."""
        missing = [photo for photo in photos if photo.name not in self._shots]
        count = self._started(len(missing))
        judging: deque[Future[None]] = deque()
        # The kernels leave Python's lock free, so that they run beside each other and the board.
        with (
            ThreadPoolExecutor(1) as making,
            ThreadPoolExecutor(1) as predicting,
            ThreadPoolExecutor(1) as references,
        ):
            inputs = _ahead(making, self._input, missing)
            for done, (photo, made) in enumerate(zip(missing, inputs, strict=True), 1):
                inference = self._board.infer(made.x, of=photo)
                if len(judging) == _PENDING:
                    judging.popleft().result()
                judging.append(references.submit(self._judge, photo, made, inference, predicting))
                count(done)
            for future in judging:
                future.result()

    def _input(self, photo: Sample) -> _Input:
        opened = photo.open() if isinstance(photo, Photo) else photo
        float32 = self._model.float_tensor(opened) if self._model.float32 else None
        return _Input(self._model.input_tensor(opened), float32)

    def _judge(self, photo: Sample, made: _Input, inference: Inference, beside: Executor) -> None:
        predicting = beside.submit(self._predict, made)
        by, whole = self._references, self._references.full(made.x)
        judgement = judge(inference, self._model, self._cut, made.x, by=by, whole=whole)
        full = compare(inference.output, whole)
        if not all(self._passed(judgement, full).values()):
            # Neither what is kept nor what follows from the whole model fails a board.
            fresh = References.of(self._model, self._cut)
            judgement = judge(inference, self._model, self._cut, made.x, by=fresh)
            whole = fresh.full(made.x)
            full = compare(inference.output, whole)
        elif judgement.kernel.exact and inference.activation is not None:
            by.keep_tail(inference.activation, whole)
        passed = self._passed(judgement, full)
        for name, verdict in (*vars(judgement).items(), ("full", full)):
            record = JudgementRecord(verdict.exact, passed[name], verdict.message)
            self._results.judge(photo.name, name, record)
        board = self._model.output.real(inference.output)
        for name, output in {"full": whole, **predicting.result()}.items():
            shared, best = shared_best(inference.output, output), classes(output)
            scores = self._model.output.real(output)
            told = tuple(float(scores[each]) for each in best)
            self._results.predict(photo.name, name, best, shared, told, _distance(board, scores))
        self._shots[photo.name] = Shot(photo, self._slim(inference), judgement, full)

    def _predict(self, made: _Input) -> dict[str, Array]:
        by = self._references
        outputs = {"xnnpack": by.xnnpack(made.x)} if by.xnnpack else {}
        if by.float32 is not None and made.float32 is not None:
            outputs["float32"] = by.float32(made.float32)
        return outputs

    def _passed(self, judgement: Judgement, full: Comparison) -> dict[str, bool]:
        return {
            "transport": judgement.transport.exact,
            "composition": judgement.composition.exact,
            "kernel": judgement.kernel.within(self.steps),
            "full": full.exact or self.steps > 0,
        }

    def _slim(self, inference: Inference) -> Inference:
        size = inference.activation.nbytes if inference.activation is not None else 0
        if self._activations + size > _ACTIVATIONS:
            return replace(inference, activation=None)
        self._activations += size
        return inference


def classes(output: Array) -> tuple[int, ...]:
    """Return the five best class ids of an output, best first."""
    return tuple(class_id for class_id, _ in top_k(output))


def _distance(left: Array, right: Array) -> DistanceRecord | None:
    """Return how far scores are from each other; None where one of them is no number."""
    apart = np.abs(left - right)
    if not np.isfinite(apart).all():
        return None
    return DistanceRecord(round(float(apart.max()), 6), round(float(apart.mean()), 6))


def _ahead(
    pool: Executor, make: Callable[[Sample], _Input], photos: list[Sample]
) -> Iterator[_Input]:
    """Make the input of the next photo while the board has this one."""
    pending: deque[Future[_Input]] = deque()
    for photo in photos:
        pending.append(pool.submit(make, photo))
        if len(pending) > 1:
            yield pending.popleft().result()
    while pending:
        yield pending.popleft().result()
