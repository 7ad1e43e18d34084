# SPDX-License-Identifier: MIT
"""``hil split --sweep --board``: each cut timed on a board."""

import json
from pathlib import Path

from click.testing import CliRunner

from hil.cli.split import split
from hil.model.model import Model
from hil.resources import resource

ROOT = Path(__file__).parents[2]
# How far a prediction may be off: tests/sim/test_transfer_prediction.py has the parts.
TOTAL = 0.005


def test_a_virtual_board_measures_what_is_predicted(tmp_path: Path) -> None:
    """With a model of few cuts: the last part of tiny."""
    tiny = Model.load(resource("models/tiny"))
    path = tmp_path / "rest.tflite"
    path.write_bytes(tiny.split("block_6_project").tail)

    def sweep(*more: str) -> dict[str, object]:
        arguments = [str(path), "--sweep", "--via", "udp,espnow", "--json", *more]
        result = CliRunner().invoke(split, arguments)
        assert result.exit_code == 0, result.output
        return dict(json.loads(result.stdout))

    predicted, measured = sweep(), sweep("--board", "virtual", "--rounds", "1")
    assert (predicted["times"], measured["times"]) == ("predicted", "measured")
    assert measured["simulated"] is True
    assert "virtual board" in str(measured["board"])
    pairs = zip(predicted["cuts"], measured["cuts"], strict=True)  # type: ignore[call-overload]
    for one, other in pairs:
        for via in ("udp", "espnow"):
            before, after = (each["times"][via]["total_us"] for each in (one, other))
            assert abs(before - after) <= TOTAL * after + 30, (one["name"], via)
