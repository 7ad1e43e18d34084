# SPDX-License-Identifier: MIT
"""Fuzzers: how long each of them runs, and the C core built for libFuzzer."""

import os
import random
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from fuzzing.core import FuzzerMissingError, build_fuzzer


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--fuzz-seed", default="1", help="of all that is random: a number, or the word random"
    )
    parser.addoption(
        "--seconds",
        type=int,
        default=0,
        metavar="N",
        help="How long each fuzzer runs; default: none does, and the corpora are replayed.",
    )


@pytest.fixture
def seed(pytestconfig: pytest.Config) -> int:
    """What all that is random begins with: the same in CI, so that a run there can be repeated."""
    asked = str(pytestconfig.getoption("--fuzz-seed", default="1"))
    return random.SystemRandom().randrange(1 << 32) if asked == "random" else int(asked)


@pytest.fixture
def seconds(pytestconfig: pytest.Config) -> int:
    """How long a fuzzer runs."""
    asked = int(pytestconfig.getoption("--seconds", default=0))
    if not asked:
        pytest.skip("No fuzzer runs without --seconds N, as tox -e fuzz gives it.")
    return asked


@pytest.fixture(scope="session")
def core_fuzzer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The directory with a program for each target of the C core, under libFuzzer."""
    try:
        return build_fuzzer(tmp_path_factory.mktemp("core"))
    except FuzzerMissingError as error:
        pytest.skip(str(error))


Fuzz = Callable[..., None]
"""Runs a program of libFuzzer's on a corpus for so many seconds."""


@pytest.fixture
def fuzz(tmp_path: Path, seed: int) -> Fuzz:
    """Fails with the input that was found, and where it is kept."""

    def run(command: list[str], corpus: Path, seconds: int, most: int = 1024) -> None:
        found = tmp_path / "found"
        fresh = tmp_path / "fresh"
        # A set of strings has the same order each time, or coverage comes in another one.
        environment = {**os.environ, "PYTHONHASHSEED": "0"}
        for directory in (found, fresh):
            directory.mkdir()
        done = subprocess.run(
            [
                *command,
                f"-max_total_time={seconds}",
                *("-timeout=20", "-rss_limit_mb=2000", f"-max_len={most}", "-len_control=0"),
                *("-print_final_stats=1", f"-artifact_prefix={found}/", f"-seed={seed}"),
                *(str(fresh), str(corpus)),
            ],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=seconds * 3 + 300,
            check=False,
        )
        kept = ", ".join(str(each) for each in sorted(found.iterdir()))
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}\n{kept}"
        print(done.stderr[-800:])

    return run
