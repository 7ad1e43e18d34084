# SPDX-License-Identifier: MIT
"""benchmarks/compare_results.py: which simulated figures differ between two results.json."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parents[3] / "benchmarks" / "compare_results.py"


def document(**changes: Any) -> dict[str, Any]:
    inference = {
        "via": "tcp",
        "photo": "a.jpg",
        "simulated": True,
        "stages_us": {"load": 970, "send": 6466},
        "host_us": {"infer": 1},
        "wire": {"frames": 1},
    }
    trip = {"via": "udp", "size": 32, "us": 3659, "simulated": True}
    content = {
        "schema": "hil-results-4",
        "inferences": [inference, {**inference, "host_us": {"infer": 2}}],
        "round_trips": [trip],
        "latency": [],
    }
    return {**json.loads(json.dumps(content)), **changes}


def run(tmp_path: Path, before: object, after: object, *options: str) -> tuple[int, str, str]:
    paths = []
    for name, content in (("before", before), ("after", after)):
        paths.append(tmp_path / f"{name}.json")
        paths[-1].write_text(content if isinstance(content, str) else json.dumps(content))
    done = subprocess.run(
        [sys.executable, str(SCRIPT), *map(str, paths), *options],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout, done.stderr


def test_equal_figures_pass_whatever_the_host_took(tmp_path: Path) -> None:
    after = document()
    after["inferences"][0]["host_us"]["infer"] = 99
    code, out, _ = run(tmp_path, document(), after)
    assert (code, out) == (0, "0 of 13 simulated figures moved\n")


def test_a_stage_that_moved_by_a_microsecond_is_named(tmp_path: Path) -> None:
    after = document()
    after["inferences"][1]["stages_us"]["send"] += 1
    code, out, _ = run(tmp_path, document(), after, "--each")
    assert code == 1
    assert out.splitlines() == [
        "inferences tcp stages_us send: 1 of 2 moved by +1 to +1",
        "  inferences tcp 2 stages_us send: 6466 -> 6467",
        "1 of 13 simulated figures moved",
    ]


def test_an_entry_that_is_gone_has_moved(tmp_path: Path) -> None:
    code, out, _ = run(tmp_path, document(), document(round_trips=[]))
    assert code == 1
    assert "round_trips udp us: 1 of 1 moved to other values" in out


@pytest.mark.parametrize(
    ("wrong", "complaint"),
    [
        ("{", "is no JSON"),
        ({"schema": "other"}, "is not of format hil-results-3 or hil-results-4"),
        (document(inferences=[], round_trips=[]), "holds no figures"),
        (
            document(round_trips=[{"via": "udp", "us": 1, "simulated": False}]),
            "was measured on a chip",
        ),
    ],
)
def test_what_cannot_be_compared_is_refused(tmp_path: Path, wrong: object, complaint: str) -> None:
    code, _, err = run(tmp_path, document(), wrong)
    assert code == 2
    assert complaint in err


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path / "none.json"), str(tmp_path / "none.json")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "none.json cannot be read" in done.stderr
