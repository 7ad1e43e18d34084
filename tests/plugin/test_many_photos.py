# SPDX-License-Identifier: MIT
"""A long way through photos: counted, stopped without loss, and shorter the second time."""

import json
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SUITE = ROOT / "hil" / "suite"
DONE = 5
STOP = f"""
from hil.pytestplugin.bench.recording import RecordingBoard
from hil.suite.helpers import countdown

countdown.FIRST_S = countdown.MOST_S = 0.0
infer, names = RecordingBoard.infer, []

def infer_some(self, image, *args, of=None, **kwargs):
    if of is not None:
        names.append(of.name)
        if len(names) > {DONE}:
            raise KeyboardInterrupt
    return infer(self, image, *args, of=of, **kwargs)

RecordingBoard.infer = infer_some
"""


@pytest.mark.parametrize("verbosity", ["-v", "-q"])
def test_a_stop_keeps_what_is_done(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, verbosity: str
) -> None:
    pytester.makepyfile(stop=STOP)
    monkeypatch.setenv("PYTHONPATH", f"{pytester.path}:{ROOT}")
    result = pytester.runpytest_subprocess(
        *("-p", "stop", str(SUITE / "prediction" / "test_exactness.py"), "-m", "hil", verbosity),
        *(f"--confcutdir={SUITE}", f"--rootdir={ROOT}", "-c", str(ROOT / "pyproject.toml")),
        *("--import-mode=importlib", "-p", "no:cacheprovider", "--hil-via=tcp"),
        *(f"--hil-model={ROOT / 'models' / 'tiny'}", f"--hil-log-dir={pytester.path}"),
        f"--hil-cache={pytester.path / 'cache'}",
    )
    assert result.ret == pytest.ExitCode.INTERRUPTED
    document = json.loads((pytester.path / "results.json").read_text())
    judged = [photo for photo in document["photos"] if "full" in photo["judgements"]]
    assert len(judged) == DONE
    assert all(photo["judgements"]["full"]["exact"] for photo in judged)
    assert (pytester.path / "cache" / "predictions.sqlite3").is_file()
    counted = [line for line in result.outlines if line.startswith("hil: 2 of 36 photos, ")]
    assert len(counted) == (verbosity == "-v")
