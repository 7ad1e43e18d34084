# SPDX-License-Identifier: MIT
"""Predictions are kept by content, and a file that cannot be used costs nothing but time."""

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hil.model import predictions as module
from hil.model.array import Array
from hil.model.interpreter import Kernels
from hil.model.predictions import FILE, Predictions

X = np.arange(6, dtype=np.int8).reshape(1, 6)


class Counting:
    """A model that doubles its input, and counts how often it is run."""

    def __init__(self) -> None:
        self.runs = 0

    def __call__(self, x: Array) -> Array:
        self.runs += 1
        return x * np.int8(2)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Predictions]:
    predictions = Predictions(tmp_path / "new" / "directory")
    yield predictions
    predictions.close()


def test_a_second_run_computes_nothing_and_gives_the_same_bits(tmp_path: Path) -> None:
    for run in (1, 2):
        model, predictions = Counting(), Predictions(tmp_path)
        output = predictions.of(b"model", Kernels.REFERENCE, model)(X)
        assert (output.dtype, output.shape, output.tolist()) == (X.dtype, X.shape, (X * 2).tolist())
        assert (model.runs, predictions.found) == ((1, 0) if run == 1 else (0, 1))
        predictions.close()


@pytest.mark.parametrize(
    ("model", "kernels", "x"),
    [
        (b"other", Kernels.REFERENCE, X),
        (b"model", Kernels.XNNPACK, X),
        (b"model", Kernels.REFERENCE, X + np.int8(1)),
    ],
)
def test_another_model_kernel_or_input_has_another_prediction(
    kept: Predictions, model: bytes, kernels: Kernels, x: Array
) -> None:
    kept.of(b"model", Kernels.REFERENCE, Counting())(X)
    other = Counting()
    kept.of(model, kernels, other)(x)
    assert other.runs == 1


def test_an_entry_that_is_damaged_is_computed_anew_and_mended(tmp_path: Path) -> None:
    predictions = Predictions(tmp_path)
    predictions.of(b"model", Kernels.REFERENCE, Counting())(X)
    with sqlite3.connect(tmp_path / FILE) as database:
        database.execute("UPDATE predictions SET value = zeroblob(40)")
    database.close()
    for runs in (1, 0):
        model = Counting()
        assert predictions.of(b"model", Kernels.REFERENCE, model)(X).tolist() == (X * 2).tolist()
        assert model.runs == runs
    predictions.close()


@pytest.mark.parametrize("what", ["no database", "a directory", "no directory"])
def test_a_file_that_cannot_be_used_is_one_sentence_and_everything_is_computed(
    tmp_path: Path, what: str
) -> None:
    directory = tmp_path
    if what == "no database":
        (tmp_path / FILE).write_bytes(b"no database at all" * 100)
    elif what == "a directory":
        (tmp_path / FILE).mkdir()
    else:
        directory = tmp_path / "file"
        directory.touch()
    model, predictions = Counting(), Predictions(directory)
    for _ in range(2):
        assert predictions.of(b"model", Kernels.REFERENCE, model)(X).tolist() == (X * 2).tolist()
    assert model.runs == 2
    assert predictions.problem.startswith("Predictions are not kept, for ")
    assert predictions.problem.endswith("or name another directory by --hil-cache.")
    predictions.close()


def test_a_file_that_has_grown_too_large_loses_its_older_half(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    predictions = Predictions(tmp_path)
    inputs = [X + np.int8(number) for number in range(8)]
    for x in inputs:
        predictions.of(b"model", Kernels.REFERENCE, Counting())(x)
    predictions.close()
    monkeypatch.setattr(module, "MOST_BYTES", 0)
    predictions = Predictions(tmp_path)
    known = [
        predictions.of(b"model", Kernels.REFERENCE, Counting()).known(x) is not None for x in inputs
    ]
    assert known == [False] * 4 + [True] * 4
    predictions.close()


def test_what_is_closed_is_not_asked(kept: Predictions) -> None:
    kept.close()
    model = Counting()
    kept.of(b"model", Kernels.REFERENCE, model)(X)
    assert (model.runs, kept.problem) == (1, "")


def test_several_threads_and_runs_may_use_one_file(tmp_path: Path) -> None:
    runs = [Predictions(tmp_path), Predictions(tmp_path)]

    def work(predictions: Predictions) -> None:
        for number in range(20):
            predictions.of(b"model", Kernels.REFERENCE, Counting())(X + np.int8(number))

    threads = [threading.Thread(target=work, args=(run,)) for run in runs for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [run.problem for run in runs] == ["", ""]
    for run in runs:
        run.close()
