# SPDX-License-Identifier: MIT
"""The core's fuzz targets on what fuzzers have found of interest so far, the same in every run."""

import subprocess
from pathlib import Path

import pytest

from fuzzing.core import FuzzerMissingError, build_replay, core_targets

CORPUS = Path(__file__).parents[1] / "fuzz" / "corpus" / "core"
PATIENCE_S = 300


@pytest.fixture(scope="session")
def replay(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program that gives files to a target."""
    try:
        return build_replay(tmp_path_factory.mktemp("replay"))
    except FuzzerMissingError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize("target", core_targets())
def test_the_core_stands_its_corpus(target: str, replay: Path) -> None:
    files = sorted((CORPUS / target).iterdir())
    assert files
    done = subprocess.run(
        [replay, target, *files],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=PATIENCE_S,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr


def test_every_target_is_registered(replay: Path) -> None:
    done = subprocess.run([replay], capture_output=True, text=True, timeout=PATIENCE_S, check=True)
    assert sorted(done.stdout.split()) == core_targets()
