# SPDX-License-Identifier: MIT
"""What Python reads of others: the corpora, mutated by Hypothesis, and under atheris."""

import importlib.util
import logging
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import fuzz_targets

HERE = Path(__file__).parent
CORPUS = HERE / "corpus" / "python"
NAMES = fuzz_targets.names()


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of it is logged; what a target puts into the environment is gone behind it."""
    monkeypatch.setenv("XDG_CACHE_HOME", os.environ.get("XDG_CACHE_HOME", ""))
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def corpus(name: str) -> list[bytes]:
    """What has reached something new, or was found, and the seeds."""
    kept = [each.read_bytes() for each in sorted((CORPUS / name).glob("*"))]
    return [*fuzz_targets.load(name).seeds(), *kept]


@pytest.mark.parametrize("name", NAMES)
def test_the_corpus_is_read_or_refused(name):
    target = fuzz_targets.load(name)
    for data in corpus(name):
        target.run(data)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_nearly_right_is_read_or_refused(name):
    target = fuzz_targets.load(name)
    changes = st.lists(st.tuples(st.integers(0, 1 << 16), st.integers(0, 255)), max_size=4)

    @settings(
        max_examples=60, deadline=None, database=None, derandomize=True,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(st.sampled_from(corpus(name)), changes, st.binary(max_size=64), st.booleans())
    def run(base, changed, more, is_cut):
        data = bytearray(base)
        for at, byte in changed:
            if data:
                data[at % len(data)] = byte
        target.run(bytes(data[: len(data) // 2] if is_cut else data) + more)

    run()


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_comes_is_fatal(name, fuzz, seconds, tmp_path, monkeypatch):
    if importlib.util.find_spec("atheris") is None:
        pytest.skip("atheris is missing; it has wheels for Linux: pip install atheris.")
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    merged = tmp_path / "seeds"
    merged.mkdir()
    for number, data in enumerate(corpus(name)):
        (merged / f"{number}").write_bytes(data)
    command = [sys.executable, str(HERE / "atheris_run.py"), name]
    fuzz(command, merged, seconds, most=max(1024, *map(len, corpus(name))))
