# SPDX-License-Identifier: MIT
"""What ``hil budgets learn`` refuses before it touches a board."""

from pathlib import Path

import pytest

from hil.cli import main


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--rounds=19",), "--rounds is 19, and the limits of budgets.toml take 20; give at"),
        (
            ("--rounds=58", "--link=air.toml"),
            "--rounds is 58, and the limits of budgets.toml take 59; give at least as many, or a",
        ),
        (
            ("--rounds=60", "--link=air.toml", "--confidence=0.99"),
            "--rounds is 60, and the limits of budgets.toml take 90",
        ),
        (("--confidence=half",), "--confidence is 'half'; give more than 50% and less than 100%"),
        (("--confidence=100%",), "--confidence is '100%'; give more than 50%"),
        (("--margin=lots",), "--margin = 'lots'; give a share"),
        (("--margin=-1",), "--margin = -1.0; give a share"),
        (("--via=zigbee",), "--via names 'zigbee', which is no link"),
        (("--file=none/mine.toml",), "none/mine.toml is in no directory that exists; name another"),
    ],
)
def test_what_cannot_be_learned_is_refused_with_one_sentence(
    arguments: tuple[str, ...],
    sentence: str,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "air.toml").write_text("[udp]\nloss = 0.05\n")
    with pytest.raises(SystemExit) as caught:
        main(["budgets", "learn", *arguments])
    assert caught.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert sentence in line


def test_a_budget_file_that_makes_no_sense_is_refused_before_anything_is_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("[latency.virtual.tcp]\ntransfer = { p95 = -1 }\n")
    with pytest.raises(SystemExit) as caught:
        main(["budgets", "learn", f"--file={path}"])
    assert caught.value.code == 2
    assert "p95 = -1; give milliseconds above 0" in capsys.readouterr().err
    assert path.read_text().endswith("{ p95 = -1 }\n")
