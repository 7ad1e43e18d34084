# SPDX-License-Identifier: MIT
"""pytest-benchmark's options, with a board that a test pretends to have."""

import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

# The native modules behind these cannot be loaded again by each session inside this one.
import hil.model.split
import hil.results  # noqa: F401

MODEL = f"--hil-model={Path(__file__).parents[2] / 'models' / 'tiny'}"

BOARD = """
import pytest
from hil.results import BoardRecord, FirmwareRecord, InferenceRecord, ModelRecord

@pytest.fixture
def infer(hil_results, request):
    simulated = request.config.rootpath.joinpath("real").exists() is False
    hil_results.board = BoardRecord(
        "virtual", "port", "02:00:00:4c:00:01", "esp32s3", simulated, "reference", "poweron"
    )
    hil_results.firmware = FirmwareRecord("1.0", "0123456789abcdef", False)
    hil_results.model = ModelRecord("dogs19", "00c0ffee", 19)

    def infer():
        stages = {"transfer": 500, "total": 1_000}
        hil_results.inferences.append(
            InferenceRecord(None, "tcp", 1, simulated, True, 64, stages, {}, ())
        )

    return infer
"""

MEASURES = """
import pytest

@pytest.mark.hil
@pytest.mark.latency_budget("transfer", p50_ms=1)
def test_it(infer, benchmark):
    benchmark.pedantic(infer, rounds=5)
"""

NO_BOARD = "def test_it(benchmark):\n    benchmark.pedantic(int, rounds=5)\n"


@pytest.fixture
def run(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("PYTEST_PLUGINS", "hil.plugin,pytest_benchmark.plugin")
    monkeypatch.delenv("PYTEST_XDIST_WORKER", raising=False)  # else it would measure nothing
    monkeypatch.setattr("pytest_benchmark.plugin.get_cpu_info", lambda: {"brand": "any"})

    def run(*options: str, source: str = MEASURES, apart: bool = False) -> pytest.RunResult:
        pytester.makeconftest(BOARD)
        pytester.makepyfile(test_speed=source)
        pytester.makeini("[pytest]\nfilterwarnings =\n    error\n    ignore:Module already imp\n")
        session = pytester.runpytest_subprocess if apart else pytester.runpytest
        return session(MODEL, *options)

    return run


def saved(pytester: pytest.Pytester) -> list[str]:
    root = pytester.path / ".benchmarks"
    return sorted(str(path.relative_to(root)) for path in root.rglob("*.json"))


def test_a_baseline_is_kept_under_the_name_of_its_board(
    pytester: pytest.Pytester, run: Any
) -> None:
    run("--benchmark-save=first").assert_outcomes(passed=1)
    assert saved(pytester) == ["virtual/0001_first.json"]
    document = json.loads((pytester.path / ".benchmarks" / saved(pytester)[0]).read_text())
    assert document["machine_info"]["hil"] == {
        "board": "virtual",
        "mac": "02:00:00:4c:00:01",
        "simulated": True,
        "kernels": "reference",
        "firmware": "0123456789abcdef",
        "model": "00c0ffee",
    }
    (benchmark,) = document["benchmarks"]
    (verdict,) = benchmark["extra_info"]["latency_budget"]
    assert (verdict["stage"], verdict["outcome"]) == ("transfer", "pass")


def test_a_run_is_compared_with_the_baseline_of_its_own_board(
    pytester: pytest.Pytester, run: Any
) -> None:
    run("--benchmark-save=simulated")
    (pytester.path / "real").touch()
    result = run("--benchmark-save=measured", "--benchmark-compare")
    result.assert_outcomes(passed=1)
    result.stderr.fnmatch_lines(["*Can't compare. No benchmark files in*"])
    result = run("--benchmark-compare")
    result.assert_outcomes(passed=1)
    mine = "esp32s3-0200004c0001/0001_measured.json"
    assert saved(pytester) == [mine, "virtual/0001_simulated.json"]
    result.stderr.fnmatch_lines([f"Comparing against benchmarks from: {mine}"])
    assert {"test_it (NOW)", "test_it (0001_measure)"} <= {
        line.partition(")")[0] + ")" for line in result.stdout.lines
    }


def test_a_regression_against_the_boards_own_baseline_ends_the_run(
    pytester: pytest.Pytester, run: Any
) -> None:
    run("--benchmark-save=first")
    (path,) = (pytester.path / ".benchmarks").rglob("*.json")
    document = json.loads(path.read_text())
    document["benchmarks"][0]["stats"]["min"] = 1e-12
    path.write_text(json.dumps(document))
    result = run("--benchmark-compare", "--benchmark-compare-fail=min:5%")
    assert result.ret != 0
    result.stderr.fnmatch_lines(["Performance has regressed:*"])


def test_a_session_without_a_board_keeps_to_pytest_benchmarks_own_ways(
    pytester: pytest.Pytester, run: Any
) -> None:
    result = run("--benchmark-save=plain", "--benchmark-compare", source=NO_BOARD)
    result.assert_outcomes(passed=1, warnings=0)
    result.stderr.fnmatch_lines(["*Can't compare. No benchmark files in*"])
    (path,) = map(Path, saved(pytester))
    assert "CPython" in path.parent.name
    result = run("--benchmark-compare", source=NO_BOARD)
    result.assert_outcomes(passed=1)
    result.stderr.fnmatch_lines([f"Comparing against benchmarks from: {path}"])
    assert not (pytester.path / "hil-report").exists()


def test_a_histogram_is_drawn(pytester: pytest.Pytester, run: Any) -> None:
    if find_spec("pygal") is None:
        pytest.skip("pygal is not installed")
    # What pygal loads puts itself in place of Python's own finder of distributions.
    run("--benchmark-histogram=speed", apart=True).assert_outcomes(passed=1)
    assert list(pytester.path.glob("speed*.svg"))
