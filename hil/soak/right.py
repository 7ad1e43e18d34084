# SPDX-License-Identifier: MIT
"""The right answer to each photo behind each cut, and what an inference has otherwise."""

import functools
from collections.abc import Sequence
from dataclasses import replace

from hil.inference.inference import Inference
from hil.inference.judgement import judge
from hil.inference.references import References
from hil.model.array import Array
from hil.model.inputs.samples import Sample
from hil.model.model import Model
from hil.model.split import find_cut
from hil.model.topk import top_k

_KEPT = 256
"""Activations, and outputs, that are kept: a cut is drawn for many steps in a row."""


class RightAnswers:
    """Computed by the reference kernels when first needed.

    Args:
        model: the full model.
        photos: what a plan's indices are of.
    """

    def __init__(self, model: Model, photos: Sequence[Sample]) -> None:
        self._model = model
        self._photos = photos
        self.tensor = functools.lru_cache(maxsize=128)(self._tensor)
        self._references = functools.cache(self._references_of)
        self._head = functools.lru_cache(maxsize=_KEPT)(self._head_of)
        self._whole = functools.lru_cache(maxsize=_KEPT)(self._whole_of)

    def wrong(self, inference: Inference, photo: int, cut: str, kernels: str) -> str:
        """Return what is not as it must be, in words; nothing if it is right, bit for bit.

        Args:
            inference: with its output vector.
            photo: index of the photo.
            cut: short name of the cut.
            kernels: of the board; only reference ones must give the reference's activation.
        """
        by = replace(self._references(cut), head=lambda _: self._head(photo, cut))
        where, x, whole = find_cut(self._model.cuts, cut), self.tensor(photo), self._whole(photo)
        found = judge(inference, self._model, where, x, by=by, whole=whole)
        verdicts = [found.transport, found.composition]
        if kernels == "reference":
            verdicts.append(found.kernel)
        told = [verdict.message for verdict in verdicts if not verdict.exact]
        best = tuple(top_k(inference.output))
        said = tuple((each.class_id, each.score_raw) for each in inference.top5)
        if said != best:
            told.append(f"top five: {said} instead of {best}")
        return "; ".join(told)

    def _tensor(self, photo: int) -> Array:
        return self._model.input_tensor(self._photos[photo])

    def _references_of(self, cut: str) -> References:
        return References.of(self._model, find_cut(self._model.cuts, cut))

    def _head_of(self, photo: int, cut: str) -> Array:
        return self._references(cut).head(self.tensor(photo))

    def _whole_of(self, photo: int) -> Array:
        return self._model.predict(self.tensor(photo))
