# SPDX-License-Identifier: MIT
"""What is known of each photo, with each content of the board that it was inferred with."""

import dataclasses
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class JudgementRecord:
    """A verdict: bit for bit equal, within what is required, and the sentence about it."""

    exact: bool
    passed: bool
    sentence: str


@dataclass(frozen=True)
class DistanceRecord:
    """How far two outputs are from each other: largest and mean absolute difference of scores."""

    largest: float
    mean: float


@dataclass(frozen=True)
class PhotoRecord:
    """What is known of one photo.

    Attributes:
        name: the photo's name, unique in its directory.
        label: its class in the model's labels, where known.
        judgements: by name (``transport``, ``composition``, ``kernel``, ``full``).
        top5: class ids in falling order of the score, by who predicted them (``board``, ``full``:
            the uncut model on reference kernels, ``xnnpack``, ``float32``).
        label_id: the class id that the label stands for, where that is known.
        shared: by predictor, how many of the best five classes are also among the board's, where
            those that tie with the fifth count (:func:`hil.model.topk.shared_best`).
        scores: real values of the scores of these classes, by predictor, where they are told.
        distance: by predictor, how far its scores of all classes are from the board's.
        combination: what was on the board, by name (:class:`CombinationRecord`).
    """

    name: str
    label: str | None = None
    judgements: Mapping[str, JudgementRecord] = field(default_factory=dict)
    top5: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    label_id: int | None = None
    shared: Mapping[str, int] = field(default_factory=dict)
    scores: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    distance: Mapping[str, DistanceRecord] = field(default_factory=dict)
    combination: str = ""


@dataclass(kw_only=True)
class PhotoBook:
    """Collects it.

    Attributes:
        combination: what is on the board now, by name.
        labels: names of the classes by the model's id, in class order; of models that have some.
        directory: where the results are written; None if they are not.
    """

    combination: str = ""
    labels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    directory: Path | None = None
    _files: dict[str, Path] = field(default_factory=dict)
    _photos: dict[tuple[str, str], PhotoRecord] = field(default_factory=dict)

    def photo(self, name: str, label: str | None = None, label_id: int | None = None) -> None:
        """Note that a photo takes part, with its label and the label's class id where known."""
        self._enter(name, label=label, label_id=label_id)

    def note_origin(self, photo: str, path: Path, model_id: str, labels: tuple[str, ...]) -> None:
        """Note where a photo is, and what the model calls the classes that it is given."""
        self._files[photo] = path
        if labels:
            self.labels[model_id] = labels

    def judge(self, photo: str, judgement: str, verdict: JudgementRecord) -> None:
        """Record one judgement about a photo."""
        known = self._known(photo)
        self._enter(photo, judgements={**known.judgements, judgement: verdict})

    def predict(
        self,
        photo: str,
        predictor: str,
        classes: tuple[int, ...],
        shared: int | None = None,
        scores: tuple[float, ...] = (),
        distance: DistanceRecord | None = None,
    ) -> None:
        """Record what a predictor gave for a photo.

        Args:
            photo: its name.
            predictor: ``board``, ``full``, ``xnnpack``, ``float32``, or one of a test's own.
            classes: the five class ids, best first.
            shared: how many of them the board has too, ties counted
                (:func:`hil.model.topk.shared_best`); None: as the ids say.
            scores: of these classes; left out if one is no finite number.
            distance: of all scores from the board's; None where that is not known.
        """
        known = self._known(photo)
        top5 = {**known.top5, predictor: classes}
        counts = dict(known.shared) if shared is None else {**known.shared, predictor: shared}
        finite = bool(scores) and all(map(math.isfinite, scores))
        told = {**known.scores, predictor: scores} if finite else known.scores
        far = {**known.distance, predictor: distance} if distance else known.distance
        self._enter(photo, top5=top5, shared=counts, scores=told, distance=far)

    @property
    def photos(self) -> list[PhotoRecord]:
        """What is known of each photo, with what is on the board now."""
        return self.photos_of(self.combination)

    @property
    def all_photos(self) -> list[PhotoRecord]:
        """The same, with each content of the board."""
        return list(self._photos.values())

    def photos_of(self, combination: str) -> list[PhotoRecord]:
        """The same, with one of them."""
        return [each for (of, _), each in self._photos.items() if of == combination]

    def places(self) -> dict[str, str]:
        """Return where each photo is, relative to the results: both may be moved together."""
        if self.directory is None:
            return {name: str(path) for name, path in self._files.items()}
        return {name: os.path.relpath(path, self.directory) for name, path in self._files.items()}

    def _known(self, photo: str) -> PhotoRecord:
        new = PhotoRecord(photo, combination=self.combination)
        return self._photos.get((self.combination, photo), new)

    def _enter(self, photo: str, **values: Any) -> None:
        self._photos[self.combination, photo] = dataclasses.replace(self._known(photo), **values)
