# SPDX-License-Identifier: MIT
"""The command ``hil selftest``."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from hil.cli.selftest import selftest
from hil.errors import HilError
from hil.firmware.virtual import ROOT
from hil.selftest import selftest as machinery
from hil.selftest.matrix import Row, Unmodified
from hil.selftest.mutant import Mutant
from hil.selftest.verdict import Verdict


class Selftest:
    """In place of the machinery: every mutant comes to the same end."""

    verdict = Verdict.CAUGHT
    asked: tuple[list[str], Path, int]

    def __init__(self, mutants: list[Mutant], sources: Path, out: Path) -> None:
        self._mutants = mutants
        type(self).asked = ([each.name for each in mutants], sources, 0)

    def run(
        self, workers: int, tell: Callable[[str, str, float], None]
    ) -> tuple[list[Row], Unmodified]:
        names, sources, _ = type(self).asked
        type(self).asked = (names, sources, workers)
        tell(names[0], self.verdict, 12.0)
        return [Row(each, self.verdict) for each in self._mutants], Unmodified("1", "ab" * 32, 1.0)


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machinery, "Selftest", Selftest)


def run(*arguments: object) -> Result:
    result = CliRunner().invoke(selftest, [str(argument) for argument in arguments])
    if isinstance(result.exception, HilError):
        raise result.exception
    return result


def test_it_prints_and_writes_the_matrix(tmp_path: Path) -> None:
    result = run("--only", "07", "--out", tmp_path, "-n", 3)
    assert result.exit_code == 0
    names, sources, workers = Selftest.asked
    assert (len(names), names[0][:3], sources, workers) == (1, "07-", ROOT, 3)
    assert f"{names[0]}: caught, 12 s" in result.stderr
    assert "1 mutants: 1 caught; 0 s" in result.stdout
    assert (tmp_path / "matrix.txt").read_text() == result.stdout
    assert json.loads((tmp_path / "matrix.json").read_text())["schema"] == "hil-selftest-1"


def test_it_prints_json(tmp_path: Path) -> None:
    result = run("--only", "07", "--out", tmp_path, "--json", "--firmware-sources", tmp_path)
    assert json.loads(result.stdout) == json.loads((tmp_path / "matrix.json").read_text())
    assert Selftest.asked[1] == tmp_path


@pytest.mark.parametrize(("verdict", "code"), [(Verdict.MISSED, 1), (Verdict.UNUSABLE, 2)])
def test_its_exit_code_is_the_matrixs(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, verdict: Verdict, code: int
) -> None:
    monkeypatch.setattr(Selftest, "verdict", verdict)
    assert run("--only", "07", "--out", tmp_path).exit_code == code


def test_a_matrix_that_cannot_be_written_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(HilError, match=r"cannot be written .*; name another directory by --out"):
        run("--only", "07", "--out", tmp_path / "file")


def test_its_help_names_its_own_exit_codes() -> None:
    said = run("--help").output
    assert "every mutant was caught, with its symptom" in said
    assert "the product failed" not in said
