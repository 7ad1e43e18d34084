# SPDX-License-Identifier: MIT
"""Which operators a firmware for one model has."""

from pathlib import Path

import pytest
from click.testing import CliRunner
from operator_models import MODELS

from hil.cli.firmware import build, kinds_of
from hil.model.engine.native import micro_available


@pytest.mark.skipif(not micro_available(), reason="TFLM has no wheel here")
def test_they_are_those_of_all_graphs_of_the_model(tmp_path: Path) -> None:
    path = tmp_path / "memory.tflite"
    path.write_bytes(MODELS["VAR_HANDLE"].model())
    assert kinds_of(path) == (
        *("ADD", "ASSIGN_VARIABLE", "CALL_ONCE", "NEG", "READ_VARIABLE", "RESHAPE", "VAR_HANDLE"),
    )


def test_virtual_boards_have_all_of_them(tmp_path: Path) -> None:
    done = CliRunner().invoke(build, ["--operators", str(tmp_path / "x.tflite")])
    assert done.exit_code == 2
    assert "--operators are for --target esp32s3" in done.output
